"""The fold of a PostgreSQL catalog: once per transaction, at COMMIT.

The first note of a transaction adds its row to `folds`, which alone has the deferred trigger
that folds. `SET CONSTRAINTS ALL IMMEDIATE` runs it earlier. Transactions that fold wait for each
other, and each reads only after it has waited: the merge must see every opinion that was
committed before it. Between statement and COMMIT no lock of the catalog is held.
"""

from modeldex.storage.postgres.dialect import POSTGRES
from modeldex.storage.schema.columns import NOW
from modeldex.storage.schema.fold import ROW, fold_steps
from modeldex.storage.schema.measured import FOLD_MEASURED, rank_scored

LOCK = 0x6D646578
"""Advisory lock of the library's writers, taken first; the others follow in the order of use."""

PLACES_LOCK, MEASURED_LOCK, FOLD_LOCK, IDS_LOCK = (LOCK + number for number in range(2, 6))

CONSTRAINT = "fold_at_commit"
"""The name of the deferred trigger, for SET CONSTRAINTS."""


def lock(number: int) -> str:
    """Return PL/pgSQL that waits for an advisory lock, which ends with the transaction."""
    return f"PERFORM pg_advisory_xact_lock({number});"


# Row by row: what the planner expects of `pending`, one model or thousands, then does not matter.
_ROWS = f"""(SELECT {", ".join("r." + name for name in ROW.split(", "))} FROM pending p,
      LATERAL (SELECT * FROM catalog_rows WHERE model_id = p.model_id OFFSET 0) r)"""
# A new model is known from its first note on, so not later than the opinions on it.
_KNOWN_AT = f"""CASE WHEN EXISTS (SELECT 1 FROM model_history WHERE model_id = c.model_id)
      THEN {NOW} ELSE p.at END"""
_FOLD = ";\n  ".join(fold_steps(_ROWS, POSTGRES, _KNOWN_AT))

_QUEUE, _RANK = rank_scored("SELECT name FROM pending_parts WHERE kind = 'suite'", POSTGRES.differs)
_STALE = "a change of resolvers, sources, classes or quality suites needs READ COMMITTED"

FOLD_BODY = f"""IF EXISTS (SELECT 1 FROM pending_parts)
      AND current_setting('transaction_isolation') <> 'read committed' THEN
    RAISE SQLSTATE '40001' USING MESSAGE = '{_STALE}';
  END IF;
  IF EXISTS (SELECT 1 FROM pending_measurements)
      OR EXISTS (SELECT 1 FROM pending_parts WHERE kind = 'suite') THEN
    {lock(MEASURED_LOCK)}
    {_QUEUE}
    {FOLD_MEASURED}
    {_RANK}
  END IF;
  {lock(FOLD_LOCK)}
  IF EXISTS (SELECT 1 FROM pending_parts) THEN
    INSERT INTO pending (model_id) SELECT c.model_id
      FROM pending_parts p JOIN capabilities c ON c.resolver = p.name WHERE p.kind = 'resolver'
      UNION SELECT c.model_id FROM capabilities c
      WHERE EXISTS (SELECT 1 FROM pending_parts WHERE kind = 'resolver' AND name = 'perf_lab')
      UNION SELECT s.model_id
      FROM pending_parts p JOIN sightings s ON s.source = p.name WHERE p.kind = 'source'
      UNION SELECT m.id FROM pending_parts p JOIN models m ON m.provider = p.name
        WHERE p.kind = 'provider'
      ON CONFLICT DO NOTHING;
    DELETE FROM pending_parts;
  END IF;
  {_FOLD};
  DELETE FROM pending;
  DELETE FROM claimed;
  DELETE FROM folds;
  RETURN NULL;"""
"""PL/pgSQL: computes the rows of `catalog` of all models that this transaction noted."""

# The merge is a large expression: compiling it takes ten seconds, running it one millisecond.
FOLDING: dict[str, str] = {
    "modeldex_fold": (
        "CREATE FUNCTION modeldex_fold() RETURNS trigger LANGUAGE plpgsql SET jit = off AS $$\n"
        f"BEGIN\n  {FOLD_BODY}\nEND $$"
    ),
    "modeldex_noted": (
        "CREATE FUNCTION modeldex_noted() RETURNS trigger LANGUAGE plpgsql AS $$\n"
        "BEGIN\n  INSERT INTO folds DEFAULT VALUES ON CONFLICT DO NOTHING;\n  RETURN NULL;\nEND $$"
    ),
    CONSTRAINT: (
        f"CREATE CONSTRAINT TRIGGER {CONSTRAINT} AFTER INSERT ON folds "
        "DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION modeldex_fold()"
    ),
    **{
        f"{table}_noted": (
            f"CREATE TRIGGER {table}_noted AFTER INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION modeldex_noted()"
        )
        for table in ("pending", "pending_measurements", "pending_parts", "claimed")
    },
}
"""DDL by name: functions first, then the triggers that call them."""
