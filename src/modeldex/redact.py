"""The last net under every text that may hold a key: nothing secret leaves, nothing unprintable."""

import os
from collections.abc import Mapping
from urllib.parse import quote

from modeldex.providers import providers

LIMIT = 300
_SHORTEST = 6


def _secrets(environ: Mapping[str, str]) -> list[str]:
    """Every key, as it is and as a URL spells it; long ones first, for one may begin another."""
    variables = (variable for provider in providers().values() for variable in provider.keys)
    keys = {environ.get(variable, "").strip() for variable in variables}
    forms = {form for key in keys if len(key) >= _SHORTEST for form in (key, quote(key, safe=""))}
    return sorted(forms, key=len, reverse=True)


def redact(text: str, environ: Mapping[str, str] | None = None) -> str:
    """One printable line of at most LIMIT characters without any key of this environment."""
    for secret in _secrets(os.environ if environ is None else environ):
        text = text.replace(secret, "***")
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= LIMIT else line[: LIMIT - 1] + "…"
