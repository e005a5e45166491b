"""What will stop answering, and what to take instead."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from command_line import on_terminal, run_command, small_catalog, unstyled, write
from modeldex import ModelRegistry
from modeldex.errors import InvalidQuery
from modeldex.history.expiring import Expiring, expiring
from modeldex.vocabulary import clock
from random_history import copied, opened

OVER, AHEAD = True, False
NEWEST = ("openai/newest", 1, 2)


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
    ahead = (
        Expiring("groq", "vectors", "retires", day(1), AHEAD, 1, "newest"),
        Expiring("openai", "soon", "deprecated", day(3), AHEAD, 3, "unheard-of"),
        Expiring("openai", "next-week", "retires", day(7), AHEAD, 7, "newest", *NEWEST),
    )
    assert expiring(opened(dated), "30d", available=False) == ahead
    assert expiring(opened(dated), "30d", available=False, past=True) == (
        *ahead,
        Expiring("openai", "next-year", "deprecated", day(-3), OVER, -3, None),
        Expiring("openai", "over", "retires", day(-9), OVER, -9, "nu", *NEWEST),
    )


def test_the_day_itself_has_been_reached(dated: Path) -> None:
    """What ends today is no longer ahead."""
    with write(dated) as connection:
        connection.execute(f"UPDATE capabilities SET retires_at = '{day(0)}' WHERE model_id = 1")
    found = expiring(opened(dated), "0d", available=False, past=True)
    assert (found[0].name, found[0].past, found[0].days_left) == ("next-week", True, 0)
    assert expiring(opened(dated), "0d", available=False) == ()


@pytest.mark.parametrize(
    ("within", "days"),
    [("0d", []), (timedelta(days=1), [1]), ("52w", [1, 3, 7]), ("366d", [1, 3, 7, 365]),
     (None, [1, 3, 7, 365]), ("999999d", [1, 3, 7, 365]), (timedelta.max, [1, 3, 7, 365])],
)  # fmt: skip
def test_a_span_bounds_how_far_it_looks(
    dated: Path, within: timedelta | str | None, days: list[int]
) -> None:
    """The day itself is within; so is an end that is ahead, whatever was announced before."""
    found = expiring(opened(dated), within, available=False)
    assert [each.on for each in found] == list(map(day, days))


def test_a_month_means_its_last_day(dated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the month is known it is ahead until its last day, and over on that day."""
    with write(dated) as connection:
        connection.execute("UPDATE capabilities SET retires_at = '2999-01', deprecated_at = NULL")
        connection.execute("UPDATE capabilities SET retires_at = '2028-02' WHERE model_id = 1")
    left = {}
    for now in ("2028-01-29", "2028-02-01", "2028-02-28", "2028-02-29", "2028-03-01"):
        moment = datetime.fromisoformat(now).replace(tzinfo=UTC).timestamp()
        monkeypatch.setattr(clock, "wall", lambda moment=moment: moment)
        catalog = opened(dated)
        then = catalog._replace(scope=catalog.scope._replace(today=now))
        found = expiring(then, "30d", available=False, past=True)
        left[now] = [(each.on, each.days_left, each.past) for each in found]
    assert left == {
        "2028-01-29": [],
        "2028-02-01": [("2028-02", 28, AHEAD)],
        "2028-02-28": [("2028-02", 1, AHEAD)],
        "2028-02-29": [("2028-02", 0, OVER)],
        "2028-03-01": [("2028-02", -1, OVER)],
    }


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
        with_past = await registry.expiring(available=False, past=True)
    assert [each.id for each in here] == ["groq/vectors"]
    assert (len(everything), len(with_past)) == (3, 5)


def test_the_command_prints_it(dated: Path) -> None:
    """TSV and JSON hold the same; --known and --all widen it; nothing to say is no failure."""
    here = run_command(dated, "expiring", GROQ_API_KEY="k")
    assert (here.code, [row["id"] for row in here.table]) == (0, ["groq/vectors"])
    words = ("expiring", "--known", "--within", "1d", "--past", "--json")
    known = run_command(dated, *words).json["expiring"]
    assert [(row["id"], row["days_left"], row.get("replacement_id")) for row in known] == [
        ("groq/vectors", 1, None),
        ("openai/next-year", -3, None),
        ("openai/over", -9, "openai/newest"),
    ]
    assert "replacement" not in known[1]
    assert len(run_command(dated, "expiring", "--known", "--all").table) == 4
    nothing = run_command(dated, "expiring")
    assert (nothing.code, nothing.table) == (0, [])
    assert run_command(dated, "expiring", "--within", "soon").code == 2


def test_a_person_is_told_that_there_is_nothing(dated: Path) -> None:
    """On a terminal an empty answer is a sentence, not a bare header."""
    done = on_terminal("--db", str(dated), "expiring")
    assert (done.code, unstyled(done.out)) == (0, "no model expires in this period\n")


def test_a_table_fits_on_a_small_terminal(dated: Path) -> None:
    """What is not known is said in a word; what is recommended and what it is here are one cell."""
    words = ("--db", str(dated), "expiring", "--known", "--past", "--within", "7d")
    wide, small = (unstyled(on_terminal(*words, columns=n).out).splitlines() for n in (120, 80))
    assert [" ".join(line.split()) for line in wide[3:]] == [
        f"{day(7)} 7 retires openai/next-week openai/newest $1, $2",
        f"{day(-3)} -3 deprecated openai/next-year unknown",
        f"{day(-9)} -9 retires openai/over nu: openai/newest $1, $2",
    ]
    assert max(map(len, small)) <= 80
