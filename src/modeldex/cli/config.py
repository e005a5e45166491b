"""The user's config.toml: options that `best`, `list`, `frontier` and `cost` take by default.

    [defaults]
    requires_tools = true
    not_classes = ["gateway"]

    [profiles.nightly]
    task = "coding"
    input_tokens = 20_000

A key is the name of an option, or of its criterion. `--profile nightly` adds those of a profile.
What the command line states replaces both.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from modeldex.cli.errors import Failure
from modeldex.errors import NoHome
from modeldex.vocabulary.user_folders import at_home, user_folder

F = TypeVar("F", bound=Callable[..., object])

NONE = "none"
"""The profile that leaves out all that the file says."""

_TABLES = ("defaults", "profiles")


class InvalidConfig(Failure):
    """The config file cannot be used; `path` is the file."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = str(path), reason
        super().__init__(f"{path}: {reason}")


def config_path() -> Path | None:
    """The file, existing or not: MODELDEX_CONFIG, else in the user's folder; None without one."""
    given = os.environ.get("MODELDEX_CONFIG")
    if given is not None:
        return at_home(given) if given else None
    try:
        return user_folder("config") / "config.toml"
    except NoHome:
        return None


def profile_option(command: F) -> F:
    """A decorator that lets a click command take its defaults from the file."""
    return click.option(
        "--profile", metavar="NAME", envvar="MODELDEX_PROFILE", is_eager=True, expose_value=False,
        callback=_take, help="Add the options of this profile of config.toml; none: not even its "
        "defaults.",
    )(command)  # fmt: skip


def _take(context: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    path = config_path()
    if name == NONE or path is None:
        return
    tables = read(path)
    given = {**tables["defaults"], **_profile(path, tables["profiles"], name)}
    context.default_map = dict(_converted(context, path, given))


def read(path: Path) -> dict[str, dict[str, Any]]:
    """The tables `defaults` and `profiles`, empty without a file. Raises InvalidConfig."""
    if not path.exists():
        return {name: {} for name in _TABLES}
    from modeldex.vocabulary.bounded_file import read_bounded
    from modeldex.vocabulary.caps import DOCUMENT, TooMuch
    from modeldex.vocabulary.toml_text import parse_toml

    try:
        found = parse_toml(read_bounded(path, DOCUMENT).decode())
    except OSError as error:
        raise InvalidConfig(path, f"cannot be read: {error.strerror}") from None
    except (TooMuch, ValueError) as error:  # of TOML or UTF-8
        raise InvalidConfig(path, str(error)) from None
    tables = {name: found.pop(name, {}) for name in _TABLES}
    for name in found:
        raise InvalidConfig(path, f"[{name}] is unknown: expected [defaults] or [profiles.NAME]")
    groups = {"defaults": tables["defaults"], **_named(tables["profiles"])}
    for name, table in groups.items():
        if not isinstance(table, dict):
            raise InvalidConfig(path, f"{name} is not a table of options")
    return tables


def _named(profiles: object) -> dict[str, object]:
    if not isinstance(profiles, dict):
        return {"profiles": profiles}
    return {f"profiles.{name}": table for name, table in profiles.items()}


def _profile(path: Path, profiles: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    if name is None:
        return {}
    if name not in profiles:
        known = ", ".join(sorted(profiles)) or "none"
        raise InvalidConfig(path, f"no profile {name!r}: there are {known}")
    table: Mapping[str, Any] = profiles[name]
    return table


def _converted(
    context: click.Context, path: Path, given: Mapping[str, object]
) -> Iterator[tuple[str, object]]:
    """The names and values of the options of this command that the file states."""
    options = {name: param for param in context.command.params for name in _names(param)}
    known = {name for param in _all_options() for name in _names(param)}
    for key, value in given.items():
        name = key.replace("-", "_")
        if name not in known:
            raise InvalidConfig(path, f"{key}: {_unknown(name, known)}")
        if name in options:
            parameter = options[name]
            yield str(parameter.name), _value(context, path, key, parameter, value)


def _names(parameter: click.Parameter) -> set[str]:
    """The name of an option, and that of its criterion."""
    opts = {opt.removeprefix("--").replace("-", "_") for opt in parameter.opts if opt[:2] == "--"}
    named = {str(parameter.name)} if parameter.name != "available" else set()
    plural = {"providers"} if parameter.name == "provider" else set()
    return opts | named | plural


def _all_options() -> list[click.Parameter]:
    """The options that the file may state, of all commands that read it."""
    from modeldex.cli.criteria import query_options
    from modeldex.cli.workload import selection_options, workload_options

    @click.command()
    @query_options
    @workload_options
    @selection_options
    def command() -> None: ...

    return command.params


def _unknown(name: str, known: set[str]) -> str:
    from modeldex.vocabulary.criteria import near

    meant = near(name, sorted(known))
    return f"no such option; did you mean {' or '.join(meant)}?" if meant else "no such option"


def _value(
    context: click.Context, path: Path, key: str, parameter: click.Parameter, value: object
) -> object:
    """What click takes as the default of an option. Raises InvalidConfig for what it would not."""
    if isinstance(parameter, click.Option) and parameter.is_flag:
        if not isinstance(value, bool):
            raise InvalidConfig(path, f"{key}: expected true or false")
        return value
    many = value if isinstance(value, list) else [value]
    texts = [str(each) for each in many]
    if len(texts) != 1 and not parameter.multiple:
        raise InvalidConfig(path, f"{key}: expected one value")
    if any(isinstance(each, bool | dict | list) for each in many):
        raise InvalidConfig(path, f"{key}: expected a word or a number")
    default = texts if parameter.multiple else texts[0]
    try:
        parameter.process_value(context, default)
    except click.UsageError as error:
        raise InvalidConfig(path, f"{key}: {error.message}") from None
    return default
