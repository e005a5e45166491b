"""The path prefix under which a reverse proxy exposes this server.

Some proxies remove the prefix from a request before they forward it, others do not; both work. So
the prefix must not begin with a path of the server itself, or the two would be ambiguous.
"""

import re
from collections.abc import Mapping
from typing import Any

SERVER_PATHS = frozenset({
    "api.json", "bases", "benchmarks", "best", "changes", "drift", "expiring", "explain",
    "explain_query", "healthz", "m", "mcp", "measurements", "metrics", "models", "offers",
    "openapi.json", "providers", "query", "search", "status", "v1", "web",
})  # fmt: skip
"""First segments of the server's own paths."""

_PREFIX = re.compile(r"(/(?!\.\.?(/|$))[A-Za-z0-9._~-]+)*", re.ASCII)


def prefix(given: str) -> str:
    """Validate a prefix; return it without a trailing slash, empty for none. Raises ValueError."""
    found = given.rstrip("/")
    if not _PREFIX.fullmatch(found):
        raise ValueError(f"{given}: expected a path such as /models-registry")
    first = found[1:].partition("/")[0]
    if first in SERVER_PATHS:
        raise ValueError(f"{given}: /{first} is a path of this server's own; choose another prefix")
    return found


def with_root_path(root: str, scope: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ASGI scope with the prefix in `path` and `root_path`, whether sent or not."""
    path = scope["path"]
    if path == root:
        path += "/"
    elif not path.startswith(f"{root}/"):
        path = root + path
    return {**scope, "path": path, "root_path": root}
