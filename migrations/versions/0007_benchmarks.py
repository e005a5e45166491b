"""Scores of base models in benchmarks, which tier they make, and what ranks by them.

Also four facts of offers (video, shortest cached prompt, endpoints, levels of effort), the page
of an opinion in its history, and the text in which a name is searched.

SQLite adds no stored column to a table that has rows. Each is added as a plain one and made a
stored one in the text of its table, as SQLite's documentation advises for changes of the text
alone; an UPDATE of every row computes it. The same is done for a CHECK that gets one more word.

Frozen text only, never an import of modeldex. Views, triggers and indexes are made from the code
of the head; those of users are dropped before and made again by `modeldex.storage`.
"""

import sqlalchemy as sa
from alembic import op

NUMBER = 7
"""The schema of this revision."""

revision, down_revision = f"{NUMBER:04d}", f"{NUMBER - 1:04d}"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
REAL = sa.Double().with_variant(sa.REAL(), "sqlite")
OPINIONS = "capabilities"
COPIES = (
    "capability_history", "catalog", "catalog_before", "catalog_history", "replaced",
)  # fmt: skip
"""Tables with the same columns, without CHECKs; `replaced` is one of SQLite's."""

RANKED = ("catalog", "catalog_history")
WITH_CLASS = ("catalog", "catalog_before", "catalog_history")
WITH_PAGE = ("capability_history", "replaced")
INDEXES = (
    "catalog_by_rank", "catalog_shown", "catalog_history_shown", "catalog_by_provider",
    "catalog_shown_by_provider", "catalog_that_is_own", "catalog_that_is_own_shown",
)  # fmt: skip
RESOLVERS = {"consensus": 290, "dated_prices": 295, "evidence": 330, "succession": 150}
"""Those that are new, by precedence."""

TIER = "CASE quality_tier WHEN 'best' THEN 0 WHEN 'balanced' THEN 1 WHEN 'cheap' THEN 2 ELSE 3 END"
BAND = (
    "CASE WHEN {0} > 55 THEN CAST(round((100 - {0}) / 5 - 0.49) AS BIGINT) "
    "WHEN {0} IS NOT NULL THEN 9 END"
)
GENERAL = BAND.format("quality_score")
BACK = "CASE WHEN newer_versions > 3 THEN 3 ELSE coalesce(newer_versions, 0) END"
ENDS = ("", "_by_provider", "_that_is_own")
TASKS = ("coding", "vision", "documents")
BLENDED = "(3 * input_cost_per_1m + output_cost_per_1m) / 4"
BANDS = {
    "rank_price": (
        f"coalesce(CASE WHEN {BLENDED} < 0.01 THEN {BLENDED} "
        f"ELSE round(1000 * {BLENDED}) / 1000 END, 9e99)"
    ),
    "rank_band": f"coalesce({GENERAL}, 10) + {BACK}",
    **{
        f"rank_{task}": (f"coalesce({BAND.format(task + '_score')}, {GENERAL} + 1, 11 + {TIER})")
        for task in TASKS
    },
}
SEARCH = "search_text"
WORDS = "provider || '/' || name" + "".join(
    f" || coalesce(' ' || {name}, '')" for name in ("display_name", "base", "family", "aliases")
)
SEARCHED = f"lower({WORDS})"
SAID = "all its names in lower case with spaces between"

TYPES = dict.fromkeys(BANDS, ("INTEGER", "BIGINT")) | {"rank_price": ("REAL", "DOUBLE PRECISION")}
"""Types of SQLite and PostgreSQL."""

STEPS = 56
"""Pairs of a tier and a band."""

PART = "kind_is_a_kind_of_part"
PARTS = "'resolver', 'source', 'suite', 'provider'"
ALIASES = "other names it has there with spaces between"
CLASS = "0: the lab of its base; 1: a cloud; 2: others; 3: a reseller or plan"
BASES = ("user", "measured", "benchmark", "curated", "price", "size")


def is_sqlite() -> bool:
    return op.get_context().dialect.name == "sqlite"


def number(schema: int) -> None:
    """Enter the schema number, which every revision counts up."""
    if is_sqlite():
        op.execute(f"PRAGMA user_version = {schema}")
    else:
        op.execute(f"UPDATE about SET value = '{schema}' WHERE key = 'schema'")


def check(name: str, sqlite: str, postgresql: str | None = None) -> sa.CheckConstraint:
    return sa.CheckConstraint(sqlite if is_sqlite() else postgresql or sqlite, name=name)


def between(name: str, low: int, high: int) -> sa.CheckConstraint:
    return check(f"{name}_is_between_{low}_and_{high}", f"{name} BETWEEN {low} AND {high}")


def printable(name: str, limit: int = 200) -> sa.CheckConstraint:
    short = f"length({name}) BETWEEN 1 AND {limit} AND {name} = trim({name})"
    control = "'*[' || char(1) || '-' || char(31) || char(127) || ']*'"
    return check(
        f"{name}_is_1_to_{limit}_printable_characters",
        f"{short} AND instr({name}, char(0)) = 0 AND {name} NOT GLOB {control}",
        f"{short} AND {name} !~ '[\\x01-\\x1f\\x7f]'",
    )


def word(name: str) -> sa.CheckConstraint:
    short = f"length({name}) BETWEEN 1 AND 64"
    return check(
        f"{name}_is_a_lower_case_id",
        f"{short} AND {name} GLOB '[a-z0-9]*' AND {name} NOT GLOB '*[^a-z0-9._-]*'",
        f"{short} AND {name} ~ '^[a-z0-9][a-z0-9._-]*$'",
    )


def words(name: str) -> sa.CheckConstraint:
    return check(
        f"{name}_is_words_separated_by_commas",
        f"{name} NOT GLOB '*[^!-~]*' AND ',' || {name} || ',' NOT GLOB '*,,*'",
        f"{name} !~ '[^!-~]' AND ',' || {name} || ',' NOT LIKE '%,,%'",
    )


def date(name: str) -> sa.CheckConstraint:
    return check(
        f"{name}_is_a_date",
        f"{name} IS NULL OR (date(substr({name} || '-01', 1, 10)) IS NOT NULL AND "
        f"({name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]' "
        f"OR {name} GLOB '[0-9][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]'))",
        f"{name} IS NULL OR modeldex_is_date({name})",
    )


def flag(name: str) -> sa.CheckConstraint:
    return check(f"{name}_is_0_or_1", f"{name} IN (0, 1)")


SCORES = {
    "quality_score": "standing in benchmarks of at least two families; see docs/benchmarks",
    "quality_low": "lower end of what quality_score may really be",
    "quality_high": "upper end of what quality_score may really be",
    "quality_families": "suites of one vote are one",
    "coding_score": "standing in programming half of which is quality_score",
    "vision_score": "standing with images half of which is quality_score",
    "documents_score": "standing with documents half of which is quality_score",
}


def fields() -> list[tuple[str, object, object, str]]:
    """Name, type, CHECK and comment of the new fields."""
    found = [
        ("supports_video", WHOLE, flag, "0 or 1: accepts video as input"),
        (
            "min_cacheable_tokens", WHOLE, lambda name: between(name, 1, 1_000_000_000),
            "tokens: shortest prompt that the cache takes",
        ),
        (
            "endpoints", TEXT, words,
            "words separated by commas: paths of the API that take it such as /v1/responses",
        ),
        (
            "effort_levels", TEXT, words,
            "words separated by commas: levels of reasoning effort that it accepts",
        ),
    ]  # fmt: skip
    for name, meaning in SCORES.items():
        if name == "quality_families":
            rule = lambda name: between(name, 1, 1_000_000_000)  # noqa: E731
            found.append((name, WHOLE, rule, f"families: {meaning}"))
        else:
            rule = lambda name: between(name, 0, 100)  # noqa: E731
            found.append((name, REAL, rule, f"points of 100: {meaning}"))
    return [
        *found,
        (
            "superseded_by", TEXT, printable,
            "model name: newer version there of no less use for its price",
        ),
        (
            "newer_versions", WHOLE, lambda name: between(name, 1, 1_000_000_000),
            "offers: of its tier and band which supersede it",
        ),
    ]  # fmt: skip


def text(name: str, *checks: sa.CheckConstraint | sa.Computed, **options: object) -> sa.Column:
    return sa.Column(name, TEXT, *checks, **options)


def finite(name: str, comment: str, *, needed: bool = False) -> sa.Column:
    rule = check(f"{name}_is_a_finite_number", f"abs({name}) <= 1000000000")
    return sa.Column(name, REAL, rule, nullable=not needed, comment=comment)


def shipped() -> sa.Column:
    return sa.Column(
        "shipped", WHOLE, flag("shipped"), server_default=sa.text("0"), nullable=False,
        comment="1: came with modeldex, which replaces it",
    )  # fmt: skip


def create(name: str, comment: str, *columns: sa.Column) -> None:
    op.create_table(
        name, *columns, comment=comment, info={"modeldex": True}, sqlite_strict=True,
        sqlite_with_rowid=False,
    )  # fmt: skip


def create_tables() -> None:
    create(
        "suites",
        "how a score of a benchmark becomes a standing from 0 to 100; add yours",
        text("name", printable("name"), primary_key=True),
        text("family", word("family"), nullable=False, comment="suites of one vote are one family"),
        text(
            "task",
            check(
                "task_is_general_or_coding_or_vision_or_documents",
                "task IN ('general', 'coding', 'vision', 'documents')",
            ),
            nullable=False,
        ),
        finite("zero_at", "score of the standing 0", needed=True),
        finite("hundred_at", "score of the standing 100", needed=True),
        finite("lowest", "lower scores count for nothing"),
        finite("highest", "higher scores count for nothing"),
        finite("half_width", "half of the interval of a score that states none"),
        shipped(),
        sa.CheckConstraint("hundred_at <> zero_at", name="anchors_differ"),
    )
    create(
        "benchmarks",
        "scores of base models in suites, each with its source; add yours",
        text("base", printable("base"), primary_key=True, comment="maker/name; see table bases"),
        text("suite", printable("suite"), primary_key=True),
        text(
            "variant", check("variant_has_at_most_200_characters", "length(variant) <= 200"),
            primary_key=True, server_default="", comment="effort or thinking; empty: as it is",
        ),
        text("day", date("day"), primary_key=True, comment="the newest counts"),
        finite("score", "on the scale of its suite", needed=True),
        finite("low", "lower end of the interval"),
        finite("high", "upper end of the interval"),
        sa.Column(
            "n", WHOLE, between("n", 1, 1_000_000_000), comment="votes or tests that it is of"
        ),
        text("source", printable("source", 500), comment="page or data set that says it"),
        text("licence", printable("licence"), comment="of the source; NULL: not known"),
        shipped(),
    )  # fmt: skip
    create(
        "quality_tiers",
        "where a quality_score overrules a reviewed tier; yours to edit",
        text(
            "name", check("name_is_best_or_balanced", "name IN ('best', 'balanced')"),
            primary_key=True,
        ),
        sa.Column(
            "above", REAL, between("above", 0, 100), nullable=False,
            comment="an interval wholly above it lifts an offer into the tier",
        ),
        sa.Column(
            "below", REAL, between("below", 0, 100), nullable=False,
            comment="an interval wholly below it puts an offer out of the tier",
        ),
        sa.CheckConstraint("below <= above", name="below_is_not_above"),
    )  # fmt: skip
    op.execute("INSERT INTO quality_tiers VALUES ('best', 75, 73), ('balanced', 70, 52)")
    create(
        "rank_steps", "internal: numbers from 0 on, by which a query steps from band to band",
        sa.Column("step", WHOLE, primary_key=True, autoincrement=False),
    )  # fmt: skip
    op.execute(f"INSERT INTO rank_steps VALUES {', '.join(f'({n})' for n in range(STEPS))}")


def add_fields() -> None:
    for table in (OPINIONS, *COPIES):
        if table == "replaced" and not is_sqlite():
            continue
        for name, type_, rule, comment in fields():
            shown = comment if table in (OPINIONS, "catalog") else None
            checks = [rule(name)] if table == OPINIONS else []
            op.add_column(table, sa.Column(name, type_, *checks, comment=shown))
        if table in WITH_PAGE:
            op.add_column(table, text("source_url"))


def add_bands() -> None:
    """Add the class of the provider, the aliases, stored columns and the text to search in."""
    for table in WITH_CLASS:
        kind = sa.Column(
            "rank_class", WHOLE, nullable=False, server_default=sa.text("2"),
            comment=CLASS,
        )  # fmt: skip
        op.add_column(table, kind)
        op.add_column(table, text("aliases", comment=ALIASES))
    for table in RANKED:
        for name, sql in BANDS.items():
            if is_sqlite():
                op.execute(
                    f"ALTER TABLE {table} ADD COLUMN {name} {TYPES[name][0]} NOT NULL DEFAULT 0"
                )
            else:
                op.execute(
                    f"ALTER TABLE {table} ADD COLUMN {name} {TYPES[name][1]} "
                    f"GENERATED ALWAYS AS ({sql}) STORED NOT NULL"
                )
        computed = sa.Computed(SEARCHED, persisted=not is_sqlite())
        op.add_column(table, text(SEARCH, computed, comment=SAID))


def compute_bands() -> None:
    """Make plain columns of SQLite stored ones."""
    op.execute("PRAGMA writable_schema = ON")
    for name, sql in BANDS.items():
        quoted, type_ = sql.replace("'", "''"), TYPES[name][0]
        op.execute(
            f"UPDATE sqlite_master SET sql = replace(sql, '{name} {type_} NOT NULL DEFAULT 0', "
            f"'{name} {type_} NOT NULL GENERATED ALWAYS AS ({quoted}) STORED') "
            f"WHERE type = 'table' AND name IN {RANKED}"
        )
    op.execute("PRAGMA writable_schema = RESET")
    for table in RANKED:
        op.execute(f"UPDATE {table} SET quality_score = quality_score")


def basis_check(names: tuple[str, ...]) -> tuple[str, str]:
    """Name and text of the CHECK of `quality_basis`."""
    listed = ", ".join(f"'{name}'" for name in names)
    return f"quality_basis_is_{'_or_'.join(names)}", f"quality_basis IN ({listed})"


def change_bases(old: tuple[str, ...], new: tuple[str, ...]) -> None:
    """Change the words that `quality_basis` may be."""
    (old_name, old_text), (new_name, new_text) = basis_check(old), basis_check(new)
    if not is_sqlite():
        op.execute(f"ALTER TABLE {OPINIONS} DROP CONSTRAINT {old_name}")
        op.execute(f"ALTER TABLE {OPINIONS} ADD CONSTRAINT {new_name} CHECK ({new_text})")
        return
    before = f"{old_name} CHECK ({old_text})".replace("'", "''")
    after = f"{new_name} CHECK ({new_text})".replace("'", "''")
    op.execute("PRAGMA writable_schema = ON")
    op.execute(
        f"UPDATE sqlite_master SET sql = replace(sql, '{before}', '{after}') "
        f"WHERE type = 'table' AND name = '{OPINIONS}'"
    )
    op.execute("PRAGMA writable_schema = RESET")


def upgrade() -> None:
    drop_views()
    drop_indexes()
    create_tables()
    add_fields()
    add_bands()
    if is_sqlite():
        compute_bands()
    change_bases(BASES, (*BASES, "inferred"))
    if not is_sqlite():
        op.execute("ALTER TABLE pending_parts DROP CONSTRAINT kind_is_resolver_source_or_suite")
        op.execute(f"ALTER TABLE pending_parts ADD CONSTRAINT {PART} CHECK (kind IN ({PARTS}))")
    for name, precedence in RESOLVERS.items():
        new = f"WHERE NOT EXISTS (SELECT 1 FROM resolvers WHERE name = '{name}')"
        op.execute(
            "INSERT INTO resolver_history (name, at, precedence) "
            f"SELECT '{name}', '1970-01-01T00\\:00\\:00.000Z', {precedence} {new}"
        )
        op.execute(f"INSERT INTO resolvers (name, precedence) SELECT '{name}', {precedence} {new}")
    number(NUMBER)


def drop_indexes() -> None:
    """Drop those whose columns differ, or are gone; they are made again from the code."""
    tasks = [f"catalog_for_{task}{end}" for task in TASKS for end in ENDS]
    for name in (*INDEXES, *tasks):
        op.execute(f"DROP INDEX IF EXISTS {name}")


def drop_views() -> None:
    """Drop views and triggers, which read the columns; an older program makes its own."""
    if op.get_context().as_sql:
        return
    sql = (
        "SELECT type, name, '' FROM sqlite_master WHERE type IN ('view', 'trigger')"
        if is_sqlite()
        else "SELECT 'view', viewname, ' CASCADE' FROM pg_views "
        "WHERE schemaname = current_schema() "
        "UNION ALL SELECT 'trigger', t.tgname, ' ON ' || c.relname FROM pg_trigger t "
        "JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal "
        "AND c.relnamespace = current_schema()::regnamespace"
    )
    for kind, name, more in op.get_bind().exec_driver_sql(sql).fetchall():
        op.execute(f'DROP {kind} IF EXISTS "{name}"{more}')


def downgrade() -> None:
    drop_views()
    drop_indexes()
    if not is_sqlite():
        op.execute(f"ALTER TABLE pending_parts DROP CONSTRAINT {PART}")
        op.execute(
            "ALTER TABLE pending_parts ADD CONSTRAINT kind_is_resolver_source_or_suite "
            "CHECK (kind IN ('resolver', 'source', 'suite'))"
        )
    op.execute(f"UPDATE {OPINIONS} SET quality_basis = NULL WHERE quality_basis = 'inferred'")
    change_bases((*BASES, "inferred"), BASES)
    for table in RANKED:
        for name in (SEARCH, *reversed(BANDS)):
            op.drop_column(table, name)
    for table in WITH_CLASS:
        op.drop_column(table, "aliases")
        op.drop_column(table, "rank_class")
    for table in (*COPIES, OPINIONS):
        if table == "replaced" and not is_sqlite():
            continue
        if table in WITH_PAGE:
            op.drop_column(table, "source_url")
        for name, *_ in reversed(fields()):
            op.drop_column(table, name)
    for name in ("rank_steps", "quality_tiers", "benchmarks", "suites"):
        op.drop_table(name)
    number(NUMBER - 1)
