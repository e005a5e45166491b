"""Read override files: the user's own facts about models, in YAML.

    models:
      - provider: custom_proxy
        name: llama-3-custom
        capabilities:
          max_context: 100000
          supports_tools: true

`family` and `aliases` are optional keys beside `name`. An entry with a fault is left out, the
others hold; all faults are named at once. Nothing is taken of a file that is not YAML or has no
sound entry.
"""

import os
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import NamedTuple, TypeVar

from modeldex.errors import InvalidOverrides, NoHome
from modeldex.upstream import override_values
from modeldex.upstream.override_yaml import Fault, List, Table, parsed
from modeldex.vocabulary.bounded_file import read_bounded
from modeldex.vocabulary.caps import TooMuch
from modeldex.vocabulary.fields import BY_NAME, NAMES
from modeldex.vocabulary.normalize import Stored
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.user_folders import at_home, user_folder

_MOST_NAMED = 100
"""Faults in the message about one file."""
_MODEL_KEYS = ("provider", "name", "family", "aliases", "capabilities")
T = TypeVar("T")


class Override(NamedTuple):
    """One entry of a file; `line` counts from 1, `provider` is the canonical id.

    `capabilities` maps field names to Python values; unknown values are left out.
    """

    line: int
    provider: str
    name: str
    family: str | None
    aliases: tuple[str, ...]
    capabilities: Mapping[str, object]


class Overrides(NamedTuple):
    """The sound entries of one or more files; `error` names all faults of the others."""

    entries: list[Override]
    error: InvalidOverrides | None = None

    @property
    def fault(self) -> str | None:
        """What is said of the faulty entries, None if there are none."""
        return str(self.error) if self.error else None


def default_paths(environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the files to read, lowest precedence first.

    If MODELDEX_OVERRIDES is set, only that file, whether or not it exists; else those that
    exist of chuk-llm's and modeldex's override files.
    """
    named = (os.environ if environ is None else environ).get("MODELDEX_OVERRIDES", "").strip()
    if named:
        return (Path(named),)
    try:
        chuk_llm = at_home("~/.config/chuk-llm/model_overrides.yaml")
        own = user_folder("config") / "overrides.yaml"
    except NoHome:  # a service account may have no home
        return ()
    return tuple(path for path in (chuk_llm, own) if os.path.isfile(path))  # noqa: PTH113


def digest(paths: Iterable[str | Path]) -> str:
    """Return the SHA-256 of the files' content; `none` without files."""
    files = [_readable(Path(path)) for path in paths]
    if not files:
        return "none"
    from hashlib import sha256

    # The lengths keep ab, c apart from a, bc.
    joined = b"".join(len(content).to_bytes(8, "big") + content for content in files)
    return sha256(joined).hexdigest()


def read_all(paths: Iterable[str | Path]) -> Overrides:
    """Return the overrides of several files, one per model; later files win field by field.

    Raises InvalidOverrides if nothing can be taken of one of them.
    """
    merged: dict[tuple[str, str], Override] = {}
    errors: list[InvalidOverrides] = []
    for path in paths:
        entries, error = read_overrides(path)
        errors += [error] if error else []
        for new in entries:
            old = merged.get((new.provider, new.name), new)
            merged[new.provider, new.name] = new._replace(
                family=new.family or old.family,
                aliases=new.aliases or old.aliases,
                capabilities={**old.capabilities, **new.capabilities},
            )
    return Overrides(list(merged.values()), _joined(errors))


def _joined(errors: list[InvalidOverrides]) -> InvalidOverrides | None:
    if not errors:
        return None
    first, *others = errors
    reason = "; ".join([first.reason, *map(str, others)])
    return InvalidOverrides(first.path, first.line, reason)


def read_overrides(path: str | Path) -> Overrides:
    """Return the overrides of one file, in its order; none for an empty file.

    Raises InvalidOverrides, with the line of the first fault, if there are faults and no sound
    entry.
    """
    entries, faults = _read(path)
    if not faults:
        return Overrides(entries)
    error = _error(path, faults)
    if not entries:
        raise error
    return Overrides(entries, error)


def examine_file(path: str | Path) -> tuple[int, list[InvalidOverrides]]:
    """Return the number of sound entries of one file, and every fault of it by line."""
    entries, faults = _read(path)
    return len(entries), [InvalidOverrides(path, fault.line, fault.reason) for fault in faults]


def _read(path: str | Path) -> tuple[list[Override], list[Fault]]:
    """Return the sound entries of one file, and its faults by line."""
    faults: list[Fault] = []
    try:
        entries = _entries(parsed(_content(Path(path))), faults)
    except Fault as fault:
        return [], [fault]
    return entries, sorted(faults, key=lambda fault: fault.line or 0)


def _error(path: str | Path, faults: list[Fault]) -> InvalidOverrides:
    first, *others = faults
    reasons = [f"line {fault.line}: {fault.reason}" for fault in islice(others, _MOST_NAMED - 1)]
    more = len(others) - len(reasons)
    reason = "; ".join([first.reason, *reasons]) + (f"; and {more} more" if more else "")
    return InvalidOverrides(path, first.line, reason)


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path)
    except OSError as error:
        raise Fault(None, f"cannot be read: {error.strerror}") from None
    except TooMuch as error:
        raise Fault(None, str(error)) from None


def _readable(path: Path) -> bytes:
    """Return the file's content, or the reason why it cannot be read: both change the digest."""
    try:
        return _content(path)
    except Fault as fault:
        return fault.reason.encode()


def _entries(data: object, faults: list[Fault]) -> list[Override]:
    """Return the sound entries, and add what is wrong with the others to `faults`."""
    if data is None:
        return []
    file = _table(data, ("models",), "the file", 1, faults)
    rows = file.get("models")
    if rows is None:
        return []
    if not isinstance(rows, List):
        faults.append(_mismatch(rows, file.lines["models"], "models: expected a list"))
        return []
    found: dict[tuple[str, str], Override] = {}
    for row, line in zip(rows, rows.lines, strict=True):
        own: list[Fault] = []
        new = _override(_table(row, _MODEL_KEYS, "a model", line, own), own)
        if not own and (first := found.setdefault((new.provider, new.name), new)) is not new:
            own.append(Fault(new.line, f"the same model as on line {first.line}"))
        faults += own
    return list(found.values())


def _override(entry: Table, faults: list[Fault]) -> Override:
    """Return an entry, which counts only if `faults` stays empty."""
    if not faults:
        missing = (key for key in ("provider", "name") if entry.get(key) is None)
        faults += [Fault(entry.line, f"a model needs a {key}") for key in missing]
    return Override(
        line=entry.line,
        provider=canonical(_clean(entry, "provider", override_values.provider, faults) or ""),
        name=_clean(entry, "name", override_values.word, faults) or "",
        family=_clean(entry, "family", override_values.word, faults),
        aliases=_clean(entry, "aliases", override_values.words, faults) or (),
        capabilities=_capabilities(entry, faults),
    )


def _capabilities(entry: Table, faults: list[Fault]) -> dict[str, object]:
    if entry.get("capabilities") is None:
        return {}
    line = entry.lines["capabilities"]
    given = _table(entry["capabilities"], NAMES, "capabilities", line, faults)
    known: dict[str, object] = {}
    for name in (name for name in given if name in BY_NAME):
        stored: Stored | None = _clean(given, name, override_values.cleaner(BY_NAME[name]), faults)
        if stored is not None:
            known[name] = BY_NAME[name].restore(stored)
    if "quality_tier" in known:
        known.setdefault("quality_basis", "user")
    return known


def _table(value: object, known: Iterable[str], what: str, line: int, faults: list[Fault]) -> Table:
    """The mapping; an empty one in place of another value. Unknown keys are faults."""
    if not isinstance(value, Table):
        faults.append(_mismatch(value, line, f"{what}: expected a mapping of names to values"))
        return Table(line)
    faults += value.faults
    from difflib import get_close_matches

    for key in (key for key in value if key not in known):
        near = get_close_matches(key, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        faults.append(Fault(value.lines[key], f"{what}: unknown key {key[:40]!a}{hint}"))
    return value


def _mismatch(value: object, line: int, reason: str) -> Fault:
    """The fault of a value of another type than expected: its own, if it has one."""
    return value if isinstance(value, Fault) else Fault(line, reason)


def _clean(table: Table, key: str, cleaner: Callable[[object], T], faults: list[Fault]) -> T | None:
    """The clean value; None if there is none or it is invalid, which is a fault."""
    value = table.get(key)
    if value is None:
        return None
    line = table.lines[key]
    invalid = [item for item in (value if isinstance(value, List) else [value]) if _is_bad(item)]
    faults += [_mismatch(item, line, f"{key}: expected a value, got a mapping") for item in invalid]
    if invalid:
        return None
    try:
        return cleaner(value)
    except (ValueError, TypeError, OverflowError) as error:
        faults.append(Fault(line, f"{key}: {error}"))
        return None


def _is_bad(value: object) -> bool:
    return isinstance(value, Fault | Table)
