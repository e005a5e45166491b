"""Parses an override file's YAML into values that know their lines.

YAML 1.1 has traps that no override needs: they are faults, each with its line.
"""

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from modeldex.vocabulary.caps import DEPTH, DIGITS

_MISREAD_NUMBER = re.compile(r"[-+]?0[0-9_]+|.*:.*")


class Fault(Exception):
    """An error in a file, with its line, counted from 1."""

    def __init__(self, line: int | None, reason: str) -> None:
        self.line = line
        self.reason = reason
        super().__init__(reason)


class Table(dict[str, object]):
    """A YAML mapping with its own line, those of its keys, and the faults of the keys.

    A value that is invalid is a Fault.
    """

    def __init__(self, line: int = 1) -> None:
        super().__init__()
        self.line = line
        self.lines: dict[str, int] = {}
        self.faults: list[Fault] = []


class List(list[object]):
    """A YAML sequence with the lines of its items."""

    def __init__(self, items: Iterable[object], lines: list[int]) -> None:
        super().__init__(items)
        self.lines = lines


def parsed(content: bytes) -> object:
    """The document: a Table, a List, or another value. Raises Fault if it is not one of YAML."""
    import yaml

    try:
        text = content.decode("utf-8-sig")
        return _loader()(text).get_single_data()
    except UnicodeDecodeError as error:
        raise Fault(content.count(b"\n", 0, error.start) + 1, "not UTF-8 text") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Fault(line, "contains a control character") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Fault(mark.line + 1 if mark else None, error.problem or "not YAML") from None


@cache
def _loader() -> Any:
    """Return a safe loader that rejects anchors, deep nesting, duplicate keys and odd numbers.

    Anchors and deep nesting raise a Fault; a Fault takes the place of any other bad value.
    """
    import yaml
    from yaml.composer import Composer

    # By libyaml where there is one. Its own composer is passed over, as it asks nobody.
    safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(Composer, safe):  # type: ignore[misc]
        def __init__(self, text: str) -> None:
            safe.__init__(self, text)
            Composer.__init__(self)
            self.depth = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            event = self.peek_event()
            # Nested aliases can expand to gigabytes ("billion laughs").
            if event.anchor:
                raise Fault(_line(event), "anchors and aliases are not allowed")
            if self.depth > DEPTH:
                raise Fault(_line(event), "nested too deeply")
            self.depth += 1
            node = super().compose_node(parent, index)
            self.depth -= 1
            return node

        def construct_object(self, node: Any, deep: bool = False) -> Any:
            try:
                return super().construct_object(node, deep)
            except (ValueError, yaml.constructor.ConstructorError) as error:
                return Fault(_line(node), getattr(error, "problem", None) or str(error))
            except Fault as fault:
                return fault

        def sequence(self, node: Any) -> List:
            items = (self.construct_object(item, deep=True) for item in node.value)
            return List(items, list(map(_line, node.value)))

        def integer(self, node: Any) -> int:
            return int(self.construct_yaml_int(_plain(node)))

        def real(self, node: Any) -> float:
            return float(self.construct_yaml_float(_plain(node)))

    Loader.add_constructor("tag:yaml.org,2002:map", _table)
    Loader.add_constructor("tag:yaml.org,2002:seq", Loader.sequence)
    Loader.add_constructor("tag:yaml.org,2002:int", Loader.integer)
    Loader.add_constructor("tag:yaml.org,2002:float", Loader.real)
    return Loader


def _table(loader: Any, node: Any) -> Table:
    table = Table(_line(node))
    for key_node, value_node in node.value:
        given = loader.construct_object(key_node)
        key, line = str(given), _line(key_node)
        if isinstance(given, Fault):
            table.faults.append(given)
        elif key in table:
            table.faults.append(Fault(line, f"duplicate key {key}"))
        else:
            table[key] = loader.construct_object(value_node, deep=True)
            table.lines[key] = line
    return table


def _plain(node: Any) -> Any:
    """The node of a number. Raises Fault for 010 and 1:30, which YAML 1.1 reads as 8 and 90."""
    if len(node.value) > DIGITS:
        raise Fault(_line(node), f"a number of more than {DIGITS} characters")
    if _MISREAD_NUMBER.fullmatch(node.value):
        raise Fault(_line(node), f"{node.value}: write a plain decimal number")
    return node


def _line(place: Any) -> int:
    return int(place.start_mark.line) + 1
