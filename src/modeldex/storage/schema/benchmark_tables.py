"""The tables of benchmarks: suites with their anchors, scores of base models, what makes a tier."""

from sqlalchemy import CheckConstraint, Column

from modeldex.storage.schema.ddl import REAL, WHOLE, between, check, field_check, one_of, text, word
from modeldex.storage.schema.declare import shipped_column, table, text_column
from modeldex.vocabulary.fields import BY_NAME, TIERS
from modeldex.vocabulary.suites import TASKS

_DAY = BY_NAME["release_date"]._replace(name="day")


def _finite(name: str, comment: str, *, needed: bool = False) -> Column[float]:
    rule = check(f"{name}_is_a_finite_number", f"abs({name}) <= 1000000000")
    return Column(name, REAL, rule, nullable=not needed, comment=comment)


table(
    "suites", "how a score of a benchmark becomes a standing from 0 to 100; add yours",
    text_column("name", text("name"), primary_key=True),
    text_column(
        "family", word("family"), nullable=False, comment="suites of one vote are one family"
    ),
    text_column("task", one_of("task", TASKS), nullable=False),
    _finite("zero_at", "score of the standing 0", needed=True),
    _finite("hundred_at", "score of the standing 100", needed=True),
    _finite("lowest", "lower scores count for nothing"),
    _finite("highest", "higher scores count for nothing"),
    _finite("half_width", "half of the interval of a score that states none"),
    shipped_column(),
    CheckConstraint("hundred_at <> zero_at", name="anchors_differ"),
    rowid=False,
)  # fmt: skip
table(
    "benchmarks", "scores of base models in suites, each with its source; add yours",
    text_column("base", text("base"), primary_key=True, comment="maker/name; see table bases"),
    text_column("suite", text("suite"), primary_key=True),
    text_column(
        "variant", check("variant_has_at_most_200_characters", "length(variant) <= 200"),
        primary_key=True, server_default="", comment="effort or thinking; empty: as it is",
    ),
    text_column("day", field_check(_DAY), primary_key=True, comment="the newest counts"),
    _finite("score", "on the scale of its suite", needed=True),
    _finite("low", "lower end of the interval"),
    _finite("high", "upper end of the interval"),
    Column("n", WHOLE, between("n", 1, 1_000_000_000), comment="votes or tests that it is of"),
    text_column("source", text("source", 500), comment="page or data set that says it"),
    text_column("licence", text("licence"), comment="of the source; NULL: not known"),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "quality_tiers", "where a quality_score overrules a reviewed tier; yours to edit",
    text_column("name", one_of("name", TIERS[:-1]), primary_key=True),
    Column(
        "above", REAL, between("above", 0, 100), nullable=False,
        comment="an interval wholly above it lifts an offer into the tier",
    ),
    Column(
        "below", REAL, between("below", 0, 100), nullable=False,
        comment="an interval wholly below it puts an offer out of the tier",
    ),
    CheckConstraint("below <= above", name="below_is_not_above"),
    rowid=False,
)  # fmt: skip
