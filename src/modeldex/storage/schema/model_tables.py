"""The tables about models: offers, sightings, opinions, and the effective rows."""

from typing import Any

from sqlalchemy import Column, ForeignKey, UniqueConstraint
from sqlalchemy import text as sql

from modeldex.storage.schema.ddl import REAL, WHOLE, check, field_check, one_of, text, word
from modeldex.storage.schema.declare import (
    band_columns,
    field_columns,
    model_column,
    rank_columns,
    row_id,
    shipped_column,
    since_column,
    table,
    text_column,
    time_column,
)
from modeldex.vocabulary.fields import BY_NAME, Field
from modeldex.vocabulary.provider_classes import CLASSES


def _named(column: str, field: str) -> Field:
    """A field under another name."""
    return BY_NAME[field]._replace(name=column)


table(
    "about", "what this file is and which modeldex it needs",
    text_column("key", primary_key=True), text_column("value", nullable=False), rowid=False,
)  # fmt: skip
table(
    "models", "one row per offer: a provider and the name its API expects",
    row_id("models"),
    text_column("provider", word("provider"), nullable=False),
    text_column("name", text("name"), nullable=False),
    text_column("family", text("family"), comment="line of models, such as gpt-mini"),
    text_column("display_name", text("display_name")),
    since_column("first_seen"), since_column("last_seen"),
    time_column("retired_at", comment="set: hidden from queries, still found by name"),
    UniqueConstraint("provider", "name", name="provider_and_name_are_unique"),
)  # fmt: skip
table(
    "aliases", "other names the same provider accepts",
    text_column("provider", word("provider"), primary_key=True),
    text_column("alias", text("alias"), primary_key=True),
    model_column(key=False), rowid=False,
)  # fmt: skip
table(
    "provider_aliases", "other names of providers; rows written under one get the id; add yours",
    text_column("alias", word("alias"), primary_key=True),
    text_column("provider", word("provider"), nullable=False),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "provider_classes", "what kind of business a provider is; no row means: nobody has said",
    text_column("provider", word("provider"), primary_key=True),
    text_column(
        "class", one_of("class", CLASSES, "class_is_one_of_those_in_the_docs"), nullable=False,
        comment="lab, cloud, host, gateway, reseller, local, plan or unclassed",
    ),
    text_column("maker", word("maker"), comment="of base models: whose lab it is"),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "bases", "reviewed base models: what was trained, whoever offers it; add yours",
    text_column("id", text("id"), primary_key=True, comment="maker/name"),
    text_column("maker", word("maker"), nullable=False),
    text_column("line", text("line"), comment="such as claude-sonnet"),
    text_column("version", text("version")),
    text_column("display_name", text("display_name")),
    text_column("released", field_check(_named("released", "release_date"))),
    text_column("cutoff", field_check(_named("cutoff", "knowledge_cutoff"))),
    text_column("licence", text("licence")),
    Column("open_weights", WHOLE, field_check(BY_NAME["open_weights"])),
    text_column("hugging_face", text("hugging_face"), comment="id at Hugging Face"),
    text_column("parent", text("parent"), comment="base that it was tuned or distilled from"),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "notices", "what makers and hosts announce of their models; add yours",
    text_column("provider", word("provider"), primary_key=True),
    text_column("name", text("name"), primary_key=True, comment="as the page has it"),
    text_column("stated_by", text("stated_by"), primary_key=True, server_default="user"),
    *(text_column(name, field_check(BY_NAME[name])) for name in ("deprecated_at", "retires_at")),
    text_column("replacement", text("replacement")),
    text_column("source_url", text("source_url", 500), comment="the page"),
    text_column(
        "read_at", field_check(_named("read_at", "retires_at")),
        comment="when it was read; of two that differ the later one counts",
    ),
    text_column(
        "presumed_gone", field_check(BY_NAME["presumed_gone"]),
        comment="day of a list that no longer had it; nobody announced an end",
    ),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "coverage", "which data set lists all offers of a provider and mode; add yours",
    text_column("source", text("source", 64), primary_key=True),
    text_column("provider", word("provider"), primary_key=True),
    text_column("mode", field_check(BY_NAME["mode"]), comment="NULL: any"),
    Column(
        "tools_only", WHOLE, field_check(_named("tools_only", "supports_tools")), nullable=False,
        server_default=sql("0"), comment="1: only those that call tools",
    ),
    shipped_column(), rowid=False,
)  # fmt: skip
table(
    "sources", "who says that models exist",
    text_column("name", text("name", 64), primary_key=True),
    text_column(
        "kind", one_of("kind", ("live", "reference")), nullable=False, server_default="live",
        comment="live: can be called; reference: a dataset knows it",
    ),
    Column(
        "keyed", WHOLE, check("keyed_is_0_or_1", "keyed IN (0, 1)"), nullable=False,
        server_default=sql("0"),
        comment="1: callable where the key and address of its listing are configured",
    ),
    text_column("origin", comment="file or environment that it is configured in if that may go"),
    rowid=False,
)  # fmt: skip
table(
    "sightings", "which source saw which model, and since when not",
    model_column(key=True), text_column("source", ForeignKey("sources.name"), primary_key=True),
    since_column("first_seen"), since_column("last_seen"), time_column("missing_since"),
    Column(
        "missed", WHOLE, nullable=False, server_default=sql("0"),
        comment="complete answers in a row without it",
    ),
    rowid=False,
)  # fmt: skip
table(
    "resolvers", "who states capabilities; the highest precedence wins",
    text_column("name", text("name", 64), primary_key=True),
    Column(
        "precedence", WHOLE, nullable=False, server_default=sql("350"),
        comment="350 is between the curated table and provider APIs",
    ),
    Column(
        "place", WHOLE, nullable=False, server_default=sql("0"),
        comment="derived: precedence with ties resolved by name",
    ),
    rowid=False,
)  # fmt: skip
table(
    "capabilities", "one opinion: what one resolver says of one model",
    model_column(key=True, linked=None),
    text_column("resolver", ForeignKey("resolvers.name"), primary_key=True),
    *field_columns(
        since_column("observed_at", "when it was true"),
        since_column("changed_at", "when this row last changed"), checked=True, explained=True,
        late=(
            (6, text_column("source_url", text("source_url", 500), comment="page that says it")),
        ),
    ),
    rowid=False,
)  # fmt: skip
table(
    "capability_history", "opinions that were replaced; written by triggers",
    row_id(), model_column(key=False, owned=False), text_column("resolver", nullable=False),
    *field_columns(
        *(text_column(name, nullable=False) for name in ("observed_at", "valid_from", "valid_to")),
        late=((7, text_column("source_url")),),
    ),
)  # fmt: skip


def _names() -> list[Column[Any]]:
    """What an effective row says of the model itself."""
    return [
        text_column("provider", nullable=False), text_column("name", nullable=False),
        *map(text_column, ("family", "display_name", "retired_at")),
        Column("live", WHOLE, nullable=False, comment="1: a live source sees it now"),
    ]  # fmt: skip


def _own() -> Column[Any]:
    """Whether an offer is callable by whoever has this file, without a key of its provider."""
    return Column(
        "own", WHOLE, nullable=False, server_default=sql("0"),
        comment="1: a live source that no key decides sees it now: a file or plug-in",
    )  # fmt: skip


def _class() -> Column[Any]:
    """Which kind of provider comes first at the same price."""
    return Column(
        "rank_class", WHOLE, nullable=False, server_default=sql("2"),
        comment="0: the lab of its base; 1: a cloud; 2: others; 3: a reseller or plan",
    )  # fmt: skip


def _aliases() -> Column[Any]:
    return text_column("aliases", comment="other names it has there with spaces between")


table(
    "catalog", "what people SELECT from: effective values; derived, do not write",
    model_column(key=True, owned=False), *_names(),
    *field_columns(
        *rank_columns(),
        text_column("valid_from", nullable=False, comment="since when this row holds"),
        explained=True, late=((5, _own()), (7, _class()), (7, _aliases()), *band_columns()),
    ),
)  # fmt: skip
table(
    "catalog_history", "rows of catalog that were replaced; written by triggers",
    row_id(), model_column(key=False, owned=False), *_names(),
    *field_columns(
        *(text_column(name, nullable=False) for name in ("valid_from", "valid_to")),
        *rank_columns(), late=((5, _own()), (7, _class()), (7, _aliases()), *band_columns()),
    ),
)  # fmt: skip
table(
    "catalog_before", "internal: rows of catalog that a fold replaces",
    model_column(key=True, owned=False), *_names(),
    *field_columns(
        text_column("valid_from", nullable=False),
        late=((5, _own()), (7, _class()), (7, _aliases())),
    ),
)  # fmt: skip
table(
    "cost_tiers", "cut-points on blended_cost; 0 is the tier free; yours to edit",
    text_column("name", primary_key=True),
    Column("at_least", REAL, nullable=False, comment="USD per 1M tokens"),
    Column("below", REAL, comment="NULL: no upper end"), rowid=False,
)  # fmt: skip
table(
    "rank_steps", "internal: numbers from 0 on, by which a query steps from band to band",
    Column("step", WHOLE, primary_key=True, autoincrement=False), rowid=False,
)  # fmt: skip
