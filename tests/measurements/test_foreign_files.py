"""Files that cost more than they are: endless, deep, huge numbers, one line; each cap is named."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import COMMAND, environment, small_catalog
from fork_process import HANG
from modeldex.errors import InvalidMeasurements, InvalidOverrides, InvalidProviders
from modeldex.measurements import file_formats
from modeldex.measurements.import_file import import_file
from modeldex.measurements.record import numbered_rows, record
from modeldex.storage.location import Place
from modeldex.upstream.override_files import read_overrides
from modeldex.vocabulary import caps, record_lines
from modeldex.vocabulary.bounded_file import read_bounded
from modeldex.vocabulary.caps import DEPTH, DIGITS, LINE, SETTINGS, VALUES, TooMuch
from modeldex.vocabulary.toml_text import parse_toml
from modeldex.vocabulary.user_providers import merged_rows
from raw_catalog import bare

MEMORY = 700 * 1024 * 1024
"""Bytes of address space of a command; libraries and the interpreter take some 250 MB of it."""

WITHIN_MEMORY = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY}, {MEMORY}))
from modeldex.cli import main
main()
"""


@pytest.fixture
def catalog(blank_catalog: Place) -> Place:
    """An empty catalog that seems to be loaded."""
    small_catalog(blank_catalog, {})
    return blank_catalog


ENDLESS = [
    (("measure", "import", "/dev/zero", "--format", "jsonl"), "line 1 is longer than"),
    (("measure", "import", "/dev/zero", "--format", "csv"), "line 1 is longer than"),
    (("measure", "import", "/dev/zero", "--format", "json"), "JSON Lines"),
    (("measure", "import", "/dev/urandom", "--format", "jsonl"), "none of the first"),
    (("benchmarks", "import", "/dev/zero"), "line 1 is longer than"),
]


@pytest.mark.sqlite_only
@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such devices")
@pytest.mark.parametrize(("command", "reason"), ENDLESS, ids=lambda it: it[2] if it else "")
def test_an_endless_file_ends_with_one_line(
    catalog: Path, command: tuple[str, ...], reason: str
) -> None:
    """Within a limit of memory a device is refused, the cap is named, and nothing is stored."""
    program = [sys.executable, "-c", WITHIN_MEMORY, "--db", str(catalog), *command]
    found = subprocess.run(
        program, env=environment(), capture_output=True, text=True, timeout=HANG, check=False
    )
    assert (found.returncode, found.stdout, len(found.stderr.splitlines())) == (1, "", 1)
    assert f"{next(word for word in command if '/' in word)}: " in found.stderr
    assert reason in found.stderr


def rows_of(text: str, format_: str) -> list[file_formats.NumberedRow]:
    """The rows of a file of this content."""
    return list(file_formats.read_rows(io.StringIO(text, newline=""), format_, "file"))


@pytest.mark.parametrize("format_", ["jsonl", "csv"])
def test_a_long_line_is_named_by_its_number(format_: str) -> None:
    """The line counts from the first of the file, also beyond the part that is read at once."""
    lines = ["name,tps", *(["p/n,1"] * 40_000), "x" * (LINE + 1)]
    with pytest.raises(TooMuch, match="line 40,002 is longer than 1,000,000 characters"):
        rows_of("\n".join(lines), format_)


def test_a_record_of_many_lines_is_one_line() -> None:
    """Quoted cells with line ends in them are no way around the cap."""
    with pytest.raises(TooMuch, match="line 2 is longer than"):
        rows_of("provider,name\n" + '"a\n",' * (LINE // 4), "csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_are_those_of_the_file_whatever_ends_them(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Where a part of the file ends, no line begins, not even inside of its end."""
    monkeypatch.setattr(record_lines, "_PART", 7)
    text = end.join(json.dumps({"n": number}) for number in range(50))
    assert rows_of(text, "jsonl") == [(n + 1, {"n": n}) for n in range(50)]
    assert rows_of(text + end, "jsonl") == [(n + 1, {"n": n}) for n in range(50)]


def test_a_document_of_many_values_is_refused_unparsed() -> None:
    """A list of numbers needs far more memory than bytes; JSON Lines is named as the way."""
    with pytest.raises(TooMuch, match="1,000,000 values: JSON Lines"):
        rows_of("[" + "1," * VALUES + "1]", "json")


def test_a_long_number_is_refused_in_its_row_alone() -> None:
    """Also where Python would read it: the rows around it are whole."""
    lines = ['{"n": 1}', '{"n": ' + "9" * (DIGITS + 1) + "}", '{"n": 2}']
    refused = f"not JSON: a number of more than {DIGITS} digits"
    assert rows_of("\n".join(lines), "jsonl") == [(1, {"n": 1}), (2, refused), (3, {"n": 2})]


def invalid(count: int) -> Iterator[dict[str, object]]:
    """Rows of which the last one alone is valid."""
    yield from ({"name": ""} for _ in range(count))
    yield {"provider": "acme", "name": "one", "tps": 1}


@pytest.mark.parametrize(
    ("cap", "rows", "reason"),
    [
        ("ROWS", ({"model": "acme/one", "tps": 1} for _ in range(3000)), "more than 1,000 rows"),
        ("INVALID", invalid(3000), "none of the first 1,000 rows is valid; row 1: name: missing"),
        (
            "NEW_MODELS", ({"model": f"acme/{n}", "tps": 1} for n in range(3000)),
            "more than 1,000 models that the catalog does not have",
        ),
    ],
)  # fmt: skip
def test_a_run_has_its_caps(
    monkeypatch: pytest.MonkeyPatch, catalog: Place, cap: str, rows: object, reason: str
) -> None:
    """What is beyond a cap of one import refuses it whole, and its source is read no further."""
    monkeypatch.setattr(caps, cap, 1000)
    with pytest.raises(InvalidMeasurements, match=f"^file: {reason}; nothing was stored$"):
        record(catalog, numbered_rows(rows), origin="file")  # type: ignore[arg-type]
    assert len(list(rows)) >= 1000  # type: ignore[call-overload]
    with bare(catalog) as connection:
        assert connection.execute("SELECT count(*) FROM measurements").fetchone()[0] == 0


@pytest.mark.sqlite_only
def test_a_folder_is_said_to_be_one(catalog: Path, tmp_path: Path) -> None:
    """A folder in place of a file is an error of the system, by its name."""
    with pytest.raises(IsADirectoryError):
        import_file(catalog, tmp_path, "csv")


TOML = {
    "a number": ("a = 1\nb = " + "9" * 5000, 2, f"more than {DIGITS} digits"),
    "a number of base 16": ("b = 0x" + "f" * 5000, 1, f"more than {DIGITS} digits"),
    "a key": ("\n\n" + "a." * 20_000 + "b = 1", 3, f"more than {DEPTH} words"),
    "a head": ("[" + "a . " * 20_000 + "b]", 1, f"more than {DEPTH} words"),
    "a quoted key": ("'x'.\"y\"." * 10_000 + "b = 1", 1, f"more than {DEPTH} words"),
    "a key after a string": ('a = """\n""\n"""\n' + "a." * 20_000, 4, f"more than {DEPTH} words"),
    "arrays": ("a = " + "[" * 100_000, None, "nested too deeply"),
    "tables": ("a = " + "{a=" * 100_000, None, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOML)
def test_costly_toml_is_refused_by_line_and_cap(tmp_path: Path, kind: str) -> None:
    """The parser is never given what takes it the square of its length."""
    text, line, reason = TOML[kind]
    file = tmp_path / "providers.toml"
    file.write_text(text)
    with pytest.raises(InvalidProviders, match=reason) as caught:
        merged_rows(file, {})
    assert caught.value.line == line


def test_dots_and_digits_in_strings_and_comments_are_text() -> None:
    """Only keys and numbers are counted; a list of prices is no key."""
    text = f"""
    # {"a." * 100}
    url = "https://{"a." * 100}example.org/{"9" * 100}"
    'single.{"." * 100}' = '{"." * 100}\\'
    long = \"\"\"{"." * 100}
    \\"{"." * 100} \"\"\"
    prices = [{"1.5, " * 100}]
    """
    found = parse_toml(text)
    assert len(found) == 4
    assert found["prices"] == [1.5] * 100


@pytest.mark.parametrize("unclosed", ['"""', "'''", '"', "'", '"""\\"', "#"])
def test_unclosed_strings_are_errors_of_toml(unclosed: str) -> None:
    """Whatever is open to the end is read once, and tomllib says what is wrong."""
    with pytest.raises(ValueError, match=r"at (?:line|end)"):
        parse_toml("a = 1\nb = " + unclosed * 50_000 + "\nc")


YAML = {
    "laughs": ("a: &a [x, x]\nb: &b [*a, *a]\n", "anchors and aliases are not allowed"),
    "depth": ("models: " + "[" * 100, "nested too deeply"),
    "more depth than libyaml takes": ("models: " + "[" * 100_000, "nest"),
    "blocks": ("\n".join(" " * n + "a:" for n in range(300)), "nested too deeply"),
    "digits": (
        "models: [{provider: p, name: n, capabilities: {max_context: " + "9" * 5000 + "}}]",
        f"a number of more than {DIGITS} characters",
    ),
}


@pytest.mark.parametrize("kind", YAML)
def test_costly_yaml_is_refused(tmp_path: Path, kind: str) -> None:
    """Aliases, depth and long numbers are faults with their line, by libyaml too."""
    text, reason = YAML[kind]
    file = tmp_path / "overrides.yaml"
    file.write_text(text)
    with pytest.raises(InvalidOverrides, match=reason) as caught:
        read_overrides(file)
    assert caught.value.line is not None


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes")
def test_what_is_read_unasked_is_a_regular_file(tmp_path: Path) -> None:
    """A pipe that nobody writes to blocks no command; a device has no end; a folder is none."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path, reason in ((pipe, "not a regular file"), (Path("/dev/zero"), "not a regular file")):
        with pytest.raises(OSError, match=reason):
            read_bounded(path)
    with pytest.raises(IsADirectoryError):
        read_bounded(tmp_path)
    assert read_bounded(Path(os.devnull)) == b""


def test_a_settings_file_has_its_cap(tmp_path: Path) -> None:
    """One byte more than the cap is refused, the cap itself is not."""
    file = tmp_path / "file"
    file.write_bytes(b"#" * SETTINGS)
    assert len(read_bounded(file)) == SETTINGS
    file.write_bytes(b"#" * (SETTINGS + 1))
    with pytest.raises(TooMuch, match="larger than 1,048,576 bytes"):
        read_bounded(file)


@pytest.mark.sqlite_only
@pytest.mark.parametrize(
    ("variable", "command"), [("MODELDEX_PROVIDERS", "providers"), ("MODELDEX_OVERRIDES", "list")]
)
def test_a_bad_settings_file_is_named_without_a_traceback(
    catalog: Path, tmp_path: Path, variable: str, command: str
) -> None:
    """A command that reads it says which file it is."""
    file = tmp_path / "given"
    file.write_text("a = " + "9" * 5000)
    # An interpreter of its own: the table of providers is read once.
    done = subprocess.run(
        [*COMMAND, command, "--db", str(catalog)], env=environment(**{variable: str(file)}),
        capture_output=True, text=True, timeout=HANG, check=False,
    )  # fmt: skip
    assert str(file) in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
