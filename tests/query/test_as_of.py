"""The catalog as it stood at a moment."""

import shutil
import sqlite3
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from command_line import MODELS, ids, run_command, small_catalog, write
from custom_parts import ListSource
from modeldex import ModelQuery, ModelRegistry, ModelSpec, ModelWithCapabilities
from modeldex.errors import InvalidQuery
from modeldex.history.timeline import opinions_of
from modeldex.query.scope import Scope
from modeldex.vocabulary.timestamps import parse_moment, span
from random_history import COLUMNS, DUMP, age, copied, fresh, lived, moment_of, opened
from scopes import presumed

USER = "UPDATE capabilities SET {} WHERE resolver = 'user' AND model_id = {}"


def of(model: str) -> str:
    """SQL: the id of a model."""
    return f"(SELECT id FROM models WHERE provider || '/' || name = '{model}')"


@pytest.fixture
def week_old(catalog_path: Path) -> Path:
    """A catalog whose models have been as they are for a week."""
    return copied(_week_old, catalog_path)


def _week_old(path: Path) -> None:
    age(small_catalog(path, MODELS), 7)


# The law.


@pytest.mark.parametrize(
    "moments",
    [
        40,
        pytest.param(200, marks=pytest.mark.promised),
        pytest.param(1_500, marks=pytest.mark.nightly),
    ],
)
def test_every_moment_of_a_random_life_is_as_it_was(catalog_path: Path, moments: int) -> None:
    """As of each moment between random writes, every field of every model is what the
    catalog held then: opinions, precedences, sightings, retirements, renames, whatever time
    the opinions give.
    """
    seen = lived(fresh(catalog_path), moments, moments, believed=True)
    catalog = opened(catalog_path)
    wrong = [at for at, rows in seen.items() if catalog.as_of(at).rows(DUMP) != rows]
    assert wrong == []
    assert len(set(map(str, seen.values()))) > moments // 2
    varied = {
        column
        for at, column in enumerate(COLUMNS)
        if len({str([row[at] for row in rows]) for rows in seen.values()}) > 3
    }
    assert varied >= {
        "name", "family", "display_name", "retired_at", "live", "max_context", "supports_tools",
        "quality_tier", "input_cost_per_1m", "usable_context", "rank_tier", "rank_cost",
    }  # fmt: skip


def test_the_shipped_data_is_now_as_it_is(shipped_catalog: Path) -> None:
    """As of a moment after the last write, thousands of models are what the table says."""
    catalog = opened(shipped_catalog)
    assert catalog.as_of(datetime.now(UTC)).rows(DUMP) == catalog.rows(DUMP)
    assert len(catalog.rows(DUMP)) > 5_000


QUESTIONS: tuple[dict[str, object], ...] = (
    {"limit": 20},
    {"limit": 20, "offset": 30, "mode": "any", "price_basis": "any"},
    {"limit": 1, "requires_tools": True, "min_context": 200_000},
    {"limit": 5, "provider": "groq"},
    {"quality_tier": "best"},
)


@pytest.mark.parametrize("changed", ["openai", "%"])
def test_many_models_rank_as_they_did(shipped_catalog: Path, changed: str) -> None:
    """Whether few or most models have changed since, each question is answered as it was then."""
    catalog = opened(shipped_catalog)
    asked = [{**question, "available": False} for question in QUESTIONS]
    before = [catalog.entries(each) for each in asked]
    with write(shipped_catalog) as connection:
        moment = moment_of(connection)
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, quality_tier, input_cost_per_1m) "
            "SELECT id, 'user', 'cheap', id FROM models WHERE provider LIKE ?",
            (changed,),
        )
    [(kept,)] = catalog.rows("SELECT count(*) FROM catalog_history")
    assert (int(str(kept)) > 5_000) == (changed == "%")
    then = catalog.as_of(moment)
    assert [then.entries(each) for each in asked] == before
    assert [catalog.entries(each) for each in asked] != before


def test_a_first_load_is_one_event(shipped_catalog: Path) -> None:
    """No step of it is kept: each model counts as known from its first row on.

    What has changed since is a price that began by its date.
    """
    catalog = opened(shipped_catalog)
    dated = "SELECT model_id FROM capabilities WHERE resolver = 'dated_prices'"
    changed = f"SELECT count(*) FROM catalog_history WHERE model_id NOT IN ({dated})"
    assert catalog.rows(changed) == [(0,)]
    assert catalog.rows("SELECT count(*) FROM catalog WHERE valid_from = ''") == [(0,)]


def test_what_is_deleted_for_good_was_never_there(week_old: Path) -> None:
    """A model takes its history along, so that the next one with its id does not inherit it."""
    with write(week_old) as connection:
        before = moment_of(connection)
        connection.execute(f"DELETE FROM capabilities WHERE model_id = {of('openai/small')}")
        connection.execute("DELETE FROM models WHERE name = 'small'")
    names = opened(week_old).as_of(before).rows("SELECT provider || '/' || name FROM catalog")
    assert {str(name) for (name,) in names} == MODELS.keys() - {"openai/small"}


def test_a_time_that_a_user_gives_is_no_news(week_old: Path) -> None:
    """What the catalog held is past: an opinion entered today with an earlier time counts from
    today on, although the resolver is believed to have said so then.
    """
    with write(week_old) as connection:
        before = moment_of(connection)
        connection.execute(
            "INSERT OR REPLACE INTO capabilities (model_id, resolver, max_context, changed_at) "
            f"SELECT {of('openai/small')}, 'user', 5, ?",
            (parse_moment("as_of", "2d"),),
        )
        after = moment_of(connection)
    catalog = opened(week_old)
    sql = f"SELECT max_context FROM catalog WHERE model_id = {of('openai/small')}"
    found = [catalog.as_of(when).rows(sql) for when in ("3d", "1d", before, after)]
    assert found == [[(32_000,)], [(32_000,)], [(32_000,)], [(5,)]]
    stated = {
        when: row.value
        for when in ("3d", "1d")
        for row in opinions_of(catalog.as_of(when), "openai", "small")
        if row.field == "max_context"
    }
    assert stated == {"3d": 32_000, "1d": 5}


# Moments.


def test_a_moment_may_be_given_in_many_ways() -> None:
    """Times in any zone, days, texts and spans come out as the catalog writes times."""
    berlin = timezone(timedelta(hours=1))
    given = {
        datetime(2026, 3, 4, 5, 6, 7, 890_999, UTC): "2026-03-04T05:06:07.890Z",
        datetime(2026, 3, 4, 0, 30, tzinfo=berlin): "2026-03-03T23:30:00.000Z",
        date(2026, 3, 4): "2026-03-04T00:00:00.000Z",
        "2026-03-04": "2026-03-04T00:00:00.000Z",
        "2026-03-04 05:06": "2026-03-04T05:06:00.000Z",
        " 2026-03-04T05:06:07.89Z ": "2026-03-04T05:06:07.890Z",
        "2026-03-04T00:30+01:00": "2026-03-03T23:30:00.000Z",
    }
    assert {when: parse_moment("as_of", when) for when in given} == given


@pytest.mark.parametrize(
    ("ago", "seconds"),
    [("90s", 90), ("30m", 1800), ("24h", 86_400), ("7D", 604_800), ("2w", 1_209_600)],
)
def test_a_span_is_so_long_ago(ago: str, seconds: int) -> None:
    """90s, 30m, 24h, 7d and 2w, and the timedelta of the same length."""
    assert span("within", ago) == timedelta(seconds=seconds)
    earliest = datetime.now(UTC) - timedelta(seconds=seconds + 60)
    assert earliest < datetime.fromisoformat(parse_moment("as_of", ago)) <= datetime.now(UTC)
    assert parse_moment("as_of", ago)[:16] <= parse_moment("as_of", timedelta(seconds=seconds))[:16]


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        (datetime(2026, 3, 4), "without a zone"),  # noqa: DTZ001
        ("yesterday", "expected a time such as"),
        ("", "expected a time such as"),
        ("-3d", "expected a time such as"),
        ("99999999999d", "expected a time such as"),
        ("999999999w", "expected a time such as"),
        ("9999-12-31", "lies in the future"),
        (timedelta(days=-1), "lies in the future"),
        (timedelta.max, "date value out of range"),
        (7, "expected a time such as"),
        ("8d", "history begins at 2"),
        ("0001-01-01T00:00+14:00", "date value out of range"),
    ],
)
def test_what_is_no_moment_of_the_catalog_is_refused(
    week_old: Path, when: object, reason: str
) -> None:
    """No zone, no time, the future, and what was before the catalog's birth, which is named."""
    catalog = opened(week_old)
    with pytest.raises(InvalidQuery, match=reason) as refused:
        catalog.as_of(when)  # type: ignore[arg-type]
    assert refused.value.field == "as_of"


def test_the_birth_itself_is_a_moment(week_old: Path) -> None:
    """As of its birth a catalog is empty; a millisecond before there is nothing to ask."""
    catalog = opened(week_old)
    [(born,)] = catalog.rows("SELECT value FROM about WHERE key = 'born_at'")
    assert catalog.as_of(str(born)).rows("SELECT count(*) FROM catalog") == [(0,)]
    before = datetime.fromisoformat(str(born)) - timedelta(milliseconds=1)
    with pytest.raises(InvalidQuery, match=str(born)):
        catalog.as_of(before)


# What asks.


def _id(model: ModelWithCapabilities | None) -> str | None:
    return model and model.spec.id


async def test_the_registry_answers_as_of_a_moment(week_old: Path) -> None:
    """find_best, query, count and find_model see prices, tiers and names of then."""
    with write(week_old) as connection:
        connection.execute(USER.format("quality_tier = 'cheap'", of("openai/flagship")))
        connection.execute("UPDATE models SET name = 'renamed' WHERE name = 'older'")
        connection.execute("UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE id = 4")
    day_ago = datetime.now(UTC) - timedelta(days=1)
    async with ModelRegistry(db=week_old, environ={}) as registry:
        found = {
            when: (
                _id(await registry.find_best(available=False, as_of=when)),
                list(map(_id, await registry.query(ModelQuery(available=False), as_of=when))),
                await registry.count(ModelQuery(available=False), as_of=when),
                _id(await registry.find_model("openai", "older", as_of=when)),
                _id(await registry.find_model("openai", "renamed", as_of=when)),
            )
            for when in (None, day_ago)
        }
    assert found[None] == (
        "openai/renamed", ["openai/renamed", "openai/small", "openai/flagship", "mistral/shared"],
        4, None, "openai/renamed",
    )  # fmt: skip
    assert found[day_ago] == (
        "openai/flagship",
        ["openai/flagship", "openai/older", "groq/shared", "openai/small", "mistral/shared"],
        5, "openai/older", None,
    )  # fmt: skip


async def test_a_moment_before_the_birth_is_an_invalid_query(week_old: Path) -> None:
    """Each question of the registry refuses it and says when history begins."""
    async with ModelRegistry(db=week_old, environ={}) as registry:
        for question in (
            registry.find_best(as_of="30d"),
            registry.query(ModelQuery(), as_of="30d"),
            registry.count(ModelQuery(), as_of="30d"),
            registry.find_model("openai", "small", as_of="30d"),
        ):
            with pytest.raises(InvalidQuery, match="history begins at 20"):
                await question


def test_a_model_is_found_by_todays_aliases(week_old: Path) -> None:
    """An alias that was given yesterday names the model that has it, as it was."""
    with write(week_old) as connection:
        connection.execute(f"INSERT INTO aliases SELECT 'openai', 'tiny', {of('openai/small')}")
        connection.execute(USER.format("max_context = 9", of("openai/small")))
    shown = run_command(week_old, "show", "openai/tiny", "--as-of", "1d", "--json").json["model"]
    assert (shown["id"], shown["matched_alias"]) == ("openai/small", "tiny")
    assert shown["capabilities"]["max_context"] == 32_000


def test_a_lifecycle_date_is_compared_with_the_day_of_then(week_old: Path) -> None:
    """A model that retired yesterday could still be had three days ago."""
    yesterday = parse_moment("as_of", "1d")[:10]
    with write(week_old) as connection:
        connection.execute(
            "UPDATE capabilities SET retires_at = ?, changed_at = ? WHERE model_id = "
            f"{of('openai/flagship')}",
            (yesterday, parse_moment("as_of", "6d")),
        )
    found = {
        when: ids(run_command(week_old, "list", "--known", "--tier", "best", *when).table)
        for when in ((), ("--as-of", "3d"))
    }
    assert found == {(): ["openai/older"], ("--as-of", "3d"): ["openai/flagship", "openai/older"]}


async def test_a_registry_with_its_own_sources_sees_what_they_saw(week_old: Path) -> None:
    """A model that a source misses since yesterday was there three days ago, one that it
    found yesterday was not.
    """
    with write(week_old) as connection:
        connection.execute("INSERT INTO sources (name, kind) VALUES ('lists', 'live')")
        connection.executemany(
            "INSERT INTO sightings (model_id, source, first_seen, last_seen, missing_since) "
            "SELECT id, 'lists', ?, ?, ? FROM models WHERE provider = 'openai' AND name = ?",
            [
                (
                    parse_moment("as_of", "6d"),
                    parse_moment("as_of", "1d"),
                    parse_moment("as_of", "1d"),
                    "older",
                ),
                (parse_moment("as_of", "1d"), parse_moment("as_of", "1d"), None, "flagship"),
            ],
        )
    lists = ListSource([ModelSpec(provider="openai", name="flagship")])
    async with ModelRegistry(sources=[lists], db=week_old, environ={}) as registry:
        found = {
            when: list(map(_id, await registry.query(ModelQuery(), as_of=when)))
            for when in (None, "3d")
        }
    assert found == {None: ["openai/flagship"], "3d": ["openai/older"]}


def test_the_command_line_shows_who_said_what(week_old: Path) -> None:
    """`show --as-of` names the resolvers, values and precedences of then, and who won."""
    with write(week_old) as connection:
        connection.execute(USER.format("max_context = 9", of("openai/small")))
        connection.execute("UPDATE resolvers SET precedence = 1 WHERE name = 'user'")
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, max_context, changed_at) "
            f"SELECT {of('openai/small')}, 'static', 77, ?",
            (parse_moment("as_of", "6d"),),
        )
    fields = {
        when: [
            (row["value"], row["resolver"], row["precedence"], row["wins"])
            for row in run_command(week_old, "show", "openai/small", "--all", "--json", *when).json[
                "fields"
            ]
            if row["field"] == "max_context"
        ]
        for when in ((), ("--as-of", "3d"))
    }
    assert fields == {
        (): [(77, "static", 300, True), (9, "user", 1, False)],
        ("--as-of", "3d"): [(32_000, "user", 1000, True), (77, "static", 300, False)],
    }


def test_best_and_list_take_a_moment(week_old: Path) -> None:
    """Both rank by what was known then, and say so where nothing matched then."""
    with write(week_old) as connection:
        connection.execute(USER.format("quality_tier = 'cheap'", of("openai/flagship")))
        connection.execute("INSERT INTO models (provider, name) VALUES ('acme', 'new')")
    now, then = (
        run_command(week_old, "best", "--known", *when).out for when in ((), ("--as-of", "24h"))
    )
    assert (now, then) == ("openai/older\n", "openai/flagship\n")
    done = run_command(week_old, "list", "--known", "--provider", "acme", "--as-of", "24h")
    assert (done.code, done.out) == (3, "")
    assert "there is no provider acme" in done.err
    refused = run_command(week_old, "best", "--as-of", "30d", "--json")
    assert (refused.code, refused.error["field"]) == (2, "as_of")


def test_another_scope_asks_for_the_same_moment(week_old: Path) -> None:
    """Keys are those of this process: a provider whose key is set now was callable then."""
    catalog = opened(week_old).as_of("1d")
    keyed = catalog._replace(scope=Scope("2026-01-01", presumed("openai")))
    assert [len(each.entries({})) for each in (catalog, keyed)] == [0, 3]


@pytest.mark.sqlite_only("a file")
def test_an_old_file_that_may_not_be_written_answers(week_old: Path, tmp_path: Path) -> None:
    """Looking back needs no table of its own: a read-only copy in a read-only folder will do."""
    folder = tmp_path / "sealed"
    folder.mkdir()
    copy = folder / "catalog.db"
    with sqlite3.connect(week_old) as connection:
        connection.execute("PRAGMA journal_mode=delete")
    connection.close()
    shutil.copyfile(week_old, copy)
    copy.chmod(0o400)
    folder.chmod(0o500)
    try:
        assert len(opened(copy).as_of("1d").rows(DUMP)) == len(MODELS)
    finally:
        folder.chmod(0o700)
