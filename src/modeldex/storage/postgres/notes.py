"""What a transaction notes for its fold, which deletes the notes before it commits.

So nobody ever sees the notes of another transaction, and none are left behind.
"""


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
