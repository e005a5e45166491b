"""Read the user's own providers: a TOML file in the format of providers.toml, merged over it.

    [team]
    base_url = "https://llm.example.org/v1"
    keys = ["TEAM_API_KEY"]

That is enough for any host with an OpenAI-compatible `/models`. A file with an error is rejected
whole. No error message repeats a value of the file, as users paste keys where names of variables
belong.
"""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from modeldex.errors import InvalidProviders, NoHome
from modeldex.vocabulary.bounded_file import read_bounded
from modeldex.vocabulary.caps import TooMuch
from modeldex.vocabulary.normalize import clean_name, clean_provider
from modeldex.vocabulary.provider_classes import CLASSES
from modeldex.vocabulary.text import clean_text
from modeldex.vocabulary.toml_text import parse_toml
from modeldex.vocabulary.user_folders import at_home

RESERVED = (
    "env", "genai_prices", "gguf", "litellm", "models_dev", "overrides", "own_models", "pi_ai",
)  # fmt: skip
"""Names of built-in sources that are not providers; no provider may have such an id."""

ProviderRow = dict[str, Any]

_LINE = re.compile(r" \(at line (\d+), column \d+\)$")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SECRET_NAME = re.compile(r"key|token|secret", re.IGNORECASE)


def merged_rows(path: Path, shipped: Mapping[str, ProviderRow]) -> dict[str, ProviderRow]:
    """Return the rows of the user's file, each merged over the shipped row of the same id.

    Raises InvalidProviders, with the line, for the first error.
    """
    text = _text(path)
    owners = {alias: key for key, row in shipped.items() for alias in row.get("aliases", ())}
    listings = [row["listing"] for row in shipped.values() if _lists(row)]
    allowed = {
        "format": {"openai", *(listing.get("format", "openai") for listing in listings)},
        "auth": {"bearer", "none", *(listing.get("auth", "bearer") for listing in listings)},
        "clients": {client for row in shipped.values() for client in row.get("clients", ())},
    }
    rows: dict[str, ProviderRow] = {}
    for key, given in _tables(path, text).items():
        try:
            row_given = _row(key, given)
            _claim(key, row_given, owners, {*shipped, *rows})
            _check_words(row_given, allowed)
        except ValueError as error:
            raise InvalidProviders(path, _line_of(text, key), f"[{key}] {error}") from None
        row = {**shipped.get(key, _defaults(key, row_given)), **row_given}
        rows[key] = row if _lists(row) else {k: v for k, v in row.items() if k != "listing"}
    return rows


def _lists(row: ProviderRow) -> bool:
    return bool(row.get("listing"))


def _defaults(key: str, given: ProviderRow) -> ProviderRow:
    """Return the defaults of a new provider; one without `keys` is a local server."""
    return {"name": key, "local": not given.get("keys"), "listing": {"path": "/models"}}


def _text(path: Path) -> str:
    try:
        content = read_bounded(at_home(path))
    except (OSError, NoHome) as error:
        reason = getattr(error, "strerror", None) or "the home folder is unknown"
        raise InvalidProviders(path, None, f"cannot be read: {reason}") from None
    except TooMuch as error:
        raise InvalidProviders(path, None, str(error)) from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidProviders(path, line, "not UTF-8 text") from None


def _tables(path: Path, text: str) -> ProviderRow:
    import tomllib

    try:
        return parse_toml(text)
    except tomllib.TOMLDecodeError as error:
        found = _LINE.search(str(error))
        line = int(found[1]) if found else None
        raise InvalidProviders(path, line, _LINE.sub("", str(error))) from None
    except TooMuch as error:
        raise InvalidProviders(path, error.line, str(error)) from None


def _line_of(text: str, key: str) -> int | None:
    """Return the line on which the table of this name begins, if found."""
    # tomllib does not report the lines of tables, so search the text.
    found = re.search(rf"^[ \t]*\[?[ \t]*[\"']?{re.escape(key)}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else None


def _claim(key: str, row: ProviderRow, owners: dict[str, str], ids: set[str]) -> None:
    """Register the id and its aliases; ValueError if one of them means another provider."""
    if key in owners:
        raise ValueError(f"is an alias of {owners[key]}: write [{owners[key]}]")
    for alias in row.get("aliases", ()):
        owner = alias if alias in ids else owners.setdefault(alias, key)
        if owner != key:
            raise ValueError(f"aliases: {alias} is already a name of {owner}")


def _check_words(row: ProviderRow, allowed: Mapping[str, set[str]]) -> None:
    """Raise ValueError for a format, auth or client that no shipped row uses."""
    for field in allowed.keys() & (row.get("listing") or {}):
        if row["listing"][field] not in allowed[field]:
            raise ValueError(f"listing: {field}: expected {', '.join(sorted(allowed[field]))}")
    if not allowed["clients"].issuperset(row.get("clients", ())):
        raise ValueError(f"clients: expected {', '.join(sorted(allowed['clients']))}")


def _row(key: str, given: object) -> ProviderRow:
    """Return the checked values of one table, without defaults."""
    if clean_provider(key) != key:
        raise ValueError(
            "is not a provider id: use lower case letters, digits, dot, dash and underscore"
        )
    if key in RESERVED:
        raise ValueError("is the name of a built-in source: choose another id")
    if not isinstance(given, dict):
        raise ValueError(f"expected a table: write its fields below a line [{key}]")
    return _checked(_ROW, given)


def _checked(checks: Mapping[str, Callable[[object], object]], given: ProviderRow) -> ProviderRow:
    for name in given:
        if name not in checks:
            hint = ' (put the key into a variable: keys = ["VARIABLE"])'
            raise ValueError(
                f"unknown field {name!a}{hint if _SECRET_NAME.search(name) else ''}; "
                f"expected one of {', '.join(checks)}"
            )
    checked = {}
    for name, value in given.items():
        try:
            checked[name] = checks[name](value)
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return checked


def _flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")
    return value


def _variables(value: object) -> list[str]:
    """Return names of environment variables, given as a list or as one string."""
    given = value if isinstance(value, list) else [value]
    names = [name for name in given if isinstance(name, str) and _VARIABLE.fullmatch(name)]
    if names != given:
        raise ValueError("expected names of environment variables, not their values")
    return names


def _aliases(value: object) -> list[str]:
    if not isinstance(value, list):
        raise ValueError("expected a list")
    return [clean_name(alias).lower() for alias in value]


def _address(value: object) -> str:
    address = clean_name(value)
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as https://llm.example.org/v1")
    if parts.username or parts.password or parts.query or parts.fragment:
        raise ValueError("expected an address without user, query or fragment")
    return address


def _class(value: object) -> str:
    if value not in CLASSES:
        raise ValueError(f"expected one of {', '.join(CLASSES)}")
    return str(value)


def _path(value: object) -> str:
    path = clean_name(value)
    if not path.startswith("/"):
        raise ValueError("expected a path such as /models")
    return path


def _texts(value: object) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("expected a table of strings")
    return {clean_name(key): clean_name(text) for key, text in value.items()}


def _listing(value: object) -> ProviderRow | bool:
    if value is False:
        return False
    if value in _EXTENTS:
        return {"path": "/models", "complete": value == "complete"}
    if not isinstance(value, dict):
        raise ValueError(
            "expected a table such as { path = '/models' }, complete, partial, or false for none"
        )
    return {"path": "/models", **_checked(_LISTING, value)}


def _clients(value: object) -> dict[str, str]:
    """Return the prefix of model names by client; it may be empty."""
    if not isinstance(value, dict):
        raise ValueError("expected a table such as { litellm = 'openai/' }")
    return {clean_name(client): clean_text(prefix) for client, prefix in value.items()}


_EXTENTS = ("complete", "partial")
"""Whether a listing at the usual path has all that a key can call."""

_LISTING: dict[str, Callable[[object], object]] = {
    "path": _path, "format": clean_name, "auth": clean_name, "query": _texts, "headers": _texts,
    "from_root": _flag, "complete": _flag,
}  # fmt: skip
_ROW: dict[str, Callable[[object], object]] = {
    "name": clean_name, "aliases": _aliases, "keys": _variables, "base_url": _address,
    "base_url_vars": _variables, "default_model": clean_name, "local": _flag, "docs": clean_name,
    "note": clean_name, "class": _class, "listing": _listing, "clients": _clients,
    "suffixes": _texts, "account": clean_name,
}  # fmt: skip
