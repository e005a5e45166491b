"""Write the precedence of resolvers, which may change the rows of all models.

A change of many rows is folded in short transactions after the one that changes the precedence,
which also notes in table `about` what is yet to be folded. So a process that dies in the middle
leaves rows by the old precedence, and the next refresh folds them.
"""

from collections.abc import Collection, Mapping
from typing import Any

from modeldex.storage.batch import CHUNK, fold_models, folding, forgetting
from modeldex.storage.parameters import named_parameters
from modeldex.storage.sqlite.writer import Writer

_KEY = "precedence_changed"
"""In table `about`: the resolvers, one a line, whose models are yet to be folded."""

_UNFINISHED = f"SELECT value FROM about WHERE key = '{_KEY}'"
_FINISHED = f"DELETE FROM about WHERE key = '{_KEY}'"
_BEGUN = f"INSERT INTO about (key, value) VALUES ('{_KEY}', :names)"


def order_resolvers(writer: Writer, precedences: Mapping[str, int], *, move: bool) -> None:
    """Store the precedence of new resolvers; with `move`, make later names outrank earlier ones.

    `precedences` has the one that is wished by name, for resolvers that are new. With `move`, a
    precedence is raised only if it does not exceed that of the name before.
    """
    with writer.reading() as connection:
        known = dict(connection.execute("SELECT name, precedence FROM resolvers").fetchall())
        unfinished = connection.execute(_UNFINISHED).fetchall()
    wanted: dict[str, int] = {}
    floor = 0
    for name, wish in precedences.items():
        precedence = int(known.get(name, wish))
        floor = max(precedence, floor + 1) if move else precedence
        wanted[name] = floor
    changes = {name: place for name, place in wanted.items() if known.get(name) != place}
    left = {name for (names,) in unfinished for name in names.splitlines()}
    if changes or left:
        _change(writer, changes, known, left)


def _change(
    writer: Writer, changes: Mapping[str, int], known: Collection[str], left: Collection[str]
) -> None:
    names = sorted({*changes, *left})
    if not left and len(_models(writer, names)) <= CHUNK:
        with writer.transaction() as transaction, folding(transaction):
            _store(transaction, changes, known)
        return
    with writer.transaction() as transaction:
        notes = "pending_parts" if transaction.dialect.name == "postgresql" else "pending"
        with forgetting(transaction, notes):
            _store(transaction, changes, known)
        transaction.exec_driver_sql(_FINISHED)
        transaction.exec_driver_sql(_BEGUN, {"names": "\n".join(names)})
    # Read after that: whatever others change from now on, they fold by the new precedence.
    fold_models(writer, _models(writer, names))
    with writer.transaction() as transaction:
        transaction.exec_driver_sql(_FINISHED)


def _store(transaction: Any, changes: Mapping[str, int], known: Collection[str]) -> None:
    for name, place in changes.items():
        sql = (
            "UPDATE resolvers SET precedence = :place WHERE name = :name"
            if name in known
            else "INSERT INTO resolvers (name, precedence) VALUES (:name, :place)"
        )
        transaction.exec_driver_sql(sql, {"name": name, "place": place})


def _models(writer: Writer, resolvers: Collection[str]) -> list[Any]:
    """The ids of the models whose rows depend on where these resolvers stand, as rows."""
    names, bound = named_parameters("resolver", resolvers)
    # Where perf_lab stands decides about the prices of all others.
    stated = "" if "perf_lab" in resolvers else f" WHERE resolver IN ({names})"
    with writer.reading() as connection:
        sql = f"SELECT DISTINCT model_id FROM capabilities{stated} ORDER BY model_id"
        return list(connection.execute(sql, bound).fetchall())
