"""What will stop answering, and what to take instead."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from command_line import on_terminal, run_command, small_catalog, unstyled, write
from modeldex import ModelRegistry
from modeldex.errors import InvalidQuery
from modeldex.history.expiring import Expiring, expiring
from random_history import copied, opened

OVER, AHEAD = True, False


def day(ahead: int) -> str:
    """The day so many days from now, in UTC."""
    return (datetime.now(UTC) + timedelta(days=ahead)).date().isoformat()


@pytest.fixture
def dated(catalog_path: Path) -> Path:
    """Models with days behind and ahead, one of them retired, one without a day."""
    return copied(_dated, catalog_path)


def _dated(path: Path) -> None:
    small_catalog(
        path,
        {
            "openai/next-week": {"retires_at": day(7), "replacement": "newest"},
            "openai/newest": {"input_cost_per_1m": 1.0, "output_cost_per_1m": 2.0},
            "openai/next-year": {"retires_at": day(365), "deprecated_at": day(-3)},
            "openai/soon": {"deprecated_at": day(3), "replacement": "unheard-of"},
            "openai/over": {"retires_at": day(-9), "replacement": "nu"},
            "openai/gone": {"retires_at": day(-9)},
            "groq/vectors": {"retires_at": day(1), "mode": "embedding", "replacement": "newest"},
        },
    )
    with write(path) as connection:
        connection.execute(
            "UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'gone'"
        )
        connection.execute(
            "INSERT INTO aliases SELECT 'openai', 'nu', id FROM models WHERE name = 'newest'"
        )


def test_days_are_in_order_and_have_their_replacements(dated: Path) -> None:
    """What was over, what is deprecated and what retires soon, by day, whatever its mode.

    A replacement is looked up at the same provider, by name and by alias, with its prices.
    """
    assert expiring(opened(dated), "30d", available=False) == (
        Expiring("openai", "over", "retires", day(-9), OVER, "nu", "openai/newest", 1, 2),
        Expiring("openai", "next-year", "deprecated", day(-3), OVER, None),
        Expiring("groq", "vectors", "retires", day(1), AHEAD, "newest"),
        Expiring("openai", "soon", "deprecated", day(3), AHEAD, "unheard-of"),
        Expiring("openai", "next-week", "retires", day(7), AHEAD, "newest", "openai/newest", 1, 2),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("within", "days"),
    [("0d", [-9, -3]), (timedelta(days=1), [-9, -3, 1]), ("52w", [-9, -3, 1, 3, 7]),
     ("366d", [-9, 1, 3, 7, 365]), (None, [-9, 1, 3, 7, 365]), ("999999d", [-9, 1, 3, 7, 365]),
     (timedelta.max, [-9, 1, 3, 7, 365])],
)  # fmt: skip
def test_a_span_bounds_how_far_it_looks(
    dated: Path, within: timedelta | str | None, days: list[int]
) -> None:
    """The day itself is within; a last day that is near enough counts before a deprecation."""
    found = expiring(opened(dated), within, available=False)
    assert [each.on for each in found] == list(map(day, days))


def test_a_month_comes_with_its_first_day(dated: Path) -> None:
    """Where only the month is known it is reckoned from its beginning."""
    month = time.strftime("%Y-%m", time.gmtime())
    with write(dated) as connection:
        connection.execute(f"UPDATE capabilities SET retires_at = '{month}', deprecated_at = NULL")
        connection.execute("UPDATE capabilities SET retires_at = '2999-01' WHERE model_id <> 1")
    found = expiring(opened(dated), "1d", available=False)
    assert [(each.name, each.on, each.past) for each in found] == [("next-week", month, True)]


@pytest.mark.parametrize("within", ["soon", "", "-1d", timedelta(days=-1)])
def test_what_is_no_span_is_refused(dated: Path, within: timedelta | str) -> None:
    """Words and negative spans; the error names `within`."""
    with pytest.raises(InvalidQuery, match="expected a span") as refused:
        expiring(opened(dated), within)
    assert refused.value.field == "within"


async def test_the_registry_looks_at_what_can_be_called(dated: Path) -> None:
    """Models of a provider whose key is set, unless everything known is asked for."""
    async with ModelRegistry(db=dated, environ={"GROQ_API_KEY": "k"}) as registry:
        here = await registry.expiring()
        everything = await registry.expiring(timedelta(days=30), available=False)
    assert [each.id for each in here] == ["groq/vectors"]
    assert len(everything) == 5


def test_the_command_prints_it(dated: Path) -> None:
    """TSV and JSON hold the same; --known and --all widen it; nothing to say is no failure."""
    here = run_command(dated, "expiring", GROQ_API_KEY="k")
    assert (here.code, [row["id"] for row in here.table]) == (0, ["groq/vectors"])
    known = run_command(dated, "expiring", "--known", "--within", "1d", "--json").json["expiring"]
    assert [(row["id"], row["past"], row.get("replacement_id")) for row in known] == [
        ("openai/over", True, "openai/newest"),
        ("openai/next-year", True, None),
        ("groq/vectors", False, None),
    ]
    assert len(run_command(dated, "expiring", "--known", "--all").table) == 5
    nothing = run_command(dated, "expiring")
    assert (nothing.code, nothing.table) == (0, [])
    assert run_command(dated, "expiring", "--within", "soon").code == 2


def test_a_person_is_told_that_there_is_nothing(dated: Path) -> None:
    """On a terminal an empty answer is a sentence, not a bare header."""
    done = on_terminal("--db", str(dated), "expiring")
    assert (done.code, unstyled(done.out)) == (0, "no model expires in this period\n")
