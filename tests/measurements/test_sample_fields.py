"""Rows of a perf lab: what is understood under which name, and what is refused by name."""

import io
import json
import math
import sqlite3
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases import case
from modeldex import InvalidMeasurements, Measurement
from modeldex.measurements.file_formats import format_of, read_rows
from modeldex.measurements.sample import (
    COLUMNS,
    SYNONYMS,
    InvalidSample,
    SampleParser,
    model_of_row,
)
from modeldex.measurements.sample_columns import parse_columns
from raw_catalog import columns, in_memory, undone

WHO = {"provider": "acme", "name": "alpha"}


def read(**figures: Any) -> Measurement:
    """The sample of acme/alpha that these figures state."""
    return SampleParser().parse({**WHO, **figures})


def stated(**figures: Any) -> dict[str, object]:
    """What a sample states beside who it is about."""
    return {k: v for k, v in read(**figures)._asdict().items() if k not in WHO and v is not None}


def test_a_measurement_has_the_columns_of_its_table() -> None:
    """The value has one field per column, in order, all but the id."""
    with in_memory() as connection:
        assert ["id", *COLUMNS] == columns(connection, "measurements")


UNFIT: list[tuple[Mapping[str, Any], str, str]] = [
    ({"tokens_per_second": math.nan}, "tokens_per_second", "not a finite number"),
    ({"tokens_per_second": math.inf}, "tokens_per_second", "not a finite number"),
    ({"tokens_per_second": "NaN"}, "tokens_per_second", "not a finite number"),
    ({"tokens_per_second": 0}, "tokens_per_second", "not above 0"),
    ({"tokens_per_second": -5}, "tokens_per_second", "not above 0"),
    ({"tokens_per_second": 1_000_001}, "tokens_per_second", "above 1,000,000"),
    ({"tokens_per_second": True}, "tokens_per_second", "expected a number, got True"),
    ({"tokens_per_second": "fast"}, "tokens_per_second", "expected a number, got 'fast'"),
    ({"tokens_per_second": [275]}, "tokens_per_second", "expected a number, got list"),
    ({"tokens_per_second": 10**400}, "tokens_per_second", "too large"),
    ({"ttft_ms": 10_000_001}, "ttft_ms", "above 10,000,000"),
    ({"input_cost_per_1m": -0.01}, "input_cost_per_1m", "below 0"),
    ({"output_cost_per_1m": 2_000_000}, "output_cost_per_1m", "above 1,000,000"),
    ({"supports_tools": 2}, "supports_tools", "expected true or false, got int"),
    ({"supports_vision": "error"}, "supports_vision", "state the reason in error"),
    ({"supports_json_mode": [1]}, "supports_json_mode", "expected true or false, got list"),
    ({"quality_score": 0.5}, "quality_suite", "a score needs the name of its suite"),
    ({"quality_score": -2e9, "suite": "s"}, "quality_score", "below -1,000,000,000"),
    ({"tps": 1, "samples": 0}, "samples", "below 1"),
    ({"tps": 1, "samples": 1.5}, "samples", "expected a whole number"),
    ({"tps": 1, "host": "a\x00b"}, "host", "contains control characters"),
    ({"tps": 1, "run_id": "x" * 201}, "run_id", "longer than 200 characters"),
    ({"tps": 1, "measured_at": "yesterday"}, "measured_at", "expected a time such as"),
    ({"tps": 1, "measured_at": "2026-02-31T00:00:00.000Z"}, "measured_at", "expected a time"),
    ({"tps": 1, "measured_at": True}, "measured_at", "expected a time such as"),
    ({"tps": 1, "measured_at": "9026-01-01"}, "measured_at", "lies in the future"),
    ({"tps": 1, "measured_at": math.nan}, "measured_at", "expected a time such as"),
    ({"tps": 1, "measured_at": date(9999, 1, 1)}, "measured_at", "lies in the future"),
    ({}, "", "needs at least one figure"),
    ({"host": "h", "samples": 3, "quality_suite": "s"}, "", "needs at least one figure"),
]  # fmt: skip


def test_what_cannot_be_a_fact_is_refused_by_name() -> None:
    """Each refusal names the field and says what is wrong with it."""
    for figures, field, reason in UNFIT:
        with case(figures):
            with pytest.raises(InvalidSample) as refused:
                read(**figures)
            assert refused.value.field == field
            assert reason in refused.value.reason


def test_the_next_minutes_are_no_future() -> None:
    """A clock that is a little fast is forgiven, one that is an hour ahead is not."""
    soon, later = (datetime.now(UTC) + timedelta(minutes=m) for m in (3, 60))
    assert read(tps=1, measured_at=soon).tokens_per_second == 1.0
    with pytest.raises(InvalidSample, match="lies in the future"):
        read(tps=1, measured_at=later)


TIMES: list[object] = [
    "2021-05-01T10:00:00.000Z", "2021-05-01T10:00:00Z", "2021-05-01 10:00",
    "2021-05-01T11:00:00.000999+01:00", "20210501T100000Z", 1619863200, 1619863200.0,
    "1619863200", 1619863200_000, datetime(2021, 5, 1, 10, tzinfo=UTC),
    datetime(2021, 5, 1, 10),  # noqa: DTZ001 - UTC where it names no zone
    datetime(2021, 5, 1, 5, tzinfo=timezone(-timedelta(hours=5))),
]  # fmt: skip


def test_a_time_is_understood() -> None:
    """ISO 8601 with or without a zone, a datetime, and seconds or milliseconds since 1970."""
    for moment in TIMES:
        assert read(tps=1, measured_at=moment).measured_at == "2021-05-01T10:00:00.000Z", moment


def test_a_day_is_its_first_moment() -> None:
    """A date counts from midnight in UTC."""
    assert read(tps=1, measured_at=date(2020, 1, 2)).measured_at == "2020-01-02T00:00:00.000Z"


def test_a_synonym_means_its_column() -> None:
    """Each documented synonym is read as the column that it stands for."""
    for synonym, column in SYNONYMS.items():
        value = "2020-01-01" if column == "measured_at" else "1"
        more = {"error": "x", "quality_suite": "s"} if synonym != "suite" else {"error": "x"}
        assert stated(**{**more, synonym: value}) == stated(**{**more, column: value}), synonym


def test_texts_are_read_as_csv_holds_them() -> None:
    """Numbers and truths may be texts, numbers may name runs, and empty is unknown."""
    assert stated(
        tps=" 12.5 ", tools="Yes", vision="0", ttft="", score=Decimal("0.5"), suite="mmlu",
        suite_version=2.1, run_id=42, n="3", output_cost=None,
    ) == {
        "tokens_per_second": 12.5, "supports_tools": 1, "supports_vision": 0, "quality_score": 0.5,
        "quality_suite": "mmlu", "suite_version": "2.1", "run_id": "42", "samples": 3,
    }  # fmt: skip


def test_a_test_error_is_kept_without_an_opinion() -> None:
    """Why a test could not tell becomes one short printable line; blank is nothing."""
    error = stated(error="time\nout\x1b[31m " + "x" * 2000)["error"]
    assert str(error).startswith("time out[31m xx")
    assert len(str(error)) == 1000
    with pytest.raises(InvalidSample, match="needs at least one figure, or an error"):
        read(error=" \n ")


ABOUT: list[tuple[dict[str, object], tuple[str, str]]] = [
    ({"provider": "groq", "name": "a/b"}, ("groq", "a/b")),
    ({"provider": "Google", "name": "g"}, ("gemini", "g")),
    ({"model": "openrouter/meta/llama"}, ("openrouter", "meta/llama")),
    ({"provider": "groq", "model": "llama"}, ("groq", "llama")),
    ({"name": "azure/gpt"}, ("azure_openai", "gpt")),
    ({"model": "openai:gpt-4o"}, ("openai", "gpt-4o")),
    ({"model": "acme/llama:8b"}, ("acme", "llama:8b")),
]


def test_who_a_row_is_about() -> None:
    """Two fields or one, with the provider under any of its names."""
    for row, model in ABOUT:
        assert model_of_row(row) == model, (row, model)


NOBODY: list[tuple[dict[str, object], str]] = [
    ({}, "name"), ({"provider": "acme"}, "name"), ({"model": "alpha"}, "provider"),
    ({"model": "llama3:8b"}, "provider"), ({"provider": "a b", "name": "x"}, "provider"),
    ({"provider": 7, "name": "x"}, "provider"), ({"provider": "acme", "name": 7}, "name"),
    ({"provider": "acme", "name": " "}, "name"), ({"model": "/x"}, "provider"),
]  # fmt: skip


def test_a_row_about_nobody_is_refused() -> None:
    """A missing or impossible provider or name is named."""
    for row, field in NOBODY:
        with case(row, field):
            with pytest.raises(InvalidSample) as refused:
                model_of_row(row)
            assert refused.value.field == field


def test_keys_that_mean_nothing_are_noted() -> None:
    """A misspelt figure does not pass in silence."""
    rows = SampleParser()
    rows.parse({**WHO, "model": "x", "tps": 1, "token_per_second": 2, "prompt": "hi"})
    assert rows.ignored == {"token_per_second", "prompt"}


_VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.dates(),
    st.sampled_from(["true", "0", "1e5", "-0.0", "2026-11-20T10:00:00.000Z", "1795168800", "a b"]),
)  # fmt: skip


_INSERT = f"INSERT INTO measurements ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * 18)})"


@pytest.fixture(scope="module")
def catalog() -> Iterator[sqlite3.Connection]:
    """An empty catalog for all examples."""
    with in_memory() as connection:
        yield connection


def attempt(figures: Mapping[str, Any]) -> Measurement | None:
    """The sample with its time, or None where the figures are refused."""
    try:
        sample = read(**figures)
    except InvalidSample:
        return None
    return sample._replace(measured_at=sample.measured_at or "2021-05-01T10:00:00.000Z")


def stored(connection: sqlite3.Connection, sample: Measurement) -> Measurement:
    """The sample as it is read again from the table."""
    with undone(connection):
        connection.execute(_INSERT, sample)
        row = connection.execute(f"SELECT {', '.join(COLUMNS)} FROM measurements").fetchone()
    return SampleParser().parse(dict(zip(COLUMNS, row, strict=True)))


@settings(max_examples=80, deadline=None)
@given(st.dictionaries(st.sampled_from([*COLUMNS[2:], *SYNONYMS]), _VALUES, min_size=1, max_size=6))
def test_the_table_takes_what_is_read(catalog: sqlite3.Connection, figures: dict[str, Any]) -> None:
    """Whatever is not refused here breaks no CHECK of the table, and reads the same again."""
    sample = attempt({"tps": 5, **figures})
    assert (stored(catalog, sample) if sample else None) == sample


# Files.


def rows_of(text: str, format_: str) -> list[Any]:
    """The rows of a text in one of the formats."""
    return list(read_rows(io.StringIO(text, newline=""), format_, "file"))


ONE = {"provider": "acme", "name": "alpha", "tps": 5}
TWO = {"model": "acme/beta", "tps": 6}


SHAPES: list[object] = [
    [ONE, TWO],
    {"measurements": [ONE, TWO]},
    {"models": [ONE, TWO]},
    {"results": {"acme": {"alpha": {"tps": 5}}, "acme/beta": {"tps": 6}}},
    {"acme": {"alpha": {"tps": 5}, "beta": {"tps": 6}}},
    {"acme/alpha": {"tps": 5}, "acme/beta": [{"tps": 6}]},
    {"acme": {"alpha": [{"tps": 5}], "beta": [{"tps": 6}]}},
]


def test_json_documents_have_several_shapes() -> None:
    """Lists, wrapped lists, and mappings by model or by provider say the same."""
    for document in SHAPES:
        found = rows_of(json.dumps(document), "json")
        read_ones = [SampleParser().parse(row)[:4] for _, row in found]
        assert read_ones == [("acme", "alpha", None, 5.0), ("acme", "beta", None, 6.0)], document


def test_json_lines_are_numbered_by_line() -> None:
    """Blank lines are passed by, broken ones named, and only objects are rows."""
    text = '{"tps": 1}\n\n{"tps": \n"tps"\n[1]\n' + "[" * 5000 + '\n{"tps": NaN}'
    numbers = [(n, r if isinstance(r, dict) else r[:22]) for n, r in rows_of(text, "jsonl")]
    assert numbers[:4] == [
        (1, {"tps": 1}), (3, "not JSON: Expecting va"), (4, "expected an object wit"),
        (5, "expected an object wit"),
    ]  # fmt: skip
    assert [n for n, _ in numbers] == [1, 3, 4, 5, 6, 7]


def test_csv_is_numbered_by_line() -> None:
    """A cell may hold line ends; a line with too many cells is named; the end may be missing."""
    text = 'Model, TPS ,error\r\nacme/a,1\r\nacme/b,,"two\r\nlines"\r\n\r\na,b,c,d\r\nacme/c,3,'
    assert rows_of(text, "csv") == [
        (2, {"model": "acme/a", "tps": "1"}),
        (3, {"model": "acme/b", "tps": "", "error": "two\r\nlines"}),
        (6, "4 cells, but 3 columns"),
        (7, {"model": "acme/c", "tps": "3", "error": ""}),
    ]


NO_FILES: list[tuple[str, str, str]] = [
    ('{"tps": 1}\n{"tps": 2}', "json", "is it JSON Lines?"),
    ("nonsense", "json", "not JSON"),
    ("[" * 100_000, "json", "not JSON"),
    ("7", "json", "contains int"),
    ("provider,tps\nacme,1", "csv", "the first line must name the columns"),
    ("", "csv", "the first line must name the columns"),
    ("x" * 200_000, "csv", "not CSV"),
]


def test_a_file_that_is_none_is_refused_whole() -> None:
    """What cannot be rows at all is one error that names the file."""
    for text, format_, reason in NO_FILES:
        with case(text, format_, reason):
            with pytest.raises(InvalidMeasurements, match=f"^file: .*{reason}") as error:
                rows_of(text, format_)
            assert error.value.origin == "file"


def test_the_name_tells_the_format() -> None:
    """By its end, in either case; another end, or another format, is an error that lists them."""
    names = ("a.json", "a.jsonl", "b.NDJSON", "c.csv", "c.db", "c.sqlite", "c.sqlite3", "-")
    assert list(map(format_of, names)) == [
        "json", "jsonl", "jsonl", "csv", "db", "db", "db", "jsonl",
    ]  # fmt: skip
    with pytest.raises(InvalidMeasurements, match="json, jsonl, csv, db"):
        format_of("samples.txt")
    with pytest.raises(
        InvalidMeasurements, match="unknown format xml: give one of json, jsonl, csv"
    ):
        format_of("samples.json", "xml")


def test_a_line_closes_nothing_that_another_has_opened() -> None:
    """Lines that are JSON only when put together are refused one by one."""
    lines = ['{"n": 1}, {"n": 2}', '{"n": [{"n": 3}', '{"n": 4}]}', '{"n": 5}']
    found = list(read_rows(io.StringIO("\n".join(lines)), "jsonl", "file"))
    assert [type(row) for _, row in found] == [str, str, str, dict]


MANY: list[dict[str, object]] = [
    {**WHO, "tps": 5, "ttft": "7.5", "vision": True, "n": 3, "host": "a", "time": 1.7e9},
    {**WHO, "tps": 5.5, "ttft": "", "error": "busy", "host": " a "},
    {"model": "openai/gpt-4o", "tps": None, "vision": False, "score": -1, "suite": "s"},
]


def test_columns_hold_what_single_rows_do() -> None:
    """Samples that are parsed column by column are those that are parsed one by one."""
    parser = SampleParser()
    columns = parse_columns(MANY, parser)
    assert columns is not None
    absent = Measurement("", "")._asdict()
    full = {name: columns.get(name, [absent[name]] * len(MANY)) for name in COLUMNS}
    assert [*zip(*full.values(), strict=True)] == [tuple(parser.parse(row)) for row in MANY]


@pytest.mark.parametrize(
    "wrong",
    [
        {"tps": True}, {"tps": float("nan")}, {"tps": 0}, {"tps": 1e9}, {"ttft": "fast"},
        {"tps": 1, "measured_tps": 2}, {"n": 0, "tps": 1}, {"score": 1}, {}, {"host": ["a"]},
        {"tps": 1, "time": "2999-01-01T00:00:00Z"}, {"provider": "", "tps": 1},
    ],
)  # fmt: skip
def test_columns_leave_what_is_wrong_to_single_rows(wrong: dict[str, object]) -> None:
    """Where one row is invalid or ambiguous, all are to be parsed one by one."""
    assert parse_columns([*MANY, {**WHO, **wrong}], SampleParser()) is None
