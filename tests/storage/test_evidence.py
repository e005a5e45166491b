"""What benchmarks say of offers: the SQL of the catalog against the law in plain Python."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from examples import examples
from modeldex.storage.location import Place
from modeldex.storage.schema.columns import SCORED_TASKS
from modeldex.vocabulary.bases import bases
from modeldex.vocabulary.benchmarks import Benchmark, benchmarks
from modeldex.vocabulary.suites import CutPoint, Suite, cut_points, suites
from quality_law import Evidence, Score, tier
from raw_catalog import Below, bare, broken, migrated, needs_shell, shell, undone

TENTH = 0.0501
"""Scores of the catalog are rounded to one decimal."""

SUITES = {
    each.id: each
    for each in (
        Suite("one/a", "one", "general", -10, 110, 0, 100, 3),
        Suite("one/b", "one", "general", -20, 105, 0, 100, 3),
        Suite("two/a", "two", "coding", -10, 115, 0, 100, 5),
        Suite("three/a", "three", "vision", -10, 110, 0, 100, 4),
    )
}
BASES = {
    "lab/a-1": ("a", "2025-01-01"), "lab/a-2": ("a", "2026-01-01"), "lab/b-1": ("b", "2026-01-01"),
}  # fmt: skip
"""Lines and days of release."""

VARIANTS = (None, "high", "int8")
PRIORS = {"lab/a-1": "balanced", "lab/a-2": None, "lab/b-1": "best"}
"""Tiers of the reviewed table."""


class Offered(NamedTuple):
    """One offer of the small catalog."""

    name: str
    base: str
    variant: str | None

    @property
    def prior(self) -> str | None:
        """The tier of the reviewed table."""
        return PRIORS[self.base]


OFFERS = tuple(
    Offered(f"{base.partition('/')[2]}-{variant}", base, variant)
    for base in BASES
    for variant in VARIANTS
)


def literal(value: object) -> str:
    """A value as SQL."""
    return "NULL" if value is None else repr(value)


def world() -> Iterator[str]:
    """SQL that makes the small catalog: suites, base models and their offers."""
    for name, above, below in cut_points():
        yield (
            "INSERT INTO quality_tiers (name, above, below) "
            f"VALUES ('{name}', {above}, {below}) ON CONFLICT DO NOTHING"
        )
    yield from map(suite_row, SUITES.values())
    for base, (line, released) in BASES.items():
        yield (
            "INSERT INTO bases (id, maker, line, released) "
            f"VALUES ('{base}', 'lab', '{line}', '{released}')"
        )
    for offer in OFFERS:
        yield f"INSERT INTO models (provider, name) VALUES ('acme', '{offer.name}')"
        of_it = f"SELECT id, '{{}}', {{}} FROM models WHERE name = '{offer.name}'"
        facts = f"'{offer.base}', {literal(offer.variant)}"
        yield (
            "INSERT INTO capabilities (model_id, resolver, base, variant) "
            + of_it.format("inferred", facts)
        )
        if offer.prior:
            yield (
                "INSERT INTO capabilities (model_id, resolver, quality_tier) "
                + of_it.format("tiers", f"'{offer.prior}'")
            )


def suite_row(suite: Suite) -> str:
    """SQL that inserts a suite."""
    values = ", ".join(map(literal, suite))
    return (
        "INSERT INTO suites (name, family, task, zero_at, hundred_at, lowest, highest, half_width) "
        f"VALUES ({values})"
    )


def values_of(score: Benchmark) -> tuple[object, ...]:
    """What a row holds: the four values that find it, then the others."""
    return *which(score), score.score, score.low, score.high


def which(score: Benchmark) -> tuple[object, ...]:
    """The values that find a score."""
    return score.base, score.suite, score.variant or "", score.date


_INSERT = "INSERT INTO benchmarks (base, suite, variant, day, score, low, high) VALUES "
INSERT = f"{_INSERT} (?, ?, ?, ?, ?, ?, ?)"
THIS = "base = ? AND suite = ? AND variant = ? AND day = ?"


def row(score: Benchmark) -> str:
    """SQL that inserts a score."""
    return f"{_INSERT} ({', '.join(map(literal, values_of(score)))})"


SCORES = st.builds(
    lambda base, suite, variant, score, width, day: Benchmark(
        base, variant, suite, score, None if width is None else score - width,
        None if width is None else score + width, None, f"2026-0{day}-01",
    ),
    st.sampled_from([*BASES, "lab/unknown"]), st.sampled_from([*SUITES, "four/unknown"]),
    st.sampled_from(VARIANTS), st.integers(0, 100) | st.sampled_from([-50, 150]),
    st.none() | st.integers(0, 6), st.integers(1, 3),
)  # fmt: skip


def key(score: Benchmark) -> tuple[object, ...]:
    """What a catalog has once."""
    return score.base, score.suite, score.variant, score.date


def expected(
    rows: Iterable[Benchmark], known: Mapping[str, Suite]
) -> dict[str, dict[str, Score | None]]:
    """The scores of each offer by task, and under `inherited` that of the line."""
    law = Evidence(rows, known, BASES)
    found = {
        offer.name: {
            task: law.score(offer.base, offer.variant, task) for task in ("general", *SCORED_TASKS)
        }
        for offer in OFFERS
    }
    general = {offer: found[offer.name]["general"] for offer in OFFERS}
    for offer in OFFERS:
        line, released = BASES[offer.base]
        own = [score for each, score in general.items() if each.base == offer.base and score]
        older = [
            score.score for each, score in general.items()
            if score and BASES[each.base][0] == line and BASES[each.base][1] < released
        ]  # fmt: skip
        best = max(older) if older and not own else None
        found[offer.name]["inherited"] = None if best is None else Score(best, best, best, 0)
    return found


COLUMNS = ("quality_score", "quality_low", "quality_high", "quality_families", "quality_tier")
_STATED = (
    f"SELECT name, {', '.join(COLUMNS)}, {', '.join(f'{task}_score' for task in SCORED_TASKS)} "
    "FROM catalog"
)


def check(
    connection: Any, rows: Iterable[Benchmark], known: Mapping[str, Suite], cuts: Sequence[CutPoint]
) -> None:
    """The catalog says of every offer what the law says."""
    wanted = expected(rows, known)
    stated = {name: values for name, *values in connection.execute(_STATED).fetchall()}
    assert len(stated) == len(OFFERS)
    for offer in OFFERS:
        score, low, high, families, found, *of_tasks = stated[offer.name]
        general, inherited = (wanted[offer.name][it] for it in ("general", "inherited"))
        for value, task in zip(of_tasks, SCORED_TASKS, strict=True):
            law = wanted[offer.name][task]
            assert (value is None) == (law is None), (offer, task)
            assert law is None or abs(value - law.score) < TENTH, (offer, task)
        counted = general or inherited
        assert (score is None) == (counted is None), offer
        assert families == (general.families if general else None), offer
        if counted is None:
            assert found == offer.prior, offer
            continue
        assert abs(score - counted.score) < TENTH, offer
        if general:
            assert abs(low - general.low) < TENTH, offer
            assert abs(high - general.high) < TENTH, offer
        ends = (low, high) if general else (score, score)
        assert found == tier(offer.prior, Score(score, *ends, 0), cuts), offer


@pytest.fixture(scope="module")
def small(below: Below) -> Iterator[Any]:
    """A connection to the small catalog, on either engine."""
    with below() as connection:
        for statement in world():
            connection.execute(statement)
        yield connection


@settings(max_examples=examples(6), suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(SCORES, max_size=24, unique_by=key), st.randoms(use_true_random=False),
    st.sampled_from(sorted(SUITES)), st.integers(40, 90),
)  # fmt: skip
def test_bare_statements_keep_the_law_in_any_order(
    small: Any, rows: list[Benchmark], chance: Any, edited: str, cut: int
) -> None:
    """Scores arrive in any order, change and go; anchors and cut points move: the law holds."""
    cuts = list(cut_points())
    chance.shuffle(rows)
    with undone(small) as connection:
        for each in rows:  # of one text, for SQLite needs longer to read it than to do it
            connection.execute(INSERT, values_of(each))
        check(connection, rows, SUITES, cuts)
        kept = [each for each in rows if chance.random() < 0.7]
        for each in rows:
            if each not in kept:
                connection.execute(f"DELETE FROM benchmarks WHERE {THIS}", which(each))
        changed = [
            each._replace(score=min(each.score + 9, 100), low=None, high=None) for each in kept
        ]
        for each in changed:
            connection.execute(
                f"UPDATE benchmarks SET score = ?, low = NULL, high = NULL WHERE {THIS}",
                (each.score, *which(each)),
            )
        check(connection, changed, SUITES, cuts)
        known = {**SUITES, edited: SUITES[edited]._replace(zero_at=20, hundred_at=90)}
        connection.execute(
            f"UPDATE suites SET zero_at = 20, hundred_at = 90 WHERE name = '{edited}'"
        )
        connection.execute(
            f"UPDATE quality_tiers SET above = {cut}, below = {cut} WHERE name = 'best'"
        )
        cuts[0] = CutPoint("best", cut, cut)
        if cut >= cuts[1].above:
            check(connection, changed, known, cuts)
        assert broken(connection) == []


@needs_shell
@pytest.mark.sqlite_only
def test_a_bare_shell_moves_tiers(tmp_path: Path) -> None:
    """Each statement of the sqlite3 program is seen by the next: insert, anchors, cuts, delete."""
    path = migrated(tmp_path / "catalog.db")
    says = "SELECT quality_score, quality_tier, quality_basis FROM catalog WHERE name = 'a-1-None';"
    of_heir = (
        "SELECT quality_score, quality_tier, quality_basis FROM catalog WHERE name = 'a-2-None';"
    )
    rows = [
        Benchmark("lab/a-1", None, suite, 95, date="2026-01-01") for suite in ("one/a", "two/a")
    ]
    found = shell(path, [
        *(f"{statement};" for statement in world()),
        f"{row(rows[0])};", says,
        f"{row(rows[1])};", says, of_heir,
        "UPDATE suites SET hundred_at = 300 WHERE family = 'two';", says,
        "UPDATE suites SET hundred_at = 115 WHERE family = 'two';", says,
        "UPDATE quality_tiers SET above = 99 WHERE name = 'best';", says,
        "UPDATE benchmarks SET score = 5 WHERE base = 'lab/a-1';", says,
        "DELETE FROM benchmarks WHERE suite = 'two/a';", says, of_heir,
    ])  # fmt: skip
    assert found.errors == {}
    assert found.lines == [
        "|balanced|",
        "85.8|best|benchmark", "85.8|best|inferred",
        "60.7|balanced|",
        "85.8|best|benchmark",
        "85.8|balanced|",
        "12.3|cheap|benchmark",
        "|balanced|", "||",
    ]  # fmt: skip


BAD = (
    Benchmark("lab/unknown", None, "one/a", 99, date="2026-02-01"),
    Benchmark("lab/b-1", None, "four/unknown", 99, date="2026-02-01"),
    Benchmark("lab/b-1", None, "one/a", 5000, date="2026-02-01"),
    Benchmark("lab/a-2", None, "one/a", 99, date="2026-02-01"),
)
"""An unknown base, an unknown suite, a score out of range, a family of one."""


def test_rows_that_say_nothing_are_kept_without_effect(small: Any) -> None:
    """They change no tier and no general score, and hide no older row that counts."""
    good = [
        Benchmark("lab/b-1", None, suite, 30, date="2026-01-01") for suite in ("one/a", "two/a")
    ]  # fmt: skip
    with undone(small) as connection:
        for each in good:
            connection.execute(row(each))
        asked = "SELECT name, quality_score, quality_tier FROM catalog ORDER BY name"
        before = connection.execute(asked).fetchall()
        for each in BAD:
            connection.execute(row(each))
        assert connection.execute(asked).fetchall() == before
        [(kept,)] = connection.execute(
            "SELECT count(*) FROM benchmarks WHERE shipped = 0"
        ).fetchall()
        assert kept == len(good) + len(BAD)


def test_the_shipped_scores_are_those_of_the_law(shipped_catalog: Place) -> None:
    """Of every shipped base and offered variant the view says what plain Python says."""
    law = Evidence(benchmarks(), suites(), bases())
    names = ", ".join(f"{task}_score" for task in SCORED_TASKS)
    with bare(shipped_catalog) as connection:
        rows = connection.execute(
            f"SELECT base, variant, quality_score, quality_low, quality_high, {names} "
            "FROM base_scores"
        ).fetchall()
        stale = connection.execute(
            "SELECT count(*) FROM catalog c LEFT JOIN evidence e ON e.model_id = c.model_id "
            "WHERE coalesce(c.quality_score, -1) <> coalesce(e.quality_score, -1)"
        ).fetchall()
    assert len(rows) > 100
    for base, variant, score, low, high, *of_tasks in rows:
        general = law.score(base, variant or None)
        assert (score is None) == (general is None), (base, variant)
        if general:
            found = zip((score, low, high), general[:3], strict=True)
            assert all(abs(one - other) < TENTH for one, other in found), (base, variant)
        for value, task in zip(of_tasks, SCORED_TASKS, strict=True):
            wanted = law.score(base, variant or None, task)
            assert (value is None) == (wanted is None), (base, variant, task)
            assert wanted is None or abs(value - wanted.score) < TENTH, (base, variant, task)
    assert [tuple(each) for each in stale] == [(0,)]
