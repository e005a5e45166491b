"""The last net under every text that may hold a key: nothing secret leaves, nothing unprintable."""

import os
from collections.abc import Mapping

from modeldex.providers import providers

LIMIT = 300
_SHORTEST = 6


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """One printable line of at most LIMIT characters without any key of this environment."""
    known = os.environ if environ is None else environ
    for provider in providers().values():
        for variable in provider.keys:
            secret = known.get(variable, "").strip()
            if len(secret) >= _SHORTEST:
                text = text.replace(secret, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"
