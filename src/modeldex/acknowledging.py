"""Acknowledges disagreements: they are hidden from `drift` until one of their values changes."""

from collections.abc import Sequence

from modeldex.drift import Disagreement
from modeldex.store import now
from modeldex.writer import Writer

_ACKNOWLEDGED = (
    "INSERT INTO acknowledged (model_id, field, said, acknowledged_at) "
    "SELECT d.model_id, d.field, d.said, :now FROM drift d WHERE d.provider = :provider "
    "AND d.name = :name AND d.field = :field"
)
_FORGOTTEN = (
    "DELETE FROM acknowledged WHERE field = :field AND model_id = "
    "(SELECT id FROM models WHERE provider = :provider AND name = :name)"
)


def acknowledge(writer: Writer, found: Sequence[Disagreement]) -> int:
    """Hide these until one of their values changes again. Returns how many."""
    rows = [
        {"provider": one.provider, "name": one.name, "field": one.field, "now": now()}
        for one in found
    ]
    if rows:
        with writer.transaction() as connection:
            connection.exec_driver_sql(_FORGOTTEN, rows)
            connection.exec_driver_sql(_ACKNOWLEDGED, rows)
    return len(rows)
