"""The tables that only a server has: notes of open transactions, and leases.

A transaction notes what it touched, and its fold deletes the notes before it commits. So nobody
ever sees the notes of another transaction, and none are left behind.
"""

_TXN = "txn xid8 NOT NULL DEFAULT pg_current_xact_id()"

NOTES: dict[str, str] = {
    "pending": f"""CREATE TABLE pending ( -- internal: models whose catalog row is out of date
  model_id BIGINT NOT NULL,
  {_TXN},
  at TEXT COLLATE "C" NOT NULL DEFAULT modeldex_now(),
  PRIMARY KEY (model_id, txn)
)""",
    "pending_measurements": f"""CREATE TABLE pending_measurements ( -- internal: models with samples
  provider TEXT COLLATE "C" NOT NULL,
  name TEXT COLLATE "C" NOT NULL,
  {_TXN},
  PRIMARY KEY (provider, name, txn)
)""",
    "pending_parts": f"""CREATE TABLE pending_parts ( -- internal: of these, all models are pending
  kind TEXT NOT NULL CONSTRAINT kind_is_resolver_source_or_suite
    CHECK (kind IN ('resolver', 'source', 'suite')),
  name TEXT COLLATE "C" NOT NULL,
  {_TXN},
  PRIMARY KEY (kind, name, txn)
)""",
    "folds": """CREATE TABLE folds ( -- internal: transactions that have noted something
  txn xid8 NOT NULL PRIMARY KEY DEFAULT pg_current_xact_id()
)""",
    "claimed": """CREATE TABLE claimed ( -- internal: models that an open transaction is adding
  model TEXT NOT NULL PRIMARY KEY -- md5 of provider/name
)""",
    "leases": """CREATE TABLE leases ( -- who may do what only one may do at a time, until when
  name TEXT NOT NULL PRIMARY KEY,
  holder TEXT NOT NULL,
  expires_at TIMESTAMP WITH TIME ZONE NOT NULL
)""",
}
"""DDL by name; the first two replace tables of a file that have one column less."""


def note_model(model: str) -> str:
    """Return SQL that notes a model, whose row of `catalog` is then computed at COMMIT."""
    return f"INSERT INTO pending (model_id) VALUES ({model}) ON CONFLICT DO NOTHING;"


def note_measured(row: str) -> str:
    """Return SQL that notes the samples of one model; `row` is NEW or OLD."""
    return (
        f"INSERT INTO pending_measurements (provider, name) VALUES ({row}.provider, {row}.name) "
        "ON CONFLICT DO NOTHING;"
    )


def note_part(kind: str, name: str) -> str:
    """Return SQL that notes all models of a resolver, source or suite.

    Which models these are is asked by the fold: at the time of the statement, another
    transaction may be adding one.
    """
    return (
        f"INSERT INTO pending_parts (kind, name) VALUES ('{kind}', {name}) ON CONFLICT DO NOTHING;"
    )
