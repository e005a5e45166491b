"""Exit codes, and errors as text or JSON."""

import re
from pathlib import Path

import click

from modeldex.errors import InvalidQuery, InvalidStatement, ModeldexError

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
