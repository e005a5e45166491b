"""What to do about a source that failed, where there is something to do."""

import os
import re

from modeldex.providers import Provider, first_set, providers

_KEY = re.compile(r"key refused")
_LATER = re.compile(r"HTTP (?:429|5\d\d)")
_ADDRESS = re.compile(r"HTTP 404|redirects|not an address|holds no address")
_SILENT = re.compile(r"cannot connect|no connection in time|no answer|the connection broke")
_SAID = "modeldex refresh --accept"


def advice(source: str, problem: str) -> str | None:
    """One sentence on a problem of a source; None where the problem says it, or nothing helps."""
    provider = providers().get(source)
    if provider is None or _SAID in problem:
        return None
    key = first_set(provider.keys, os.environ) or " or ".join(provider.keys)
    place = _place(provider)
    start = f"start {provider.name}" if provider.local else "check the network and its proxy"
    answers = {
        _KEY: f"check the key in {key}" if key else "it wants a key",
        _LATER: "the next refresh asks again",
        _ADDRESS: f"check the address{place}",
        _SILENT: f"{start}, or check the address{place}" if place else start,
    }
    return next((told for pattern, told in answers.items() if pattern.search(problem)), None)


def _place(provider: Provider) -> str:
    """Where the address of a provider was set; empty for the usual one."""
    from modeldex.listing import url_variable

    variable = url_variable(provider, os.environ)
    if variable:
        return f" in {variable}"
    return f" in {provider.file}" if provider.file else ""
