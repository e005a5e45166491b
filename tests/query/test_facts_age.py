"""How old the facts are that decide an answer, and who says so."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from command_line import environment, on_terminal, run_command, small_catalog, unstyled, write
from modeldex import ModelRegistry
from modeldex.query.facts_age import age_remark, clock_remark, dated, oldest
from modeldex.storage.location import Place
from modeldex.vocabulary import clock
from random_history import opened

PRICED = {"input_cost_per_1m": 1.0, "output_cost_per_1m": 2.0}


@pytest.fixture
def catalog_of_one(catalog_path: Place) -> Place:
    """A catalog with one offer, whose price somebody entered on the second of January."""
    small_catalog(catalog_path, {"openai/gpt-5": PRICED})
    with write(catalog_path) as connection:
        connection.execute("UPDATE capabilities SET observed_at = '2026-01-02T10:00:00.000Z'")
    return catalog_path


def listed(path: Place, *sources: tuple[str, str, str | None]) -> None:
    """The offer is listed by these sources: each has a name, the start of a step and a token."""
    with write(path) as connection:
        for name, started, token in sources:
            connection.execute(
                "INSERT INTO sources (name, kind) SELECT ?, 'reference' WHERE NOT EXISTS "
                "(SELECT 1 FROM sources WHERE name = ?)", (name, name),
            )  # fmt: skip
            connection.execute(
                "INSERT INTO sightings (model_id, source, first_seen, last_seen) "
                "SELECT id, ?, '2026-01-01T00:00:00.000Z', '2026-01-03T00:00:00.000Z' FROM models",
                (name,),
            )
            step(connection, name, started, token)


def step(connection: Any, name: str, started: str, token: str | None, status: str = "ok") -> None:
    """A step of a source."""
    connection.execute(
        "INSERT INTO run_steps (run_id, kind, name, status, started_at, fetch_ms, write_ms, "
        "chunks, seen, changed, dropped, token) "
        "SELECT max(id), 'source', ?, ?, ?, 0, 0, 0, 0, 0, 0, ? FROM runs",
        (name, status, f"{started}T08:00:00.000Z", token),
    )  # fmt: skip


def stated(path: Place, resolver: str, day: str, fields: Iterable[float]) -> None:
    """A resolver states prices on a day."""
    with write(path) as connection:
        connection.execute(
            "INSERT INTO resolvers (name, precedence) SELECT ?, 1 WHERE NOT EXISTS "
            "(SELECT 1 FROM resolvers WHERE name = ?)", (resolver, resolver),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, observed_at, input_cost_per_1m, "
            "output_cost_per_1m) SELECT id, ?, ?, ?, ? FROM models",
            (resolver, f"{day}T00:00:00.000Z", *fields),
        )


def facts_from(path: Place) -> str | None:
    """The day of the facts of the one offer."""
    catalog = opened(path)
    return oldest(dated(catalog, catalog.entries({"available": False})))


def test_a_price_entered_by_hand_is_as_old_as_its_row(catalog_of_one: Place) -> None:
    """Nobody lists the offer: the day of the price is all that is known."""
    assert facts_from(catalog_of_one) == "2026-01-02"


def test_without_any_day_nothing_is_said(catalog_of_one: Place) -> None:
    """An offer that nobody lists and that has no price has no day."""
    with write(catalog_of_one) as connection:
        connection.execute(
            "UPDATE capabilities SET input_cost_per_1m = NULL, output_cost_per_1m = NULL"
        )
    assert facts_from(catalog_of_one) is None


def test_the_newest_list_says_that_the_offer_exists(catalog_of_one: Place) -> None:
    """A data set counts with the day of its edition, and a newer list outdoes an older one."""
    edition = "2025-06-30 sha:6ca153c6f190 v2 p0.2.0"
    listed(catalog_of_one, ("data", "2026-03-01", edition))
    assert facts_from(catalog_of_one) == "2025-06-30"
    listed(catalog_of_one, ("other_data", "2026-03-01", "2025-09-01 sha:6ca153c6f190 v2 p0.2.0"))
    assert facts_from(catalog_of_one) == "2025-09-01"


def test_what_is_no_longer_listed_does_not_count(catalog_of_one: Place) -> None:
    """A source that misses the offer says nothing of it."""
    listed(catalog_of_one, ("acme", "2025-03-01", None), ("other_data", "2025-12-01", None))
    with write(catalog_of_one) as connection:
        connection.execute(
            "UPDATE sightings SET missing_since = last_seen WHERE source = 'other_data'"
        )
    assert facts_from(catalog_of_one) == "2025-03-01"


def test_an_answer_that_changes_nothing_makes_its_facts_younger(catalog_of_one: Place) -> None:
    """A host that was asked again states its old price again; a failed request states nothing."""
    stated(catalog_of_one, "acme_api", "2025-01-01", PRICED.values())
    listed(catalog_of_one, ("acme", "2026-03-01", None))
    assert facts_from(catalog_of_one) == "2026-03-01"
    with write(catalog_of_one) as connection:
        step(connection, "acme", "2026-04-01", None)
        step(connection, "acme", "2026-05-01", None, "failed")
    assert facts_from(catalog_of_one) == "2026-04-01"


@pytest.mark.parametrize(
    ("prices", "day"), [((1.0, 2.0), "2026-03-01"), ((1.0, 3.0), "2026-01-02")]
)
def test_only_the_same_price_confirms_the_one_that_counts(
    catalog_of_one: Place, prices: tuple[float, float], day: str
) -> None:
    """Input and output price are dated apart; the older one decides."""
    stated(catalog_of_one, "other_data", "2026-02-01", prices)
    listed(catalog_of_one, ("other_data", "2026-03-01", None))
    assert facts_from(catalog_of_one) == day


def test_the_past_has_the_days_of_then(catalog_of_one: Place) -> None:
    """As of a moment, later answers have not been given."""
    stated(catalog_of_one, "acme_api", "2026-01-01", PRICED.values())
    listed(catalog_of_one, ("acme", "2026-03-01", None))
    with write(catalog_of_one) as connection:
        step(connection, "acme", "2999-04-01", None)
    now = opened(catalog_of_one)
    entries = now.entries({"available": False})
    then = now._replace(moment=clock.now().isoformat(timespec="milliseconds")[:-6] + "Z")
    assert [oldest(dated(each, entries)) for each in (now, then)] == ["2999-04-01", "2026-03-01"]


@pytest.mark.sqlite_only
async def test_every_json_answer_has_the_day(catalog_of_one: Path) -> None:
    """The commands and the library say it at the same place."""
    known = ("--known", "--json")
    best = run_command(catalog_of_one, "best", *known).json["model"]
    [first] = run_command(catalog_of_one, "list", *known).json["models"]
    shown = run_command(catalog_of_one, "show", "openai/gpt-5", "--json").json["model"]
    explained = run_command(catalog_of_one, "explain", "openai/gpt-5", "--json").json
    async with ModelRegistry(db=catalog_of_one) as registry:
        found = await registry.explain("openai", "gpt-5")
    days = [each["facts_from"] for each in (best, first, shown, explained)]
    assert [*days, found.facts_from] == ["2026-01-02"] * 5


def test_facts_are_old_after_45_days() -> None:
    """Not on the 45th day, and never where the day is unknown or ahead."""
    today = clock.today()
    remarks = [age_remark(f"{today - timedelta(days=days)}") for days in (45, 46, -400)]
    assert [remarks[0], remarks[2], age_remark(None)] == [None] * 3
    assert "46 days ago" in str(remarks[1])


def said(path: Path, *words: str, **variables: str | None) -> bool:
    """Whether a command on a terminal says how old the facts are."""
    done = on_terminal("--db", str(path), *words, env=environment(**variables))
    assert done.code == 0
    return "2026-01-02" in unstyled(done.out) and "modeldex refresh" in unstyled(done.out)


@pytest.mark.sqlite_only
def test_a_terminal_says_once_a_day_that_facts_are_old(
    catalog_of_one: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For each catalog file; never in a pipe, of the past, or where no mark can be left."""
    folder = tmp_path / "state"
    variables = {"XDG_STATE_HOME": str(folder), "MODELDEX_DB": None}
    other = tmp_path / "other.db"
    other.write_bytes(catalog_of_one.read_bytes())
    words = ("best", "--known")
    assert "refresh" not in run_command(catalog_of_one, *words, XDG_STATE_HOME=str(folder)).err
    nowhere = {**variables, "XDG_STATE_HOME": f"{catalog_of_one}/file"}
    assert not said(catalog_of_one, *words, **nowhere)
    assert [said(catalog_of_one, *words, **variables) for _ in range(2)] == [True, False]
    assert said(other, "list", "--known", **variables)
    [mark] = [each for each in folder.rglob("*") if each.is_file()][:1]
    mark.write_text("2026-01-01", "utf-8")
    assert sum(said(each, "list", "--known", **variables) for each in (catalog_of_one, other)) == 1


YEARS_AFTER = (
    "years after the newest data, of {edition}: set the clock, or if it is right update modeldex"
)
NEWEST = "SELECT max(substr(token, 1, 10)) FROM run_steps WHERE token LIKE '2%-%-%'"


@pytest.mark.parametrize(
    ("days", "text"),
    [
        (-900, "but the catalog has data of {edition}: set the clock"),
        (-1, None),
        (700, None),
        (900, YEARS_AFTER),
    ],
)
def test_a_clock_that_is_wrong_by_years_is_named(
    catalog_of_one: Place, monkeypatch: pytest.MonkeyPatch, days: int, text: str | None
) -> None:
    """By the newest edition of a data set, before or after it; `status` says it, too."""
    with write(catalog_of_one) as connection:
        [edition] = connection.execute(NEWEST).fetchone()
    today = date.fromisoformat(edition) + timedelta(days=days)
    moment = datetime(today.year, today.month, today.day, tzinfo=UTC).timestamp()
    monkeypatch.setattr(clock, "wall", lambda: moment)
    remark = clock_remark(opened(catalog_of_one))
    told = text and text.format(edition=edition)
    assert remark == (told and f"the clock of this machine says {today}, {told}")
    assert run_command(catalog_of_one, "status", "--json").json.get("clock") == remark


def test_a_run_in_the_future_shows_a_wrong_clock(catalog_of_one: Place) -> None:
    """Then or now the clock was wrong; one day of difference is none."""
    tomorrow, later = (f"{clock.today() + timedelta(days=days)}" for days in (1, 2))
    remarks = []
    for day in (tomorrow, later):
        with write(catalog_of_one) as connection:
            step(connection, "acme", day, None)
        remarks.append(clock_remark(opened(catalog_of_one)))
    assert remarks[0] is None
    assert f"data of {later}" in str(remarks[1])
