"""The path below which a reverse proxy shows this server.

Some proxies take it away from a request before they pass it on, some do not: both are answered.
So it must not begin as a path of our own does.
"""

import re
from collections.abc import Mapping
from typing import Any

OURS = frozenset({
    "api.json", "best", "changes", "drift", "expiring", "explain", "explain_query", "healthz", "m",
    "mcp", "measurements", "metrics", "models", "openapi.json", "providers", "query", "status",
    "v1", "web",
})  # fmt: skip
"""With what our own paths begin."""

_PREFIX = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*", re.ASCII)


def prefix(given: str) -> str:
    """A prefix without a slash at its end, empty for none. Raises ValueError."""
    found = given.rstrip("/")
    if not _PREFIX.fullmatch(found):
        raise ValueError(f"{given}: expected a path such as /models-registry")
    first = found[1:].partition("/")[0]
    if first in OURS:
        raise ValueError(f"{given}: /{first} is a path of this server's own; take another")
    return found


def below(root: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """A request as ASGI has one below a prefix: its path begins with it."""
    path = scope["path"]
    if path == root:
        path += "/"
    elif not path.startswith(f"{root}/"):
        path = root + path
    return {**scope, "path": path, "root_path": root}
