"""The tables of listings: what a provider's API listed, at which address and for which key."""

from sqlalchemy import Column, ForeignKey
from sqlalchemy import text as sql

from modeldex.storage.schema.columns import HOWS, PROBLEMS
from modeldex.storage.schema.ddl import WHOLE, between, check, one_of, text, word
from modeldex.storage.schema.declare import (
    model_column,
    row_id,
    since_column,
    table,
    text_column,
    time_column,
)

table(
    "listings", "what was asked of a provider's API: its address, with which key, and how it went",
    row_id(),
    text_column("provider", word("provider"), nullable=False),
    text_column(
        "address", text("address", 1000), nullable=False, comment="root of the API, without secrets"
    ),
    text_column(
        "variable", text("variable"), comment="that held the key; NULL: asked without one"
    ),
    Column(
        "fingerprint", WHOLE, between("fingerprint", 0, 65535),
        comment="16 bits of a salted hash of the key: tells a few keys apart, finds none",
    ),
    Column(
        "complete", WHOLE, check("complete_is_0_or_1", "complete IN (0, 1)"), nullable=False,
        server_default=sql("1"), comment="0: lists only a part of what can be called",
    ),
    time_column("since", comment="when it was read first"),
    time_column("read_at", comment="when it was read last; NULL: never"),
    since_column("asked_at", "when it was asked last, whatever came of it"),
    text_column(
        "problem", one_of("problem", PROBLEMS, "problem_is_one_of_those_in_the_docs"),
        comment="kind of the failure of the last request; key: refused; NULL: none",
    ),
    text_column("error", comment="why the last request failed, without secrets"),
)  # fmt: skip
table(
    "listed", "which offers a listing has, and until when it had those that it has no more",
    Column(
        "listing_id", WHOLE, ForeignKey("listings.id", ondelete="CASCADE"), primary_key=True,
        autoincrement=False,
    ),
    model_column(key=True), since_column("since"), time_column("until"), rowid=False,
)  # fmt: skip
table(
    "configured", "what the environment of the last refresh can call; view best_offers reads it",
    text_column("provider", word("provider"), primary_key=True),
    text_column(
        "how", one_of("how", HOWS, "how_is_one_of_those_in_the_docs"), nullable=False,
        comment="listed, partial, presumed, account: callable; refused, unread: not",
    ),
    Column("listing_id", WHOLE, ForeignKey("listings.id", ondelete="CASCADE")),
    text_column(
        "elsewhere", comment="first words of names of offers that its region cannot call"
    ),
    since_column("at"), rowid=False,
)  # fmt: skip
