"""Tables of benchmark scores, of Arena's shape and of models.dev's."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modeldex.errors import InvalidMeasurements
from modeldex.upstream.formats import benchmarks
from modeldex.upstream.formats.benchmarks import ReadRow, read_benchmarks
from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmarks import Benchmark

ARENA = "model,arena_name,suite,score,low,high,votes,rank,date,source,licence"
MODELS_DEV = "model,suite,version,harness,metric,score,date,source,licence"
PAGE = "https://huggingface.co/datasets/lmarena-ai/leaderboard-dataset"


def read(head: str, *lines: str) -> list[ReadRow]:
    """Each line that is read of a table of this head."""
    return list(read_benchmarks(io.StringIO("\n".join([head, *lines, ""]), newline=""), "a.csv"))


def arena(**cells: str) -> ReadRow:
    """What is read of one good line of Arena's, with some cells changed."""
    line = {
        "model": "openai/gpt-6-astra", "arena_name": "GPT-6 Astra (Max)", "suite": "arena/overall",
        "score": "1475.5", "low": "1465", "high": "1486.0", "votes": "4900", "rank": "9",
        "date": "2026-10-20", "source": PAGE, "licence": "CC-BY-4.0",
    } | cells  # fmt: skip
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(line[name] for name in ARENA.split(","))
    (found,) = read(ARENA, text.getvalue().removesuffix("\n"))
    return found


GOOD = Benchmark(
    "openai/gpt-6-astra", "max", "arena/overall", 1475.5, 1465.0, 1486.0, 4900, "2026-10-20",
    PAGE, "CC-BY-4.0",
)  # fmt: skip


def test_a_line_of_arena_is_read() -> None:
    """Label and id give base and variant; the interval and the votes are kept."""
    assert arena() == ReadRow(2, GOOD)


def test_a_line_of_models_dev_is_read() -> None:
    """Suite, version, harness and metric give the suite."""
    rows = read(
        MODELS_DEV,
        "anthropic/claude-opus-4-8,Terminal-Bench,2.1,Codex,pass@1,73.8,,https://example.com/a,MIT",
        'mistral/devstral-2512,Aider Polyglot,,,percent correct,61.3,2026-03-01,,"MIT (a, b)"',
    )
    assert [row.row for row in rows] == [
        Benchmark(
            "anthropic/claude-opus-4.8", None, "terminal-bench-2.1/codex/pass-at-1", 73.8,
            source="https://example.com/a", licence="MIT",
        ),
        Benchmark(
            "mistral/devstral-2512", None, "aider-polyglot/percent-correct", 61.3,
            date="2026-03-01", licence="MIT (a, b)",
        ),
    ]  # fmt: skip
    assert [row.reasons for row in rows] == [("unknown suite: no effect",), ()]


def test_columns_may_stand_in_any_order_and_case() -> None:
    """The header names the columns, others are ignored, and a byte order mark is none of them."""
    (found,) = read("\ufeffSuite,note, SCORE ,Model", "arena/overall,x,1400,openai/gpt-5")
    assert found.row == Benchmark("openai/gpt-5", None, "arena/overall", 1400.0)


@pytest.mark.parametrize(
    "head", ["", "provider,name,tps", "model,score", "model,arena_name,suite", "\0"]
)
def test_a_file_of_another_shape_is_refused(head: str) -> None:
    """The error names the file and the columns that are missing."""
    with pytest.raises(InvalidMeasurements, match=r"a\.csv.*missing: .*(suite|score)"):
        read(head, "a,b,c")


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"score": "best"}, "score: not a number"),
        ({"score": "nan"}, "score: not a number"),
        ({"score": "1e999"}, "score: not a number"),
        ({"score": "62%"}, "score: not a number"),
        ({"score": "1٤75"}, "score: not a number"),
        ({"score": "9" * 5000}, "score: not a number"),
        ({"score": ""}, "model, suite or score is missing"),
        ({"model": " "}, "model, suite or score is missing"),
        ({"suite": ""}, "model, suite or score is missing"),
        ({"model": "a" * 201}, "model: longer than 200 characters"),
        ({"model": "openai/gpt\u202e5"}, "model: contains control characters"),
        ({"suite": "arena\x1b[31m"}, "suite: contains control characters"),
    ],
)
def test_a_line_without_model_suite_or_score_is_dropped(cells: dict[str, str], reason: str) -> None:
    """What is missing or no text or number is the reason."""
    assert arena(**cells) == ReadRow(2, None, (reason,))


@pytest.mark.parametrize(
    ("cells", "unknown", "reason"),
    [
        ({"low": "wide"}, {"low": None}, "low: not a number"),
        ({"low": "1480"}, {"low": None, "high": None}, "low, high: not around the score"),
        ({"high": "1400"}, {"low": None, "high": None}, "low, high: not around the score"),
        ({"votes": "many"}, {"n": None}, "votes: not a number"),
        ({"votes": "-3"}, {"n": None}, "votes: not a whole number above 0"),
        ({"votes": "3.5"}, {"n": None}, "votes: not a whole number above 0"),
        ({"date": "20 October"}, {"date": None}, "date: not a day (YYYY-MM-DD)"),
        ({"date": "2026-02-30"}, {"date": None}, "date: not a day (YYYY-MM-DD)"),
        ({"licence": "x" * 201}, {"licence": None}, "licence: longer than 200 characters"),
        ({"source": "http://[::1"}, {"source": "http://[::1"}, None),
    ],
)
def test_any_other_bad_cell_is_unknown(
    cells: dict[str, str], unknown: dict[str, object], reason: str | None
) -> None:
    """The row is kept without it, and the loss is said."""
    assert arena(**cells) == ReadRow(2, GOOD._replace(**unknown), (reason,) if reason else ())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "base", "reason"),
    [
        (
            {"model": "acme/alpha-9", "arena_name": "Alpha 9"}, "acme/alpha-9",
            "unknown base: no effect",
        ),
        ({"suite": "arena/cooking"}, "openai/gpt-6-astra", "unknown suite: no effect"),
        (
            {"score": "74.1", "low": "", "high": ""}, "openai/gpt-6-astra",
            "outside the range of its suite: no effect",
        ),
    ],
)  # fmt: skip
def test_what_is_not_known_is_kept_and_said(cells: dict[str, str], base: str, reason: str) -> None:
    """A row of an unknown base or suite, or of an impossible score, waits and has no effect."""
    found = arena(**cells)
    assert found.row is not None
    assert (found.row.base, found.reasons) == (base, (reason,))


@pytest.mark.parametrize(
    ("model", "label"),
    [
        ("deepseek/deepseek-r1", "DeepSeek-R1-Distill-Qwen-99B"),
        ("deepseek/deepseek-r1", "DeepSeek R1 Abliterated"),
        ("alibaba/qwen-max", "Qwen-Max (0919)"),
    ],
)
def test_changed_weights_never_have_the_id_of_a_reviewed_base(model: str, label: str) -> None:
    """A label that may be another model leaves its row with an unknown base."""
    found = arena(model=model, arena_name=label)
    assert found.row is not None
    assert found.row.base not in bases()
    assert found.reasons == ("unknown base: no effect",)


def test_a_score_whose_page_is_about_another_model_is_dropped() -> None:
    """The weights that the page names count; a page of a table or of nobody known says nothing."""
    rows = read(
        MODELS_DEV,
        "mistral/mistral-large-2411,SciCode,,,percent correct,29.2,,https://openrouter.ai/mistralai/mistral-large-2407/benchmarks,MIT",
        "deepseek/deepseek-r1,SciCode,,,percent correct,31,,https://huggingface.co/deepseek-ai/DeepSeek-R1-Distill-Qwen-32B,MIT",
        "deepseek/deepseek-r1,SciCode,,,percent correct,35.7,,https://openrouter.ai/deepseek/deepseek-r1/benchmarks,MIT",
        "deepseek/deepseek-r1,SciCode,,,percent correct,35.7,,https://huggingface.co/spaces/deepseek-v3,MIT",
    )
    assert [row.reasons for row in rows] == [
        ("its page is about mistral/mistral-large-2407",),
        ("its page is about deepseek/deepseek-r1-distill-qwen-32b",),
        (),
        (),
    ]
    assert [row.row is None for row in rows] == [True, True, False, False]


def test_lines_that_do_not_fit_the_header_are_dropped() -> None:
    """Too many cells are a reason, missing ones are unknown, and empty lines are nothing."""
    rows = read("model,suite,score,low", "openai/gpt-5,arena/overall,1400", "", ",,,", "a,b,1,2,3")
    assert [(row.line, row.row is None, row.reasons) for row in rows] == [
        (2, False, ()),
        (5, True, ("5 cells, but 4 columns",)),
    ]


def test_a_huge_cell_is_no_csv_and_the_rest_is_read() -> None:
    """The line is dropped with its reason, and the following one is read."""
    rows = read(
        "model,suite,score", f"{'a' * 200_000},arena/overall,1", "openai/gpt-5,arena/overall,1400"
    )
    assert [row.row is None for row in rows] == [True, False]
    assert rows[0].reasons[0].startswith("not CSV: ")


def test_a_file_is_read_up_to_a_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first row beyond the limit is dropped with its reason, and nothing after it is read."""
    monkeypatch.setattr(benchmarks, "MAX_ROWS", 2)
    rows = read("model,suite,score", *["openai/gpt-5,arena/overall,1400"] * 5)
    assert [row.reasons for row in rows] == [(), (), ("more than 2 rows",)]


CELL = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["openai/gpt-5", "arena/overall", "1400", "-1", "nan", "2026-10-20", PAGE, "MIT"]
    ),
)


@given(
    st.sampled_from([ARENA, MODELS_DEV]),
    st.lists(st.lists(CELL, max_size=12), max_size=5),
    st.booleans(),
)
def test_any_table_is_read_without_an_error(head: str, lines: list[list[str]], raw: bool) -> None:
    """Whatever stands in the cells, each line gives a valid row or a reason."""
    text = io.StringIO()
    csv.writer(text).writerows([] if raw else lines)
    body = "\n".join(",".join(cells) for cells in lines) if raw else text.getvalue()
    rows = list(read_benchmarks(io.StringIO(f"{head}\n{body}", newline=""), "a.csv"))
    assert [row for row in rows if row.row is None and not row.reasons] == []
    kept = [row.row for row in rows if row.row is not None]
    assert [row for row in kept if not (row.base and row.suite and abs(row.score) < 1e13)] == []
    assert [row for row in kept if not (row.low or row.score) <= row.score] == []
    assert [row for row in kept if "" in (row.variant, row.date, row.source, row.licence)] == []
