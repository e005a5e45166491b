"""The writes of a refresh: only what differs, whole or not at all, in short transactions."""

from collections.abc import Iterator, Mapping
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest

from modeldex import errors
from modeldex.refresh.part import CUSTOM_PRECEDENCE
from modeldex.storage import batch, opinions, run_log, sightings
from modeldex.storage.batch import CHUNK
from modeldex.storage.open import open_writer
from modeldex.storage.precedence import order_resolvers
from modeldex.storage.run_log import Step
from modeldex.storage.schema.columns import NOW
from modeldex.storage.schema.first_rows import DEFAULT_PRECEDENCE
from modeldex.storage.sightings import Kind
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.normalize import Identity, OfferKey
from raw_catalog import bare, broken, contents, migrated

EARLIER = "2020-01-01T00:00:00.000Z"
ALPHA, BETA, GAMMA = ("acme", "alpha"), ("acme", "beta"), ("globex", "gamma")


def wished(*names: str) -> dict[str, int]:
    """Resolvers that ask for the place of custom ones."""
    return dict.fromkeys(names, CUSTOM_PRECEDENCE)


class Catalog:
    """A catalog, its writer and a run: what a refresh has in hand."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.writer = open_writer(path)
        self.run = run_log.start_run(self.writer, "refresh", "test")

    def source(self, *seen: Identity, name: str = "here", kind: str = "live") -> Step:
        """Write one complete answer of a source."""
        step = Step("source", name, "ok", timestamps.now(), seen=len(seen))
        found = {(identity.provider, identity.name): identity for identity in seen}
        return sightings.write_source(self.writer, self.run, step, Kind(kind), found)

    def resolver(
        self,
        answers: Mapping[OfferKey, Mapping[str, Any]],
        name: str = "static",
        at: str | None = None,
    ) -> Step:
        """Write one complete answer of a resolver."""
        step = Step("resolver", name, "ok", timestamps.now(), seen=len(answers))
        return opinions.write_resolver(self.writer, self.run, step, answers, at)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the file, past the library."""
        with bare(self.path) as connection:
            return connection.execute(sql).fetchall()

    def type(self, sql: str) -> None:
        """Write to the file as people do."""
        with bare(self.path) as connection:
            connection.executescript(sql)

    def tables(self, *without: str) -> dict[str, Any]:
        """Every row of every table but the records of runs and those named."""
        with bare(self.path) as connection:
            return {
                table: rows
                for table, rows in contents(connection).items()
                if table not in ("run_steps", *without)
            }


@pytest.fixture
def catalog(either_journal: Path) -> Iterator[Catalog]:
    """An empty catalog in each journal mode; after the test its invariants must hold."""
    found = Catalog(either_journal)
    with found.writer:
        yield found
    with bare(either_journal) as connection:
        assert broken(connection) == []


def spec(key: OfferKey, **more: Any) -> Identity:
    """The identity of a model."""
    return Identity(*key, **more)


THREE = (spec(ALPHA, family="al", aliases=("a", "alfa")), spec(BETA), spec(GAMMA))


# Sources.


def test_what_a_source_sees_is_in_the_catalog(catalog: Catalog) -> None:
    """Models, sightings and aliases of a first answer are there, and count as changed."""
    step = catalog.source(*THREE)
    assert (step.changed, step.chunks) == (3, 1)
    assert catalog.rows("SELECT provider, name, family, live FROM catalog ORDER BY name") == [
        ("acme", "alpha", "al", 1), ("acme", "beta", None, 1), ("globex", "gamma", None, 1),
    ]  # fmt: skip
    assert catalog.rows("SELECT provider, alias, model_id FROM aliases ORDER BY alias") == [
        ("acme", "a", 1), ("acme", "alfa", 1),
    ]  # fmt: skip


def test_a_reference_source_makes_nothing_live(catalog: Catalog) -> None:
    """A dataset says that a model exists, not that it can be called from here."""
    catalog.source(*THREE, kind="reference")
    assert catalog.rows("SELECT DISTINCT live FROM catalog") == [(0,)]
    catalog.source(spec(ALPHA), name="account")
    assert catalog.rows("SELECT name FROM catalog WHERE live = 1") == [("alpha",)]


def test_the_kind_of_a_source_can_change(catalog: Catalog) -> None:
    """A source that becomes a reference takes its models out of reach, and back."""
    catalog.source(*THREE)
    catalog.source(*THREE, kind="reference")
    reference = catalog.rows("SELECT sum(live) FROM catalog")
    catalog.source(*THREE)
    assert (reference, catalog.rows("SELECT sum(live) FROM catalog")) == ([(0,)], [(3,)])


def watch(catalog: Catalog) -> None:
    """Count what the triggers do from now on."""
    catalog.type("CREATE TABLE seen (what TEXT)")
    for table, what in (
        ("catalog", "'fold of ' || NEW.name"),
        ("pending", "'note of ' || NEW.model_id"),
        ("capability_history", "'history of ' || NEW.model_id"),
    ):
        note = f"BEGIN INSERT INTO seen VALUES ({what}); "
        if isinstance(catalog.path, Path):
            catalog.type(f"CREATE TRIGGER seen_{table} AFTER INSERT ON {table} {note} END;")
        else:
            catalog.type(
                f"CREATE FUNCTION seen_{table}() RETURNS trigger LANGUAGE plpgsql AS "
                f"$${note} RETURN NULL; END $$; CREATE TRIGGER seen_{table} AFTER INSERT "
                f"ON {table} FOR EACH ROW EXECUTE FUNCTION seen_{table}();"
            )


def test_the_same_answer_of_a_source_changes_nothing_but_last_seen(catalog: Catalog) -> None:
    """A second time, no row is added, no model is folded, and only last_seen moves on."""
    catalog.source(*THREE)
    catalog.type(
        f"UPDATE models SET last_seen = '{EARLIER}'; UPDATE sightings SET last_seen = '{EARLIER}'"
    )
    before = catalog.tables("models", "sightings")
    rest = "SELECT id, provider, name, family, display_name, first_seen, retired_at FROM models"
    models = catalog.rows(rest)
    watch(catalog)
    step = catalog.source(*THREE)
    assert step.changed == 0
    assert catalog.rows("SELECT * FROM seen") == []
    assert catalog.tables("models", "sightings", "seen") == before
    assert catalog.rows(rest) == models
    assert catalog.rows(f"SELECT count(*) FROM models WHERE last_seen > '{EARLIER}'") == [(3,)]
    assert catalog.rows(f"SELECT count(*) FROM sightings WHERE last_seen > '{EARLIER}'") == [(3,)]


def test_what_vanished_is_missing_and_what_came_back_is_not(catalog: Catalog) -> None:
    """A model that a complete answer lacks is missing since then; seen again, it is live again."""
    catalog.source(*THREE)
    gone = catalog.source(spec(ALPHA))
    missing = catalog.rows(
        "SELECT m.name, s.missing_since IS NOT NULL, c.live FROM sightings s JOIN models m "
        "ON m.id = s.model_id JOIN catalog c USING (model_id) ORDER BY m.name"
    )
    back = catalog.source(*THREE)
    assert missing == [("alpha", 0, 1), ("beta", 1, 0), ("gamma", 1, 0)]
    assert catalog.rows("SELECT count(*), count(missing_since) FROM sightings") == [(3, 0)]
    assert (gone.changed, back.changed) == (2, 2)


def test_missing_since_is_when_it_was_first_missed(catalog: Catalog) -> None:
    """Further answers without the model leave the time at which it went."""
    catalog.source(*THREE)
    catalog.source(spec(ALPHA))
    catalog.type(f"UPDATE sightings SET missing_since = '{EARLIER}' WHERE missing_since > ''")
    step = catalog.source(spec(ALPHA))
    assert step.changed == 0
    assert catalog.rows("SELECT DISTINCT missing_since FROM sightings WHERE model_id > 1") == [
        (EARLIER,)
    ]


def test_a_source_loses_only_what_it_saw_itself(catalog: Catalog) -> None:
    """An empty answer of one source leaves the sightings of another."""
    catalog.source(*THREE, name="one")
    catalog.source(spec(ALPHA), name="two")
    catalog.source(name="two")
    assert catalog.rows("SELECT sum(live) FROM catalog") == [(3,)]


def test_identity_is_filled_in_and_never_overwritten(catalog: Catalog) -> None:
    """Family and display name are kept once known; what was unknown is added."""
    catalog.source(spec(ALPHA, family="first"), spec(BETA))
    catalog.source(
        spec(ALPHA, family="second", display_name="Alpha"), spec(BETA, family="be"), name="two"
    )
    assert catalog.rows("SELECT name, family, display_name FROM catalog ORDER BY name") == [
        ("alpha", "first", "Alpha"), ("beta", "be", None),
    ]  # fmt: skip


def test_silence_about_identity_keeps_it(catalog: Catalog) -> None:
    """A source that knows no family takes none away."""
    catalog.source(spec(ALPHA, family="al", display_name="Alpha"))
    catalog.source(spec(ALPHA))
    assert catalog.rows("SELECT family, display_name FROM catalog") == [("al", "Alpha")]


@pytest.mark.parametrize(
    "later",
    [
        (spec(ALPHA), spec(BETA, aliases=("latest",))),
        (spec(BETA, aliases=("alpha", "latest")), spec(ALPHA)),
        (spec(ALPHA, aliases=("beta",)), spec(BETA, aliases=("alpha",))),
    ],
)
def test_aliases_are_never_stolen(catalog: Catalog, later: tuple[Identity, ...]) -> None:
    """An alias stays with the model that had it first, and no name becomes an alias."""
    catalog.source(spec(ALPHA, aliases=("latest",)), spec(BETA))
    catalog.source(*later)
    assert catalog.rows("SELECT alias, model_id FROM aliases") == [("latest", 1)]


def test_an_alias_belongs_to_one_provider(catalog: Catalog) -> None:
    """Two providers may use the same alias for models of their own."""
    catalog.source(spec(ALPHA, aliases=("latest",)), spec(GAMMA, aliases=("latest",)))
    assert catalog.rows("SELECT provider, model_id FROM aliases ORDER BY provider") == [
        ("acme", 1), ("globex", 2),
    ]  # fmt: skip


def test_an_alias_that_two_models_claim_goes_to_one_of_them(catalog: Catalog) -> None:
    """Within one answer the first model by name gets it, whatever the order of the answer."""
    catalog.source(spec(BETA, aliases=("both",)), spec(ALPHA, aliases=("both",)))
    assert catalog.rows(
        "SELECT a.alias, m.name FROM aliases a JOIN models m ON m.id = a.model_id"
    ) == [("both", "alpha")]


# Resolvers.


def test_opinions_are_written_with_their_times(catalog: Catalog) -> None:
    """observed_at is that of the facts, changed_at that of the write."""
    catalog.source(*THREE)
    step = catalog.resolver({ALPHA: {"max_context": 8192}, BETA: {}}, at=EARLIER)
    assert (step.changed, step.chunks) == (1, 1)
    assert catalog.rows(
        f"SELECT model_id, resolver, max_context, observed_at, changed_at > '{EARLIER}' "
        "FROM capabilities"
    ) == [(1, "static", 8192, EARLIER, 1)]


def test_the_same_opinions_again_write_nothing(catalog: Catalog) -> None:
    """No row of any table changes but the record of the step; no trigger fires."""
    catalog.source(*THREE)
    answers: dict[OfferKey, dict[str, Any]] = {
        ALPHA: {"max_context": 8192, "supports_tools": 0},
        BETA: {"known_params": "a,b"},
    }
    catalog.resolver(answers)
    watch(catalog)
    before = catalog.tables()
    step = catalog.resolver(answers, at=EARLIER)
    assert (step.changed, step.chunks) == (0, 0)
    assert catalog.tables() == before


def test_only_opinions_that_differ_are_written(catalog: Catalog) -> None:
    """One changed answer of two leaves one history row, and the other its times."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1}, BETA: {"max_context": 2}}, at=EARLIER)
    watch(catalog)
    step = catalog.resolver({ALPHA: {"max_context": 1}, BETA: {"max_context": 3}})
    assert step.changed == 1
    assert catalog.rows("SELECT max_context FROM capability_history") == [(2,)]
    assert catalog.rows("SELECT what FROM seen ORDER BY what") == [
        ("fold of beta",), ("history of 2",), ("note of 2",),
    ]  # fmt: skip
    assert catalog.rows("SELECT observed_at FROM capabilities WHERE model_id = 1") == [(EARLIER,)]


def test_an_opinion_is_replaced_whole(catalog: Catalog) -> None:
    """A field that the new answer lacks is unknown again."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1, "mode": "chat"}})
    catalog.resolver({ALPHA: {"max_context": 2}})
    assert catalog.rows("SELECT max_context, mode FROM catalog WHERE model_id = 1") == [(2, None)]


def test_an_empty_answer_withdraws_an_opinion(catalog: Catalog) -> None:
    """What a resolver no longer says is gone from the merge and kept in the history."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1}, BETA: {"max_context": 2}})
    step = catalog.resolver({ALPHA: {}})
    assert step.changed == 1
    assert catalog.rows("SELECT name, max_context FROM catalog ORDER BY name LIMIT 2") == [
        ("alpha", None), ("beta", 2),
    ]  # fmt: skip
    assert catalog.rows("SELECT max_context FROM capability_history") == [(1,)]


def test_models_that_were_not_asked_about_keep_their_opinion(catalog: Catalog) -> None:
    """An answer about some models says nothing of the others."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1}, BETA: {"max_context": 2}})
    catalog.resolver({BETA: {"max_context": 3}})
    assert catalog.rows("SELECT max_context FROM capabilities ORDER BY model_id") == [(1,), (3,)]


def test_an_answer_about_an_unknown_model_is_left_out(catalog: Catalog) -> None:
    """A resolver brings no model into being."""
    catalog.source(spec(ALPHA))
    catalog.resolver({ALPHA: {"max_context": 1}, GAMMA: {"max_context": 2}})
    assert catalog.rows("SELECT name, max_context FROM catalog") == [("alpha", 1)]


# Whole or not at all, in short transactions.


def test_a_write_that_fails_is_undone_whole(catalog: Catalog) -> None:
    """One row that breaks a rule undoes the transaction: opinions, folds and the step's record."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1}})
    before, steps = catalog.tables(), catalog.rows("SELECT * FROM run_steps")
    with pytest.raises(errors.CatalogError, match="max_context_is_between"):
        catalog.resolver(
            {ALPHA: {"max_context": 5}, BETA: {"max_context": 6}, GAMMA: {"max_context": 0}}
        )
    assert (catalog.tables(), catalog.rows("SELECT * FROM run_steps")) == (before, steps)
    assert catalog.resolver({ALPHA: {"max_context": 5}}).changed == 1


def test_a_resolver_nobody_registered_is_refused(catalog: Catalog) -> None:
    """Opinions of a resolver without a precedence raise an error of ours, and leave nothing."""
    catalog.source(*THREE)
    with pytest.raises(errors.CatalogError, match="unknown resolver"):
        catalog.resolver({ALPHA: {"max_context": 5}}, name="stranger")
    assert catalog.rows("SELECT * FROM capabilities") == []


def many(count: int) -> list[Identity]:
    """That many models."""
    return [Identity("acme", f"m{number:05d}") for number in range(count)]


def test_a_large_answer_is_written_in_chunks(catalog_path: Path) -> None:
    """No transaction holds more than CHUNK rows; the step says how many there were."""
    migrated(catalog_path)
    models = many(CHUNK + 10)
    catalog = Catalog(catalog_path)
    with catalog.writer:
        seen = catalog.source(*models)
        said = catalog.resolver({(m.provider, m.name): {"max_context": 9} for m in models})
        again = catalog.resolver({(m.provider, m.name): {"max_context": 9} for m in models})
    # A source row for the kind, then a model and a sighting each.
    assert (seen.chunks, said.chunks, again.chunks) == (3, 2, 0)
    assert catalog.rows("SELECT count(*), sum(live), sum(max_context) FROM catalog") == [
        (CHUNK + 10, CHUNK + 10, 9 * (CHUNK + 10))
    ]
    assert catalog.rows("SELECT name, chunks FROM run_steps ORDER BY id") == [
        ("here", 3), ("static", 2), ("static", 0),
    ]  # fmt: skip


def test_a_large_write_that_fails_late_can_be_repeated(catalog_path: Path) -> None:
    """Chunks before the failing one stay, whole; the next write brings the rest."""
    migrated(catalog_path)
    models = many(CHUNK + 10)
    answers = {(m.provider, m.name): {"max_context": 9} for m in models}
    catalog = Catalog(catalog_path)
    with catalog.writer:
        catalog.source(*models)
        bad = {**answers, (models[-1].provider, models[-1].name): {"max_context": -1}}
        with pytest.raises(errors.CatalogError):
            catalog.resolver(bad)
        half = catalog.rows("SELECT count(max_context), count(*) FROM catalog")
        with bare(catalog_path) as connection:
            assert broken(connection) == []
        step = catalog.resolver(answers)
    assert half == [(CHUNK, CHUNK + 10)]
    assert step.changed == 10
    assert catalog.rows("SELECT count(max_context) FROM catalog") == [(CHUNK + 10,)]


def test_folding_that_is_broken_off_leaves_no_flag(catalog: Catalog) -> None:
    """An error inside a deferred block rolls the flag back with everything else."""
    with (
        pytest.raises(errors.CatalogError, match="provider_is_a_lower_case_id"),
        catalog.writer.transaction() as connection,
        batch.folding(connection),
    ):
        connection.exec_driver_sql(
            "INSERT INTO models (provider, name) VALUES (:by, 'b')", [{"by": "a"}, {"by": "b b"}]
        )
    flag = "deferral" if isinstance(catalog.path, Path) else "pending"
    assert catalog.rows(f"SELECT 1 FROM {flag} UNION ALL SELECT id FROM models") == []


def test_a_step_is_recorded_with_its_write(catalog: Catalog) -> None:
    """Counts, chunks and lock time stand in run_steps, in the same transaction as the rows."""
    catalog.source(*THREE)
    rows = catalog.rows(
        "SELECT run_id, kind, name, status, seen, changed, chunks, write_ms > 0 FROM run_steps"
    )
    assert rows == [(catalog.run, "source", "here", "ok", 3, 3, 1, 1)]


# The order of resolvers.


def order(catalog: Catalog) -> list[str]:
    """Resolvers, low to high."""
    return [name for (name,) in catalog.rows("SELECT name FROM resolvers ORDER BY place")]


DEFAULT = [name for name, _ in sorted(DEFAULT_PRECEDENCE, key=itemgetter(1))]


def test_a_new_resolver_gets_the_default_precedence(catalog: Catalog) -> None:
    """Names that are new are added, names that are known stay where they are."""
    order_resolvers(catalog.writer, wished("mine", "static", "litellm"), move=False)
    assert catalog.rows("SELECT precedence FROM resolvers WHERE name = 'mine'") == [(350,)]
    assert [name for name in order(catalog) if name != "mine"] == DEFAULT


def test_a_known_order_writes_nothing(catalog: Catalog) -> None:
    """Resolvers in the order they have take no transaction."""
    before = len(catalog.writer.held_ms)
    order_resolvers(catalog.writer, wished(*DEFAULT), move=True)
    assert len(catalog.writer.held_ms) == before


@pytest.mark.parametrize(
    "names",
    [
        ["static", "litellm"],
        ["user", "mine", "inferred"],
        ["one", "two", "three"],
        ["zz", "user", "aa", "static"],
    ],
)
def test_with_move_later_names_outrank_earlier_ones(catalog: Catalog, names: list[str]) -> None:
    """A registry's own list becomes the order, whatever the order was."""
    order_resolvers(catalog.writer, wished(*names), move=True)
    assert [name for name in order(catalog) if name in names] == names
    kept = [name for name in DEFAULT if name not in names]
    assert [name for name in order(catalog) if name in kept] == kept


def test_a_new_order_is_a_new_merge(catalog: Catalog) -> None:
    """Moving a resolver refolds the models of which it has an opinion."""
    catalog.source(*THREE)
    catalog.resolver({ALPHA: {"max_context": 1}}, name="litellm")
    catalog.resolver({ALPHA: {"max_context": 2}}, name="static")
    before = catalog.rows("SELECT max_context FROM catalog WHERE model_id = 1")
    order_resolvers(catalog.writer, wished("static", "litellm"), move=True)
    assert before == [(2,)]
    assert catalog.rows("SELECT max_context FROM catalog WHERE model_id = 1") == [(1,)]


# Reads that a refresh needs.


def test_last_steps_are_the_newest_that_succeeded(catalog: Catalog) -> None:
    """Per kind and name the newest step that did not fail, with its token and its start."""
    steps = [
        Step(*step[:4])._replace(token=step[4])
        for step in (
            ("source", "here", "ok", "2026-01-01T00:00:00.000Z", "old"),
            ("source", "here", "unchanged", "2026-01-02T00:00:00.000Z", "new"),
            ("source", "here", "failed", "2026-01-03T00:00:00.000Z", "broken"),
            ("resolver", "here", "ok", "2026-01-01T00:00:00.000Z", None),
            ("resolver", "never", "failed", "2026-01-01T00:00:00.000Z", None),
        )
    ]
    run_log.finish_run(catalog.writer, catalog.run, "partial", steps)
    found = run_log.last_steps(catalog.writer)
    assert {key: (step.token, step.started_at) for key, step in found.items()} == {
        ("source", "here"): ("new", "2026-01-02T00:00:00.000Z"),
        ("resolver", "here"): (None, "2026-01-01T00:00:00.000Z"),
    }


def test_a_run_is_opened_and_closed(catalog: Catalog) -> None:
    """A run that was not finished stays marked as running."""
    second = run_log.start_run(catalog.writer, "refresh", "test")
    run_log.finish_run(catalog.writer, second, "ok", [])
    assert catalog.rows("SELECT id, status, finished_at IS NOT NULL FROM runs ORDER BY id") == [
        (catalog.run, "running", 0), (second, "ok", 1),
    ]  # fmt: skip


def test_sighted_models_are_those_seen_now(catalog: Catalog) -> None:
    """Missing and retired models are left out, and so are those of other sources."""
    catalog.source(*THREE, name="one")
    catalog.source(spec(ALPHA), spec(BETA), name="one")
    catalog.source(spec(GAMMA), name="two")
    catalog.type("UPDATE models SET retired_at = '2026-01-01T00:00:00Z' WHERE name = 'beta'")
    names = [
        [row[0].name for row in sightings.sighted_models(catalog.writer, sources)]
        for sources in (["one"], ["two"], ["one", "two"], ["none"])
    ]
    assert names == [["alpha"], ["gamma"], ["alpha", "gamma"], []]


def test_times_are_written_in_the_one_format(catalog: Catalog) -> None:
    """`now` gives what SQLite's own default gives, to the millisecond."""
    before = timestamps.now()
    (default,) = catalog.rows(f"SELECT {NOW}")[0]
    assert before <= default <= timestamps.now()
    assert {len(before), len(default)} == {24}


def test_errors_of_the_driver_are_ours(catalog: Catalog) -> None:
    """A refused statement leaves a transaction as CatalogError, with the reason and the path."""
    with (
        pytest.raises(errors.CatalogError, match="catalog is derived") as refused,
        catalog.writer.transaction() as connection,
    ):
        connection.exec_driver_sql("INSERT INTO catalog (model_id) VALUES (1)")
    assert str(refused.value.path) == str(catalog.path)
    cause = refused.value.__cause__.__cause__  # type: ignore[union-attr]
    assert "IntegrityError" in {kind.__name__ for kind in type(cause).__mro__}
