"""The tables of a PostgreSQL catalog: those of a file, and its own for open transactions."""

from typing import Any

from sqlalchemy import Column, DateTime, MetaData, Table, Text, text

from modeldex.storage.schema.ddl import TEXT, WHOLE, one_of
from modeldex.storage.schema.metadata import METADATA

SERVER = MetaData()
"""All tables and indexes of a catalog on a server."""

for _common in METADATA.tables.values():
    if "only" not in _common.info:
        _common.to_metadata(SERVER)


for _name in ("catalog", "catalog_history"):
    # PostgreSQL has others only since 18.
    SERVER.tables[_name].c.search_text.computed.persisted = True  # type: ignore[union-attr]

_PARTS = ("resolver", "source", "suite", "provider")


def _txn() -> Column[Any]:
    present = text("CAST(CAST(pg_current_xact_id() AS TEXT) AS BIGINT)")
    return Column("txn", WHOLE, primary_key=True, autoincrement=False, server_default=present)


def _key(name: str, *items: Any) -> Column[Any]:
    return Column(name, TEXT, *items, primary_key=True)


Table(
    "pending", SERVER,
    Column("model_id", WHOLE, primary_key=True, autoincrement=False), _txn(),
    Column("at", TEXT, nullable=False, server_default=text("modeldex_now()")),
    comment="internal: models whose catalog row is out of date",
)  # fmt: skip
Table(
    "pending_measurements", SERVER, _key("provider"), _key("name"), _txn(),
    comment="internal: models with samples not yet folded",
)  # fmt: skip
Table(
    "pending_parts", SERVER,
    _key("kind", one_of("kind", _PARTS, "kind_is_a_kind_of_part")),
    _key("name"), _txn(), comment="internal: of these, all models are pending",
)  # fmt: skip
Table("folds", SERVER, _txn(), comment="internal: transactions that have noted something")
Table(
    "claimed", SERVER, _key("model"),
    comment="internal: models that an open transaction is adding, as md5 of provider/name",
)  # fmt: skip
Table(
    "leases", SERVER, _key("name"), Column("holder", Text, nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    comment="who may do what only one may do at a time, until when",
)  # fmt: skip
