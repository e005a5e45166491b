"""What a user can do about a failed source."""

import os

from modeldex.providers import Provider, first_set, providers


def advice(source: str, problem: str | None, retry_at: str | None = None) -> str | None:
    """A one-sentence remedy for a problem, a value of `run_steps.problem`; None if there is none.

    With a Retry-After deadline `retry_at` the only remedy is to wait, so that is None too.
    """
    provider = providers().get(source)
    if provider is None or problem is None or retry_at is not None:
        return None
    place = _place(provider)
    start = f"start {provider.name}" if provider.local else "check network and proxy settings"
    address = f"check the address{place}" if place else None
    reach = f"{start}, or {address}" if address else start
    later = "the next refresh tries again"
    return {
        "key": _key(provider),
        "unreachable": reach,
        "timeout": reach,
        "refused": f"{later}; if it keeps failing, {address}" if address else later,
        "answer": address,
    }.get(problem)


def _key(provider: Provider) -> str:
    key = first_set(provider.keys, os.environ) or " or ".join(provider.keys)
    return f"check the key in {key}" if key else "it needs a key"


def _place(provider: Provider) -> str:
    """Where the base URL was set, as ` in NAME`; empty for the default one."""
    from modeldex.listing import url_variable

    variable = url_variable(provider, os.environ)
    if variable:
        return f" in {variable}"
    return f" in {provider.file}" if provider.file else ""
