"""The tables as a public contract: they explain themselves and refuse bad rows with a reason."""

import math
import re
import sqlite3
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

import pytest

from bounds import CASES, REPAIRED, SAME, Refused, rule
from modeldex.query.compile import compile_find, compile_query
from modeldex.query.scope import Scope
from modeldex.storage.schema.columns import MODEL_COLUMNS, RANKING
from modeldex.storage.schema.declare import FIRST
from modeldex.storage.schema.fold import FOLD_STEPS
from modeldex.storage.schema.views import VIEWS
from modeldex.storage.sqlite.derive import INDEXES, TABLES
from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.fields import BY_NAME, FIELDS, NAMES, TIERS
from modeldex.vocabulary.values import ModelCapabilities
from raw_catalog import Below, broken, columns, in_memory, is_file
from scopes import presumed

OLDER = tuple(field.name for field in FIELDS if field.since <= FIRST)
OWN_SINCE = 5
"""The schema that has brought the column `own`."""

PAGE_SINCE = 6
"""The schema that has brought `source_url` of an opinion."""

YOUNGER = tuple(field.name for field in FIELDS if field.since > FIRST)
BANDS = (
    "rank_price", "rank_band", "rank_coding", "rank_vision", "rank_documents", "search_text",
)  # fmt: skip
FIRST_RANKING = tuple(name for name in RANKING if name not in BANDS)
LATE = ("rank_class", "aliases")
WITH_OWN = (
    *(field.name for field in FIELDS if FIRST < field.since < OWN_SINCE), "own",
    *(field.name for field in FIELDS if field.since >= OWN_SINCE),
)  # fmt: skip
"""Fields whose columns come last, where ALTER TABLE puts them."""

WITH_PAGE = (
    *(field.name for field in FIELDS if FIRST < field.since <= PAGE_SINCE), "source_url",
    *(field.name for field in FIELDS if field.since > PAGE_SINCE),
)  # fmt: skip

OF_FIELDS = [name for name, sql in TABLES.items() if "supports_reasoning INTEGER" in sql]


@pytest.fixture
def catalog(below: Below) -> Iterator[Any]:
    """A catalog, open as the bare driver opens it, with one model, source and opinion."""
    with below() as connection:
        connection.executescript(
            "INSERT INTO models (provider, name) VALUES ('acme', 'alpha'), ('acme', 'beta');"
            "INSERT INTO sources (name) VALUES ('here');"
            "INSERT INTO sightings (model_id, source) VALUES (1, 'here');"
            "INSERT INTO capabilities (model_id, resolver, max_context) VALUES (1, 'user', 8192);"
            "INSERT INTO measurements (id, provider, name, ttft_ms) VALUES (7, 'acme', 'beta', 90);"
        )
        yield connection


# It explains itself.


def test_each_table_and_view_says_what_it_is() -> None:
    """`.schema` shows a comment in the first line of every table and view."""
    first = {name: sql.splitlines()[0] for name, sql in (TABLES | VIEWS).items()}
    said = re.compile(r" (--|/\*) \w+")
    assert {name for name, line in first.items() if not said.search(line)} == set()


@pytest.mark.parametrize("table", ["capabilities", "catalog"])
def test_each_capability_column_says_what_it_means(table: str) -> None:
    """Unit and meaning stand before every capability column, where people look for them."""
    explained = re.findall(
        r"^\t/\* (.*) \*/\n\t(\w+) (?:INTEGER|REAL|TEXT)\b", TABLES[table], re.MULTILINE
    )
    assert [text for text, name in explained if name in BY_NAME] == [
        f"{field.unit}: {field.meaning}" for field in FIELDS
    ]


def test_tables_are_strict() -> None:
    """No table takes text for a number."""
    strict = re.compile(r"\)\s+(WITHOUT ROWID,\s+)?STRICT$")
    assert {name for name, sql in TABLES.items() if not strict.search(sql)} == set()


def test_rules_have_names() -> None:
    """Every CHECK and UNIQUE has a name, and the names of one table differ."""
    rule = re.compile(r"(?:CONSTRAINT (\w+)\s+)?\b(?:CHECK\s*\(|UNIQUE\s*\()")
    rules = {name: rule.findall(sql) for name, sql in TABLES.items()}
    assert {name for name, found in rules.items() if "" in found} == set()
    assert {name for name, found in rules.items() if len(set(found)) < len(found)} == set()


def test_every_capability_column_is_checked() -> None:
    """Each column of an opinion has a rule of its own, named after it."""
    rules = re.findall(r"CONSTRAINT (\w+) CHECK", TABLES["capabilities"])
    assert [
        name for name in NAMES if not any(rule.startswith(f"{name}_is") for rule in rules)
    ] == []


# One vocabulary.


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        (
            "capabilities",
            (
                "model_id", "resolver", *OLDER, "observed_at", "changed_at", *WITH_PAGE,
            ),
        ),
        pytest.param(
            "replaced",
            (
                "model_id", "resolver", *OLDER, "observed_at", "changed_at", *YOUNGER,
                "source_url",
            ),
            marks=pytest.mark.sqlite_only("nothing is replaced unseen on a server"),
        ),
        (
            "capability_history",
            ("id", "model_id", "resolver", *OLDER, "observed_at", "valid_from", "valid_to",
                *YOUNGER, "source_url"),
        ),
        ("effective_capabilities", ("model_id", *NAMES)),
        ("pending_capabilities", ("model_id", *NAMES)),
        ("catalog_rows", ("model_id", *MODEL_COLUMNS.split(", "), "live", "own", *NAMES, *LATE)),
        ("pending_rows", ("model_id", *MODEL_COLUMNS.split(", "), "live", "own", *NAMES, *LATE)),
        (
            "catalog",
            (
                "model_id", *MODEL_COLUMNS.split(", "), "live", *OLDER, *FIRST_RANKING,
                "valid_from", *WITH_OWN, *LATE, *BANDS,
            ),
        ),
        (
            "catalog_history",
            (
                "id", "model_id", *MODEL_COLUMNS.split(", "), "live", *OLDER, "valid_from",
                "valid_to", *FIRST_RANKING, *WITH_OWN, *LATE, *BANDS,
            ),
        ),
        (
            "catalog_before",
            (
                "model_id", *MODEL_COLUMNS.split(", "), "live", *OLDER, "valid_from", *WITH_OWN,
                *LATE,
            ),
        ),
        (
            "provenance",
            (
                "model_id", "provider", "name", "field", "value", "resolver", "precedence",
                "observed_at", "changed_at", "wins", "source_url", "doubt",
            ),
        ),
    ],
)  # fmt: skip
def test_columns_are_those_of_the_vocabulary(
    catalog: sqlite3.Connection, name: str, wanted: tuple[str, ...]
) -> None:
    """Tables and views hold every field once, the older in the order of fields.py."""
    assert tuple(columns(catalog, name)) == wanted


@pytest.mark.sqlite_only("types of SQLite")
@pytest.mark.parametrize("table", OF_FIELDS)
def test_column_types_are_those_of_the_vocabulary(catalog: sqlite3.Connection, table: str) -> None:
    """Each field has the same type wherever it is stored."""
    rows = catalog.execute(f"PRAGMA table_info({table})").fetchall()
    types = {row[1]: row[2] for row in rows}
    assert {name: types[name] for name in NAMES} == {f.name: f.column_type for f in FIELDS}


def test_the_python_value_has_the_same_fields() -> None:
    """ModelCapabilities is the typed twin of fields.py, in the same order."""
    assert tuple(ModelCapabilities.model_fields) == NAMES


TYPES: dict[str, object] = {
    "flag": bool | None, "count": int | None, "price": float | None, "rate": float | None,
    "text": str | None, "date": str | None, "set": frozenset[str],
}  # fmt: skip


def test_each_python_field_has_the_type_of_its_kind() -> None:
    """A flag is a bool, a limit an int, a price a float; a choice has the very same words."""
    tiers = tuple(tier.value for tier in QualityTier if tier is not QualityTier.UNKNOWN)
    for field in FIELDS:
        annotation: Any = ModelCapabilities.model_fields[field.name].annotation
        literal = [part for part in get_args(annotation) if get_origin(part) is Literal]
        words = get_args(literal[0]) if literal else ()
        assert (tiers if field.name == "quality_tier" else words) == field.choices, field.name
        assert field.kind == "choice" or annotation == TYPES[field.kind], field.name


def test_nothing_is_known_by_default() -> None:
    """An empty ModelCapabilities holds no value that would be stored."""
    empty = ModelCapabilities()
    assert {BY_NAME[name].clean(getattr(empty, name)) for name in NAMES} == {None}


def test_tiers_are_ranked_in_their_order(catalog: sqlite3.Connection) -> None:
    """The generated rank of a tier is its position in TIERS, unknown last."""
    ranks = []
    for tier in (*TIERS, None):
        catalog.execute("UPDATE capabilities SET quality_tier = ?", (tier,))
        ranks += catalog.execute("SELECT rank_tier FROM catalog WHERE model_id = 1").fetchone()
    assert ranks == [0, 1, 2, 3]


# Bad rows.


def refusal(connection: Any, statement: str, *values: object) -> str:
    """What is said where a statement is refused; nothing where it is taken."""
    try:
        connection.execute(statement, values)
    except sqlite3.IntegrityError as refused:
        return str(refused)
    return ""


def test_a_bad_value_is_refused_by_name(catalog: sqlite3.Connection) -> None:
    """A value that breaks a rule is refused on insert and on update, and the rule is named."""
    before = catalog.execute("SELECT * FROM capabilities").fetchall()
    insert = "INSERT INTO capabilities (model_id, resolver, {}) VALUES (1, 'static', ?)"
    wrong = []
    for field, bound in CASES:
        if bound.typed == REPAIRED or (bound.typed and isinstance(bound.stored, Refused)):
            told = [
                refusal(catalog, insert.format(field.name), bound.value),
                refusal(catalog, f"UPDATE capabilities SET {field.name} = ?", bound.value),
            ]
            served = "" if is_file(catalog) else "|invalid input syntax"
            named = re.compile(re.escape(rule(field, bound.value)) + served)
            wrong += [] if all(map(named.search, told)) else [(field.name, bound.value, told)]
    assert wrong == []
    assert catalog.execute("SELECT * FROM capabilities").fetchall() == before


def test_a_good_value_is_kept(catalog: sqlite3.Connection) -> None:
    """What a person types and the library would store is there as it was typed."""
    wrong = []
    for field, bound in CASES:
        if bound.typed == SAME and not isinstance(bound.stored, Refused):
            said = refusal(catalog, f"UPDATE capabilities SET {field.name} = ?", bound.value)
            [kept] = catalog.execute(f"SELECT {field.name} FROM capabilities").fetchone()
            wrong += [] if (said, kept) == ("", bound.stored) else [(field.name, bound, said, kept)]
    assert wrong == []


def test_a_price_is_finite(catalog: sqlite3.Connection) -> None:
    """Infinity, which SQL can spell, is no price."""
    for price in ("9e999", "-9e999", "1e7"):
        told = refusal(catalog, f"UPDATE capabilities SET input_cost_per_1m = {price}")
        assert re.search(r"input_cost_per_1m_is_b|out of range", told), price


@pytest.mark.sqlite_only("a server refuses NaN")
def test_nan_is_no_opinion(catalog: sqlite3.Connection) -> None:
    """SQLite turns NaN into NULL: it is stored as unknown and never as a number."""
    catalog.execute("UPDATE capabilities SET input_cost_per_1m = 5")
    catalog.execute("UPDATE capabilities SET input_cost_per_1m = ?", (math.nan,))
    assert catalog.execute(
        "SELECT input_cost_per_1m FROM catalog WHERE model_id = 1"
    ).fetchall() == [(None,)]


@pytest.mark.sqlite_only("words of the driver")
def test_an_integer_beyond_64_bits_is_refused(catalog: sqlite3.Connection) -> None:
    """The driver refuses to bind it, SQL text makes it a REAL that the column refuses."""
    with pytest.raises(OverflowError):
        catalog.execute("UPDATE capabilities SET max_context = ?", (2**70,))
    with pytest.raises(sqlite3.IntegrityError, match="cannot store REAL value in INTEGER column"):
        catalog.execute(f"UPDATE capabilities SET max_context = {2**70}")


TAKEN = [
    "INSERT INTO models (id, provider, name) VALUES (1, 'acme', 'gamma')",
    "INSERT INTO models (id, provider, name) VALUES (1, 'acme', 'gamma') ON CONFLICT DO NOTHING",
    "INSERT INTO models (id, provider, name) VALUES (1, 'other', 'alpha')",
]
BY_FORCE = [
    statement.replace("INSERT", f"INSERT OR {clause}")
    for statement in TAKEN[::2]
    for clause in ("REPLACE", "IGNORE")
]


@pytest.mark.parametrize(
    "statement",
    [
        *TAKEN,
        *(
            pytest.param(each, marks=pytest.mark.sqlite_only("words of SQLite"))
            for each in BY_FORCE
        ),
    ],
)
def test_a_taken_id_is_no_id_for_another_model(catalog: Any, statement: str) -> None:
    """Also where the statement would replace or ignore: the model that has it stays as it is."""
    everything = "SELECT id, provider, name, family FROM models ORDER BY id"
    before = catalog.execute(everything).fetchall()
    with pytest.raises(sqlite3.Error, match="another model has this id: leave the id out"):
        catalog.execute(statement)
    assert catalog.execute(everything).fetchall() == before
    assert catalog.execute("SELECT max_context FROM catalog WHERE model_id = 1").fetchall() == [
        (8192,)
    ]


def test_a_model_may_be_given_the_id_that_it_has(catalog: Any) -> None:
    """That is no other model: what is new of it is added."""
    catalog.execute(
        "INSERT INTO models (id, provider, name, family) VALUES (1, 'acme', 'alpha', 'f')"
    )
    assert catalog.execute("SELECT id, family FROM models WHERE name = 'alpha'").fetchall() == [
        (1, "f")
    ]


BAD_ROWS: list[tuple[str, str]] = [
    # Identity.
    ("INSERT INTO models (provider, name) VALUES ('acme/eu', 'm')", "provider_is_a_lower_case_id"),
    ("INSERT INTO models (provider, name) VALUES ('', 'm')", "provider_is_a_lower_case_id"),
    ("INSERT INTO models (provider, name) VALUES ('.acme', 'm')", "provider_is_a_lower_case_id"),
    ("INSERT INTO models (provider, name) VALUES ('a me', 'm')", "provider_is_a_lower_case_id"),
    ("INSERT INTO models (provider, name) VALUES ('acmé', 'm')", "provider_is_a_lower_case_id"),
    ("INSERT INTO models (provider, name) VALUES ('acme', '')", "name_is_1_to_200"),
    ("INSERT INTO models (provider, name) VALUES ('acme', ' m')", "name_is_1_to_200"),
    ("INSERT INTO models (provider, name) VALUES ('acme', 'a' || char(7))", "name_is_1_to_200"),
    ("INSERT INTO models (provider, name) VALUES ('acme', 'a' || char(127))", "name_is_1_to_200"),
    (f"INSERT INTO models (provider, name) VALUES ('acme', '{'a' * 201}')", "name_is_1_to_200"),
    ("INSERT INTO models (provider, name) VALUES ('acme', NULL)", "models.name"),
    ("INSERT INTO models (provider, name, family) VALUES ('a', 'm', '')", "family_is_1_to_200"),
    ("INSERT INTO models (id, provider, name) VALUES (-1, 'a', 'm')", "models_id_is_above_0"),
    ("INSERT INTO models (id, provider, name) VALUES (1, 'a', 'm')", "another model has this id"),
    ("UPDATE models SET id = 9 WHERE id = 1", "the id of a model never changes"),
    ("UPDATE models SET name = 'beta' WHERE id = 1", "another model has this provider and name"),
    ("UPDATE OR REPLACE models SET name = 'beta'", "another model has this provider and name"),
    ("DELETE FROM models WHERE id = 1", "the model has opinions: delete those first"),
    # Times.
    ("UPDATE models SET retired_at = '2026-11-22'", "retired_at_is_an_iso_8601_utc_time"),
    ("UPDATE models SET retired_at = 'now'", "retired_at_is_an_iso_8601_utc_time"),
    ("UPDATE models SET retired_at = '2026-11-22 09:30:00Z'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET retired_at = '2026-11-22T09:30:00'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET retired_at = '2026-11-22T09:30:00+01:00'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET retired_at = '2026-11-22T09:30:00+01:00Z'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET retired_at = '2026-13-22T09:30:00Z'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET retired_at = '2026-11-22T29:30:00Z'", "retired_at_is_an_iso_8601"),
    ("UPDATE models SET first_seen = NULL", "models.first_seen"),
    ("UPDATE capabilities SET observed_at = 'x'", "observed_at_is_an_iso_8601_utc_time"),
    ("UPDATE capabilities SET changed_at = 5", "changed_at_is_an_iso_8601_utc_time"),
    # Opinions.
    ("INSERT INTO capabilities (model_id, resolver) VALUES (9, 'user')", "unknown model"),
    ("INSERT INTO capabilities (model_id, resolver) VALUES (NULL, 'user')", "unknown model"),
    ("INSERT INTO capabilities (model_id, resolver) VALUES (1, 'me')", "unknown resolver"),
    ("INSERT INTO capabilities (model_id, resolver) VALUES (1, 'user')", "capabilities.model_id"),
    ("UPDATE capabilities SET model_id = 2", "an opinion keeps its model and resolver"),
    ("UPDATE capabilities SET resolver = 'static'", "an opinion keeps its model and resolver"),
    # Resolvers.
    ("INSERT INTO resolvers (name) VALUES ('')", "name_is_1_to_64"),
    ("INSERT INTO resolvers (name) VALUES ('user')", "resolvers.name"),
    ("UPDATE resolvers SET precedence = 'high'", "resolvers.precedence"),
    ("UPDATE resolvers SET precedence = NULL", "resolvers.precedence"),
    ("UPDATE resolvers SET name = 'me' WHERE name = 'user'", "the name of a resolver never"),
    ("UPDATE resolvers SET place = 99 WHERE name = 'litellm'", "place is derived"),
    ("DELETE FROM resolvers WHERE name = 'user'", "the resolver has opinions"),
    # Sources, sightings, aliases.
    ("INSERT INTO sources (name, kind) VALUES ('there', 'alive')", "kind_is_live_or_reference"),
    ("UPDATE sources SET name = 'there'", "the name of a source never changes"),
    ("DELETE FROM sources", "the source has sightings"),
    ("INSERT INTO sightings (model_id, source) VALUES (9, 'here')", "unknown model"),
    ("INSERT INTO sightings (model_id, source) VALUES (1, 'there')", "unknown source"),
    ("INSERT INTO sightings (model_id, source) VALUES (1, 'here')", "sightings.model_id"),
    ("UPDATE sightings SET model_id = 2", "a sighting keeps its model and source"),
    ("UPDATE sightings SET source = 'there'", "a sighting keeps its model and source"),
    ("UPDATE sightings SET missing_since = ''", "missing_since_is_an_iso_8601_utc_time"),
    ("INSERT INTO aliases VALUES ('acme', 'latest', 9)", "unknown model"),
    ("INSERT INTO aliases VALUES ('acme', '', 1)", "alias_is_1_to_200"),
    # Measurements.
    (
        "INSERT INTO measurements (provider, name) VALUES ('acme', 'm')",
        "a_measurement_has_a_figure",
    ),
    (
        "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('acme', 'm', 0)",
        "tokens_per_second_is_above_0",
    ),
    (
        "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('acme', 'm', 9e999)",
        "tokens_per_second_is_above_0",
    ),
    (
        "INSERT INTO measurements (provider, name, tokens_per_second) VALUES ('acme', 'm', 'fast')",
        "measurements.tokens_per_second",
    ),
    (
        "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('acme', 'm', -5)",
        "ttft_ms_is_above_0",
    ),
    (
        "INSERT INTO measurements (provider, name, input_cost_per_1m) VALUES ('acme', 'm', -5)",
        "input_cost_per_1m_is_between",
    ),
    (
        "INSERT INTO measurements (provider, name, ttft_ms) VALUES ('ac/me', 'm', 5)",
        "provider_is_a_lower_case_id",
    ),
    ("UPDATE measurements SET ttft_ms = 1", "measurements are append-only"),
    (
        "REPLACE INTO measurements (id, provider, name, ttft_ms) VALUES (7, 'acme', 'm', 1)",
        "measurements are append-only",
    ),
    # What is derived.
    (
        "INSERT INTO catalog (model_id, provider, name, live) VALUES (9, 'a', 'b', 1)",
        "catalog is derived: write to models or capabilities instead",
    ),
    (
        "REPLACE INTO catalog (model_id, provider, name, live) VALUES (1, 'a', 'b', 1)",
        "catalog is derived",
    ),
    (
        "INSERT OR IGNORE INTO catalog (model_id, provider, name, live) VALUES (9, 'a', 'b', 1)",
        "catalog is derived",
    ),
    ("UPDATE catalog SET max_context = 1", "catalog is derived"),
    ("DELETE FROM catalog", "catalog is derived"),
    # Runs.
    (
        (
            "INSERT INTO runs (kind, started_at, status, version) "
            "VALUES ('refresh', '2026-11-22T00:00:00Z', 'fine', '1')"
        ),
        "status_is_running_ok_partial_or_failed",
    ),
    (
        (
            "INSERT INTO runs (kind, started_at, status, version) "
            "VALUES ('manual', '2026-11-22T00:00:00Z', 'ok', '1')"
        ),
        "kind_is_shipped_or_refresh",
    ),
]
BAD_ROWS_OF_A_FILE = [
    ("INSERT INTO deferral VALUES (3)", "active_is_1_or_2"),
    ("INSERT INTO models (provider, name) VALUES ('acme', 'a' || char(0))", "name_is_1_to_200"),
    ("INSERT INTO models (provider, name) VALUES ('acme', x'00')", "models.name"),
]
"""A server has no such text."""


# What a server says in its own words.
SERVED = {
    "models.name": 'null value in column "name"',
    "models.first_seen": 'null value in column "first_seen"',
    "capabilities.model_id": "capabilities_pkey",
    "sightings.model_id": "sightings_pkey",
    "resolvers.name": "resolvers_pkey",
    "resolvers.precedence": "invalid input syntax|null value in column",
    "measurements.tokens_per_second": "invalid input syntax",
    "tokens_per_second_is_above_0": "tokens_per_second_is_above_0|out of range",
}


def test_a_bad_row_is_refused_with_a_reason(catalog: sqlite3.Connection) -> None:
    """Through the bare driver, with foreign keys off, the refusal names the rule or what to do."""
    wrong = []
    for statement, reason in [*BAD_ROWS, *(BAD_ROWS_OF_A_FILE if is_file(catalog) else [])]:
        here = re.escape(reason) if is_file(catalog) else SERVED.get(reason, re.escape(reason))
        told = refusal(catalog, statement)
        wrong += [] if told and re.search(here, told) else [(statement, told)]
    assert wrong == []


def test_after_a_refused_row_the_table_still_takes_good_ones(catalog: sqlite3.Connection) -> None:
    """No statement that was refused, or an odd id, stands in the way of the next model."""
    with pytest.raises(sqlite3.IntegrityError):
        catalog.execute("INSERT INTO models (id, provider, name) VALUES (-1, 'acme', 'gamma')")
    catalog.execute("INSERT INTO models (provider, name) VALUES ('acme', 'gamma')")
    catalog.execute("INSERT INTO models (provider, name) VALUES ('acme', 'delta')")
    assert catalog.execute("SELECT count(*) FROM catalog").fetchone() == (4,)


def test_orphans_cannot_be_made(catalog: sqlite3.Connection) -> None:
    """With foreign keys on or off, a row that refers to nothing is refused."""
    statements = [
        "DELETE FROM models WHERE id = 1",
        "INSERT INTO capabilities (model_id, resolver) VALUES (99, 'user')",
        "INSERT INTO sightings (model_id, source) VALUES (99, 'here')",
        "INSERT INTO aliases VALUES ('acme', 'x', 99)",
        "DELETE FROM resolvers WHERE name = 'user'",
    ]
    for foreign_keys in ("ON", "OFF"):
        if is_file(catalog):
            catalog.execute(f"PRAGMA foreign_keys={foreign_keys}")
        assert [each for each in statements if not refusal(catalog, each)] == []
    assert broken(catalog) == []


def test_good_times_are_taken(catalog: sqlite3.Connection) -> None:
    """Seconds may have any number of decimals, or none."""
    for time in ("2026-11-22T09:30:00Z", "2026-11-22T09:30:00.5Z", "2026-11-22T23:59:59.999999Z"):
        catalog.execute("UPDATE models SET retired_at = ? WHERE id = 1", (time,))
        kept = catalog.execute("SELECT retired_at FROM catalog WHERE model_id = 1").fetchall()
        assert kept == [(time,)]


def test_what_is_left_out_is_filled_in(catalog: sqlite3.Connection) -> None:
    """Times default to now in the one format, so that a person names only what he knows."""
    defaults = catalog.execute(
        "SELECT first_seen, last_seen FROM models UNION ALL "
        "SELECT first_seen, last_seen FROM sightings UNION ALL "
        "SELECT observed_at, changed_at FROM capabilities UNION ALL "
        "SELECT measured_at, measured_at FROM measurements"
    ).fetchall()
    pattern = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert len(defaults) == 6
    assert all(pattern.fullmatch(time) for row in defaults for time in row)


def test_a_new_resolver_stands_between_curated_tables_and_providers(
    catalog: sqlite3.Connection,
) -> None:
    """A resolver without a precedence outranks `static` and `tiers`, not `ollama`."""
    catalog.execute("INSERT INTO resolvers (name) VALUES ('mine')")
    order = [
        name for (name,) in catalog.execute("SELECT name FROM resolvers ORDER BY place").fetchall()
    ]
    assert order.index("tiers") < order.index("mine") < order.index("ollama")


# The plans of the hot queries.

HERE = Scope("2026-11-22", presumed("acme", "globex"))
SORT = "USE TEMP B-TREE"


@pytest.fixture(scope="module", params=[False, True], ids=["bare", "analyzed"])
def stocked(request: pytest.FixtureRequest) -> Iterator[sqlite3.Connection]:
    """A catalog of 2,000 models, with and without the statistics of ANALYZE; only read."""
    with in_memory() as connection:
        connection.execute("INSERT INTO deferral VALUES (1)")
        connection.executemany(
            "INSERT INTO models (provider, name, family) VALUES (?, ?, 'f')",
            [(("acme", "globex", "initech")[i % 3], f"m{i}") for i in range(2_000)],
        )
        connection.execute(
            "INSERT INTO aliases SELECT provider, 'old-' || name, id FROM models WHERE id % 5 = 0"
        )
        connection.execute(
            "INSERT INTO capabilities (model_id, resolver, quality_tier, max_context) "
            "SELECT id, 'static', CASE WHEN id % 10 = 0 THEN 'best' END, id FROM models"
        )
        connection.execute("INSERT INTO sources (name) VALUES ('here')")
        connection.execute(
            "INSERT INTO sightings (model_id, source) "
            "SELECT id, 'here' FROM models WHERE id % 7 = 0"
        )
        connection.execute(FOLD_STEPS[2])
        connection.execute("DELETE FROM pending")
        connection.execute("DELETE FROM deferral")
        if request.param:
            connection.execute("ANALYZE")
        yield connection


def plan(connection: sqlite3.Connection, criteria: dict[str, object], scope: Scope = HERE) -> str:
    """What SQLite will do for a query."""
    statement = compile_query(criteria, scope)
    rows = connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)
    return "\n".join(row[3] for row in rows)


ANY: dict[str, object] = {"limit": 1, "available": False}
WALKS: list[tuple[dict[str, object], str]] = [
    (ANY, "SCAN c USING INDEX catalog_shown"),
    ({}, "SCAN c USING INDEX catalog_shown"),
    ({"limit": 20, "offset": 40, "available": False}, "SCAN c USING INDEX catalog_shown"),
    ({**ANY, "requires_tools": True, "min_context": 9}, "SCAN c USING INDEX catalog_shown"),
    ({**ANY, "family": "f"}, "SCAN c USING INDEX catalog_shown"),
    ({**ANY, "quality_tier": "best"}, "SEARCH c USING INDEX catalog_shown (rank_tier=?)"),
    (
        {**ANY, "min_quality_tier": "balanced"},
        "SEARCH c USING INDEX catalog_shown (rank_tier<?)",
    ),
    ({**ANY, "mode": "any", "price_basis": "any"}, "SCAN c USING INDEX catalog_by_rank"),
    ({**ANY, "mode": "embedding"}, "SCAN c USING INDEX catalog_by_rank"),
    ({**ANY, "include_deprecated": True}, "SCAN c USING INDEX catalog_by_rank"),
    ({"limit": 1, "provider": "acme"}, "_by_provider (provider=?)"),
    (
        {"limit": 1, "provider": "acme", "quality_tier": "best"},
        "_by_provider (provider=? AND rank_tier=?)",
    ),
]
COSTS = "rank_tier=? AND rank_band=? AND rank_price>? AND rank_price<?"
MERGED: list[tuple[dict[str, object], list[tuple[str, int]]]] = [
    (
        {},
        [
            ("catalog_shown_by_provider (provider=?)", 2),
            ("catalog_that_is_own_shown (rank_tier>?)", 1),
        ],
    ),
    (
        {"mode": "embedding", "requires_tools": True, "min_context": 9},
        [("catalog_by_provider (provider=?)", 2), ("catalog_that_is_own (rank_tier>?)", 1)],
    ),
    (
        {"quality_tier": "best"},
        [
            ("_by_provider (provider=? AND rank_tier=?)", 2),
            ("catalog_that_is_own_shown (rank_tier=?)", 1),
        ],
    ),
    ({"providers": {"acme", "initech"}}, [("_by_provider (provider=?)", 2)]),
    ({"providers": {"acme"}, "available": False}, [("_by_provider (provider=?)", 1)]),
    (
        {"cost_tier": "cheap"},
        [
            (f"catalog_shown_by_provider (provider=? AND {COSTS})", 2),
            (f"catalog_that_is_own_shown ({COSTS})", 1),
        ],
    ),
    ({"cost_tier": "cheap", "available": False}, [(f"catalog_shown ({COSTS})", 1)]),
    ({"cost_tier": "cheap", "provider": "acme"}, [(f"_by_provider (provider=? AND {COSTS})", 1)]),
]
"""Criteria, and how many times the plan of a page names each index."""


def test_a_query_walks_an_index_in_rank_order(stocked: sqlite3.Connection) -> None:
    """The best model is found from the top of an index; nothing is collected and sorted."""
    plans = [(criteria, index, plan(stocked, criteria)) for criteria, index in WALKS]
    assert [(c, steps) for c, index, steps in plans if index not in steps or SORT in steps] == []


def test_a_query_limited_to_some_providers_merges_walks(stocked: sqlite3.Connection) -> None:
    """Each provider, and live models, have a walk; only the models of the page are sorted."""
    for criteria, walks in MERGED:
        steps = plan(stocked, {"limit": 3, **criteria})
        assert [(index, steps.count(index)) for index, _ in walks] == walks, (criteria, steps)
        assert steps.count("SEARCH c USING") == 1 + sum(count for _, count in walks), (
            criteria,
            steps,
        )
        assert "SCAN c " not in steps
        assert "SEARCH c USING INTEGER PRIMARY KEY (rowid=?)" in steps
        assert steps.count(SORT) == 1, (criteria, steps)
        assert steps.endswith(f"{SORT} FOR ORDER BY")


def test_a_registry_of_its_own_sources_walks_the_index_too(stocked: sqlite3.Connection) -> None:
    """Asking for the models of certain sources looks each sighting up by its key."""
    steps = plan(stocked, {"limit": 1}, Scope("2026-11-22", sources=("here", "there")))
    assert "SCAN c USING INDEX catalog_shown" in steps
    assert "SEARCH s USING PRIMARY KEY (model_id=? AND source=?)" in steps
    assert SORT not in steps


@pytest.mark.parametrize(
    ("provider", "index"), [("acme", "catalog_by_name"), (None, "catalog_by_bare_name")]
)
def test_finding_a_model_scans_nothing(
    stocked: sqlite3.Connection, provider: str | None, index: str
) -> None:
    """A model is found by its name through an index, with or without its provider."""
    statement = compile_find(provider, "m7")
    rows = stocked.execute(f"EXPLAIN QUERY PLAN {statement.sql}", statement.parameters)
    steps = [row[3] for row in rows]
    assert any(index in step for step in steps)
    assert [step for step in steps if re.search(r"SCAN (c|catalog)\b", step)] == []


def test_each_index_is_there(catalog: sqlite3.Connection) -> None:
    """Every index of the code is in the file under its own name."""
    names = catalog.execute(
        "SELECT name FROM sqlite_master WHERE type = 'index'"
        if is_file(catalog)
        else "SELECT indexname FROM pg_indexes"
    ).fetchall()
    assert set(INDEXES) - {name for (name,) in names} == set()
