"""Read override files: the user's own facts about models, in YAML.

    models:
      - provider: custom_proxy
        name: llama-3-custom
        capabilities:
          max_context: 100000
          supports_tools: true

`family` and `aliases` are optional keys beside `name`. A file with an error is rejected whole.
"""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from modeldex.errors import InvalidOverrides
from modeldex.vocabulary.fields import BY_NAME, NAMES, clean_text
from modeldex.vocabulary.normalize import Stored, clean_provider
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.user_folders import user_folder

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 20
_MODEL_KEYS = ("provider", "name", "family", "aliases", "capabilities")
_MISREAD_NUMBER = re.compile(r"[-+]?0[0-9_]+|.*:.*")

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


class _Fault(Exception):
    """An error in a file, with its line, counted from 1."""

    def __init__(self, line: int | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


class _Table(dict[str, object]):
    """A YAML mapping with its own line and those of its keys."""

    def __init__(self, line: int) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}


def default_paths(environ: Mapping[str, str] | None = None) -> tuple[Path, ...]:
    """Return the files to read, lowest precedence first.

    If MODELDEX_OVERRIDES is set, only that file, whether or not it exists; else those that
    exist of chuk-llm's and modeldex's override files.
    """
    named = (os.environ if environ is None else environ).get("MODELDEX_OVERRIDES", "").strip()
    if named:
        return (Path(named),)
    try:
        chuk_llm = Path("~/.config/chuk-llm/model_overrides.yaml").expanduser()
        own = user_folder("config") / "overrides.yaml"
    except RuntimeError:  # a service account may have no home
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


def read_all(paths: Iterable[str | Path]) -> list[Override]:
    """Return the overrides of several files, one per model; later files win field by field."""
    merged: dict[tuple[str, str], Override] = {}
    for path in paths:
        for new in read_overrides(path):
            old = merged.get((new.provider, new.name), new)
            merged[new.provider, new.name] = new._replace(
                family=new.family or old.family,
                aliases=new.aliases or old.aliases,
                capabilities={**old.capabilities, **new.capabilities},
            )
    return list(merged.values())


def read_overrides(path: str | Path) -> list[Override]:
    """Return the overrides of one file, in its order; none for an empty file.

    Raises InvalidOverrides, with the line, for the first error.
    """
    try:
        return _overrides(_parsed(_content(Path(path))))
    except _Fault as fault:
        raise InvalidOverrides(path, fault.line, fault.reason) from None


def _content(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Fault(None, f"cannot be read: {error.strerror}") from None
    if len(content) > MAX_BYTES:
        raise _Fault(None, f"larger than {MAX_BYTES:,} bytes")
    return content


def _readable(path: Path) -> bytes:
    """Return the file's content, or the reason why it cannot be read: both change the digest."""
    try:
        return _content(path)
    except _Fault as fault:
        return fault.reason.encode()


def _parsed(content: bytes) -> object:
    import yaml

    try:
        text = content.decode("utf-8-sig")
        return _loader()(text).get_single_data()
    except UnicodeDecodeError as error:
        raise _Fault(content.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _Fault(line, "contains a control character") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _Fault(mark.line + 1 if mark else None, error.problem or "not YAML") from None


@cache
def _loader() -> Any:
    """Return a safe loader that rejects anchors, duplicate keys, deep nesting and odd numbers."""
    import yaml

    class Loader(yaml.SafeLoader):
        depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()  # type: ignore[no-untyped-call]
            # Nested aliases can expand to gigabytes ("billion laughs").
            if event.anchor:
                raise _Fault(_line(event), "anchors and aliases are not allowed")
            if self.depth > MAX_DEPTH:
                raise _Fault(_line(event), "nested too deeply")
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except ValueError as error:
                raise _Fault(_line(node), str(error)) from None

        def table(self, node: Any) -> _Table:
            table = _Table(_line(node))
            for key_node, value_node in node.value:
                key = str(self.construct_object(key_node))
                if key in table:
                    raise _Fault(_line(key_node), f"duplicate key {key}")
                table[key] = self.construct_object(value_node, deep=True)
                table.lines[key] = _line(key_node)
            return table

        def integer(self, node: Any) -> int:
            # YAML 1.1 reads 010 as octal 8 and 1:30 as sexagesimal 90.
            if _MISREAD_NUMBER.fullmatch(node.value):
                raise _Fault(_line(node), f"{node.value}: write a plain decimal number")
            return int(self.construct_yaml_int(node))

    Loader.add_constructor("tag:yaml.org,2002:map", Loader.table)
    Loader.add_constructor("tag:yaml.org,2002:int", Loader.integer)
    return Loader


def _line(place: Any) -> int:
    return int(place.start_mark.line) + 1


def _overrides(data: object) -> list[Override]:
    if data is None:
        return []
    file = _table(data, ("models",), "the file", 1)
    rows = [] if file.get("models") is None else file["models"]
    if not isinstance(rows, list):
        raise _Fault(file.lines["models"], "models: expected a list")
    found: dict[tuple[str, str], Override] = {}
    for row in rows:
        new = _override(_table(row, _MODEL_KEYS, "a model", file.lines["models"]))
        first = found.setdefault((new.provider, new.name), new)
        if first is not new:
            raise _Fault(new.line, f"the same model as on line {first.line}")
    return list(found.values())


def _override(entry: _Table) -> Override:
    for key in ("provider", "name"):
        if entry.get(key) is None:
            raise _Fault(entry.line, f"a model needs a {key}")
    return Override(
        line=entry.line,
        provider=canonical(_clean(entry, "provider", clean_provider) or ""),
        name=_clean(entry, "name", _word) or "",
        family=_clean(entry, "family", _word),
        aliases=_clean(entry, "aliases", _words) or (),
        capabilities=_capabilities(entry),
    )


def _capabilities(entry: _Table) -> dict[str, object]:
    if entry.get("capabilities") is None:
        return {}
    line = entry.lines["capabilities"]
    given = _table(entry["capabilities"], NAMES, "capabilities", line)
    known: dict[str, object] = {}
    for name in given:
        stored: Stored | None = _clean(given, name, BY_NAME[name].clean)
        if stored is not None:
            known[name] = BY_NAME[name].restore(stored)
    if "quality_tier" in known:
        known.setdefault("quality_basis", "user")
    return known


def _table(value: object, known: Iterable[str], what: str, line: int) -> _Table:
    if not isinstance(value, _Table):
        raise _Fault(line, f"{what}: expected a mapping of names to values")
    for key in value:
        if key not in known:
            from difflib import get_close_matches

            near = get_close_matches(key, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise _Fault(value.lines[key], f"{what}: unknown key {key[:40]!a}{hint}")
    return value


def _clean(table: _Table, key: str, cleaner: Callable[[object], T]) -> T | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, _Table):
        raise _Fault(table.lines[key], f"{key}: expected a value, got a mapping")
    try:
        return cleaner(value)
    except (ValueError, TypeError, OverflowError) as error:
        raise _Fault(table.lines[key], f"{key}: {error}") from None


def _word(value: object) -> str:
    word = clean_text(value)
    if not word:
        raise ValueError("empty")
    return word


def _words(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("expected a list")
    return tuple(_word(item) for item in value)
