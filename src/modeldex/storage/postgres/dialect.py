"""PostgreSQL's words, and what a transaction notes for its fold.

The fold deletes the notes before it commits, so nobody ever sees those of another transaction, and
none are left behind.
"""

from modeldex.storage.schema.dialect import Dialect


def _note_model(model: str) -> str:
    return f"INSERT INTO pending (model_id) VALUES ({model}) ON CONFLICT DO NOTHING;"


def _note_measured(row: str) -> str:
    return (
        f"INSERT INTO pending_measurements (provider, name) VALUES ({row}.provider, {row}.name) "
        "ON CONFLICT DO NOTHING;"
    )


def _note_part(kind: str, name: str) -> str:
    # Which models these are is asked by the fold: at the time of the statement, another
    # transaction may be adding one.
    return (
        f"INSERT INTO pending_parts (kind, name) VALUES ('{kind}', {name}) ON CONFLICT DO NOTHING;"
    )


POSTGRES = Dialect(
    same="IS NOT DISTINCT FROM",
    differs="IS DISTINCT FROM",
    value="CAST({} AS TEXT)",
    note_model=_note_model,
    note_measured=_note_measured,
    is_unnoted="",
    note_part=_note_part,
    at_once=str,  # what is noted is folded at COMMIT
    is_live="TRUE",  # another transaction may be making the source a live one
)
