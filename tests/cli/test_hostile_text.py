"""Names made to deceive: refused at the edge, and inert on every terminal when put in by SQL."""

import random
import sqlite3
import unicodedata
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from cases import case
from command_line import CommandResult, on_terminal, piped, run_command, small_catalog, unstyled
from modeldex import ModelRegistry, ModelSpec
from modeldex.storage.open import open_catalog
from raw_catalog import bare, contents

REFUSED = {
    "OSC title": "\x1b]0;owned\x07",
    "OSC link": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "clear screen": "\x1b[2J\x1b[H",
    "colour": "\x1b[31m",
    "bell": "\x07",
    "backspace": "safe\x08\x08\x08\x08evil",
    "carriage return": "safe\revil",
    "newline": "a\nopenai/gpt-5",
    "tab": "a\tb",
    "delete": "a\x7fb",
    "NUL": "a\x00b",
    "lone surrogate": "a\ud800b",
}
ONLY_BY_SQL = {
    "C1 clear": "\x9b2J",
    "C1 title": "\x9d0;owned\x9c",
    "C1 next line": "a\x85b",
    "right to left": "gpt\u202e5-tpg",
    "isolate": "a\u2066b\u2069",
    "arabic mark": "a\u061cb",
    "zero width blank": "gpt\u200b-5",
    "zero width joiner": "a\u200db",
    "byte order mark": "\ufeffgpt",
    "soft hyphen": "g\xadpt",
    "tag letters": "gpt\U000e0041\U000e0042",
    "private use": "a\ue000b",
    "unassigned": "a\u0378b",
    "no character": "a\ufffeb",
}
HARMLESS = {
    "markup": "[bold red]x[/bold red]",
    "link": "[link=https://evil.example]x[/link]",
    "stray end": "x[/]y",
    "emoji code": ":skull:",
    "formula": "=HYPERLINK(1)",
    "quotes": "a'b\"c",
    "format": "{x} %s %(y)d",
    "backslash": "a\\x1b[2Jb",
    "wide": "模型-é-😀",
}
CONTROLLED = {**REFUSED, **ONLY_BY_SQL}


def deceiving(count: int = 200) -> list[str]:
    """Generated names, each with one to three fragments that must never be stored."""
    chance = random.Random(25)  # noqa: S311 - not a secret
    names = []
    for number in range(count):
        bad = chance.choices([*CONTROLLED.values()], k=chance.randint(1, 3))
        parts = [*bad, chance.choice([*HARMLESS.values()]), f"m{number}"]
        chance.shuffle(parts)
        # Blanks at the ends are cut off, and some of these would be taken for one.
        names.append("x" + "-".join(parts)[:150] + "x")
    return names


def raw(text: str, allowed: str = "") -> list[str]:
    """The control, bidi, zero-width and other category-C characters in a text."""
    found = {c for c in text if unicodedata.category(c)[0] == "C"} - set(allowed)
    return sorted(f"U+{ord(c):04X}" for c in found)


class Liar:
    """A source and resolver in one that says hostile things wherever it may say a text."""

    name = "liar"
    network = True

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts

    async def discover(self) -> list[ModelSpec]:
        named = [ModelSpec(provider="acme", name=text) for text in self.texts]
        beside = [
            ModelSpec(
                provider="acme", name=f"m{i}", family=text, display_name=text, aliases=(text,)
            )
            for i, text in enumerate(self.texts)
        ]
        return [*named, *beside, *(ModelSpec(provider=text, name="m") for text in self.texts)]

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[dict[str, Any]]:
        texts = [self.texts[i % len(self.texts)] for i, _ in enumerate(specs)]
        return [
            {"quantization": t, "replacement": t, "known_params": {t}, "mode": t, t: t}
            for t in texts
        ]

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        raise NotImplementedError


def every_text(path: Path) -> list[str]:
    """All texts in all tables of a catalog."""
    with bare(path) as connection:
        return [
            value
            for rows in contents(connection).values()
            for row in rows
            for value in row
            if isinstance(value, str)
        ]


async def test_nothing_that_deceives_is_stored(catalog_path: Path) -> None:
    """200 hostile names, families, aliases, providers and facts leave no trace in any table."""
    liar = Liar(deceiving())
    async with ModelRegistry([liar], [liar], db=catalog_path) as registry:
        report = await registry.refresh()
    source, resolver = report.steps
    assert (source.status, resolver.status) == ("ok", "ok")
    assert (source.seen, source.dropped) == (200, 5 * 200)
    assert (resolver.seen, resolver.dropped) == (0, 5 * 200)
    stored = every_text(catalog_path)
    assert len(stored) > 400
    assert raw("".join(stored)) == []
    assert raw(repr(report)) == []


async def test_what_only_looks_odd_is_stored_as_it_is(catalog_path: Path) -> None:
    """Brackets, quotes and formulas are names like any other, to the last character."""
    liar = Liar([*HARMLESS.values()])
    async with ModelRegistry([liar], [], db=catalog_path) as registry:
        await registry.refresh()
        found = [await registry.find_model("acme", name) for name in HARMLESS.values()]
    assert [model and model.spec.name for model in found] == [*HARMLESS.values()]


class Raises:
    """A source that fails with a hostile message."""

    network = True

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self.text = text

    async def discover(self) -> list[ModelSpec]:
        raise OSError(self.text)


async def test_a_hostile_failure_is_recorded_in_print(catalog_path: Path) -> None:
    """The text of an exception is stored, reported and shown without its control characters."""
    sources = [Raises(f"s{i}", text) for i, text in enumerate(deceiving(20))]
    said: list[str] = []
    async with ModelRegistry(sources, [], db=catalog_path) as registry:
        report = await registry.refresh(progress=said.append)
    assert len(report.failed) == 20
    assert raw("".join(every_text(catalog_path)) + "".join(said) + repr(report)) == []


async def test_a_part_of_hostile_name_harms_only_itself(catalog_path: Path) -> None:
    """A source whose name cannot be stored does not keep another from being asked."""
    liar = Liar(["fine"])
    async with ModelRegistry([Raises("\x1b[2J", "never"), liar], [], db=catalog_path) as registry:
        report = await registry.refresh()
        found = await registry.find_model("acme", "fine")
    assert found is not None
    assert [step.status for step in report.steps] == ["failed", "ok"]
    assert raw(repr(report)) == []


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_a_check_refuses_plain_control_characters(catalog_path: Path, text: str) -> None:
    """The escape, newline, tab and their kin cannot be stored even by a bare INSERT."""
    open_catalog(catalog_path).close()
    with bare(catalog_path) as connection:
        with pytest.raises((sqlite3.IntegrityError, UnicodeEncodeError)):
            connection.execute("INSERT INTO models (provider, name) VALUES ('acme', ?)", (text,))
        assert connection.execute("SELECT count(*) FROM models").fetchone() == (0,)


# On a screen.

BY_SQL = [*ONLY_BY_SQL.values(), *HARMLESS.values()]
_SQL = """
INSERT INTO models (provider, name, family, display_name) VALUES ('acme', :name, :text, :text);
INSERT INTO aliases (provider, alias, model_id)
  SELECT 'acme', 'alias ' || :text, id FROM models WHERE name = :name;
INSERT INTO capabilities (model_id, resolver, mode, quality_tier, supports_tools, quantization,
  replacement) SELECT id, 'user', 'chat', 'best', 1, :text, :text FROM models WHERE name = :name;
INSERT INTO sources (name) VALUES (:text);
INSERT INTO sightings (model_id, source) SELECT id, :text FROM models WHERE name = :name;
INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, chunks, seen,
  changed, dropped, error) VALUES (1, 'source', :text, 'failed', '2026-01-02T00:00:00Z', 0, 0, 0,
  0, 0, 0, 'said ' || :text)
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog in which a shell user has put every text that its CHECKs let in."""
    path = small_catalog(tmp_path_factory.mktemp("hostile") / "c.db", {})
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in _SQL.split(";\n"):
            connection.executemany(statement, [{"name": text, "text": text} for text in BY_SQL])
    return path


COMMANDS = {
    "best": ("best",),
    "list": ("list",),
    "all of it": ("list", "--known", "--mode", "any"),
    "status": ("status",),
    "doctor": ("doctor",),
    "no such model": ("show", "acme/\x1b]0;owned\x07\u202e"),
    "no such provider": ("best", "--provider", "\x9b2J\u202e"),
    "no such command": ("\x1b[2J",),
    "no such option": ("list", "--\x1b[2J"),
    "no such file": ("--db", f"{__file__}/\x1b[2J\u202e/c.db", "list"),
}


def shown(done: CommandResult) -> str:
    """All that a run wrote, without the separators of lines and cells."""
    return done.out + done.err


def test_a_pipe_carries_no_raw_control_character(hostile: Path) -> None:
    """Whatever names are in the catalog or on the command line, a pipe carries printable text."""
    for command in COMMANDS.values():
        with case(command):
            done = run_command(hostile, *command)
            assert len(shown(done)) > 10
            assert raw(shown(done), "\n\t") == []


def test_one_model_is_shown_in_print_and_exact_in_json(hostile: Path) -> None:
    """`show` escapes what a terminal would obey, and --json gives the very same characters."""
    for text in BY_SQL:
        with case(text):
            people, machine = (
                run_command(hostile, "show", f"acme/{text}"),
                run_command(hostile, "--json", "show", f"acme/{text}"),
            )
            assert (people.code, machine.code) == (0, 0)
            assert raw(shown(people), "\n\t") == []
            spec = machine.json["model"]["spec"]
            assert [spec[key] for key in ("name", "family", "display_name")] == [text] * 3
            facts = {fact["field"]: fact["value"] for fact in machine.json["fields"]}
            assert (facts["quantization"], facts["replacement"]) == (text, text)
            assert [sighting["source"] for sighting in machine.json["sightings"]] == [text]


def test_json_lists_the_exact_names(hostile: Path) -> None:
    """`list --json` gives every name as it is stored, in ASCII on the wire."""
    done = run_command(hostile, "list", "--json")
    assert done.out.isascii()
    assert sorted(model["spec"]["name"] for model in done.json["models"]) == sorted(BY_SQL)


ON_A_TERMINAL: list[tuple[str, ...]] = [
    ("best",),
    ("list",),
    ("show", f"acme/{ONLY_BY_SQL['C1 title']}"),
    ("status",),
    ("show", f"acme/{ONLY_BY_SQL['C1 clear']}{REFUSED['OSC title']}"),
]


def test_a_terminal_is_sent_only_our_own_sequences(hostile: Path) -> None:
    """On a terminal all that is not text is styling of our own; markup stays text."""
    for command in ON_A_TERMINAL:
        with case(command):
            done = on_terminal("--db", str(hostile), *command)
            assert len(done.out) > 20
            assert raw(unstyled(done.out), "\n\r") == []


def test_markup_reaches_a_terminal_as_text(hostile: Path) -> None:
    """A name that is rich markup is printed letter by letter."""
    done = on_terminal("--db", str(hostile), "show", f"acme/{HARMLESS['markup']}")
    assert HARMLESS["markup"] in unstyled(done.out)
    assert "\x1b]8" not in done.out


def test_a_process_in_a_pipe_is_as_careful(hostile: Path) -> None:
    """The program itself, not only the functions behind it, escapes what it lists."""
    done = piped("--db", str(hostile), "list")
    assert done.code == 0
    assert len(done.out.splitlines()) == len(BY_SQL) + 1
    assert raw(done.out + done.err, "\n\t") == []
