"""Exit codes, errors as text or JSON, and hints about sources that failed."""

import os
import re
from pathlib import Path

import click

from modeldex.errors import InvalidQuery, InvalidStatement, ModeldexError
from modeldex.vocabulary.providers import Provider, first_set_variable, providers

OK, FAILURE, USAGE, NO_MATCH, PARTIAL = 0, 1, 2, 3, 5
INTERRUPTED = 130

EXIT_CODES = {
    OK: "success; also if another refresh is running, or the reader closed the pipe",
    FAILURE: "failure; one line on stderr gives the reason",
    USAGE: "the command line or a criterion is invalid",
    NO_MATCH: "no model matches",
    PARTIAL: "some sources of a refresh or some rows of an import failed; the rest was stored",
    INTERRUPTED: "interrupted from the keyboard",
}


class Failure(ModeldexError):
    """An error of the command line alone; its attributes become part of the JSON error."""

    exit_code = FAILURE


def exit_code(error: Exception) -> int:
    """The exit code of an error."""
    if isinstance(error, Failure | click.ClickException):
        return error.exit_code
    return USAGE if isinstance(error, InvalidQuery | InvalidStatement) else FAILURE


def as_json(error: Exception) -> dict[str, object]:
    """The error as JSON values: `code`, `message` and the attributes of a ModeldexError."""
    if isinstance(error, click.UsageError):
        return {"code": "usage", "message": error.format_message()}
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    common: dict[str, object] = {"code": name, "message": str(error)}
    if not isinstance(error, ModeldexError):
        return common
    return common | {key: _plain(value) for key, value in vars(error).items()}


def _plain(value: object) -> object:
    if isinstance(value, Path):
        return str(value)
    if value is None or isinstance(value, bool | int | float | str | list | tuple | dict):
        return value
    return repr(value)


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
    if key := first_set_variable(provider.keys, os.environ):
        return f"check the key in {key}"
    return f"set {' or '.join(provider.keys)}" if provider.keys else "it needs a key"


def _place(provider: Provider) -> str:
    """Where the base URL was set, as ` in NAME`; empty for the default one."""
    from modeldex.upstream.outside import url_variable

    variable = url_variable(provider, os.environ)
    if variable:
        return f" in {variable}"
    return f" in {provider.file}" if provider.file else ""
