"""What to do about a source that failed, where there is something to do."""

import os

from modeldex.providers import Provider, first_set, providers


def advice(source: str, problem: str | None, retry_at: str | None = None) -> str | None:
    """One sentence on a problem, a word of `run_steps`; None where there is nothing to add."""
    provider = providers().get(source)
    if provider is None or problem is None or retry_at is not None:
        return None
    place = _place(provider)
    start = f"start {provider.name}" if provider.local else "check the network and its proxy"
    address = f"check the address{place}" if place else None
    reach = f"{start}, or {address}" if address else start
    later = "the next refresh asks again"
    return {
        "key": _key(provider),
        "unreachable": reach,
        "timeout": reach,
        "refused": f"{later}; if this stays, {address}" if address else later,
        "answer": address,
    }.get(problem)


def _key(provider: Provider) -> str:
    key = first_set(provider.keys, os.environ) or " or ".join(provider.keys)
    return f"check the key in {key}" if key else "it wants a key"


def _place(provider: Provider) -> str:
    """Where the address of a provider was set; empty for the usual one."""
    from modeldex.listing import url_variable

    variable = url_variable(provider, os.environ)
    if variable:
        return f" in {variable}"
    return f" in {provider.file}" if provider.file else ""
