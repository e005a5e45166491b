"""Fill in the past of the effective rows of a catalog that was written before it was kept.

Older schemas kept the past of opinions, names and precedences only. The effective rows of then are
merged from those, model by model, at each moment at which one of them changed. A model whose past
is not filled in yet has a row in `catalog` that holds since ''.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from modeldex.storage.schema.columns import MODEL_COLUMNS, columns
from modeldex.storage.schema.fold import FACTS
from modeldex.storage.schema.price_sheets import INPUT, OUTPUT, SAME, SHEET
from modeldex.vocabulary import timestamps
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.limits import WINDOW, above_window

if TYPE_CHECKING:
    from sqlalchemy import Connection

Row = tuple[Any, ...]
Span = tuple[str, Row]
"""Since when an effective row held, and the row."""

_BATCH = 500
_ENDLESS = "~"  # as text it sorts after every time
_OPINIONS = (
    f"SELECT model_id, resolver, changed_at, NULL AS valid_to, {columns()} FROM capabilities "
    "WHERE model_id IN ({0}) UNION ALL "
    f"SELECT model_id, resolver, valid_from, valid_to, {columns()} FROM capability_history "
    "WHERE model_id IN ({0}) AND valid_to > valid_from"
)
_NAMES = (
    f"SELECT model_id, at, {MODEL_COLUMNS}, live, live FROM model_history "
    "WHERE model_id IN ({0}) ORDER BY id"
)
_PRESENT = f"SELECT {FACTS} FROM catalog WHERE model_id IN ({{0}})"
_PRECEDENCES = "SELECT name, at, precedence FROM resolver_history ORDER BY id"
# What the first run wrote counts as known from the start, as in the fold.
_LOADED = (
    "SELECT finished_at FROM runs WHERE id = (SELECT min(id) FROM runs) "
    "AND started_at <= (SELECT min(at) FROM model_history)"
)
_KEPT = (*FACTS.split(", "), "valid_from", "valid_to")
_KEEP = (
    f"INSERT INTO catalog_history ({', '.join(_KEPT)}) "
    f"VALUES ({', '.join(':' + name for name in _KEPT)})"
)

# What makes the copy, which only the fold may write, writable for the rows of some models.
_WRITABLE: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "sqlite": (
        (
            "INSERT INTO deferral (active) SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM deferral)",
            "INSERT INTO pending (model_id) SELECT model_id FROM catalog WHERE model_id IN ({})",
        ),
        ("DELETE FROM pending", "DELETE FROM deferral"),
    ),
    "postgresql": (
        ("ALTER TABLE catalog DISABLE TRIGGER USER",),
        ("ALTER TABLE catalog ENABLE TRIGGER USER",),
    ),
}


class _Opinion(NamedTuple):
    """What a resolver said, and when; `until` is _ENDLESS for what it says now."""

    resolver: str
    since: str
    until: str
    values: dict[str, Any]


class _Ranked(NamedTuple):
    """The names of resolvers, the lowest first, and which are not below the measured one."""

    names: Sequence[str]
    measured: Collection[str]


class _Precedences(NamedTuple):
    """The precedences of all resolvers over time, in the order in which they were set."""

    changes: Sequence[tuple[str, str, int | None]]

    def moments(self, names: set[str]) -> Iterator[str]:
        """When the precedence of one of these resolvers was set."""
        return (at for name, at, _ in self.changes if name in names)

    def ranked(self, moment: str) -> _Ranked:
        """The resolvers there were at a moment."""
        set_by_then = {name: precedence for name, at, precedence in self.changes if at <= moment}
        then = {name: number for name, number in set_by_then.items() if number is not None}
        names = sorted(sorted(then, reverse=True), key=lambda name: then[name])
        lab = then.get("perf_lab", 0)
        return _Ranked(names, {name for name in names if then[name] >= lab})


def fill_history(connection: "Connection") -> int:
    """Fill in the past of every model that lacks it, and return how many models those were."""
    run = connection.exec_driver_sql
    lacking = [row[0] for row in run("SELECT model_id FROM catalog WHERE valid_from = ''")]
    if not lacking:
        return 0
    precedences = _Precedences([tuple(row) for row in run(_PRECEDENCES)])
    loaded = run(_LOADED).scalar() or ""
    born = run("SELECT value FROM about WHERE key = 'born_at'").scalar() or ""
    before, after = _WRITABLE[connection.dialect.name]
    for first in range(0, len(lacking), _BATCH):
        ids = ", ".join(map(str, lacking[first : first + _BATCH]))
        for statement in before:
            run(statement.format(ids))
        _fill(connection, ids, precedences, loaded, born)
        for statement in after:
            run(statement)
    return len(lacking)


def _fill(
    connection: "Connection", ids: str, precedences: _Precedences, loaded: str, born: str
) -> None:
    """Write the past of some models, whose ids are given as SQL."""
    run = connection.exec_driver_sql
    opinions: dict[int, list[_Opinion]] = defaultdict(list)
    names: dict[int, list[Span]] = defaultdict(list)
    for model, resolver, since, until, *values in run(_OPINIONS.format(ids)):
        known = {n: v for n, v in zip(NAMES, values, strict=True) if v is not None}
        opinions[model].append(_Opinion(resolver, since, until or _ENDLESS, known))
    for model, at, *row in run(_NAMES.format(ids)):
        names[model].append((at, (model, *row)))
    kept: list[dict[str, Any]] = []
    begun: list[dict[str, Any]] = []
    for present in [tuple(row) for row in run(_PRESENT.format(ids))]:
        model = present[0]
        spans = list(_spans(opinions[model], names[model], precedences, loaded))
        if not spans or spans[-1][1] != present:
            spans.append((timestamps.now(), present))
        ends = [at for at, _ in spans[1:]]
        past = zip(spans, ends, strict=False)
        kept += [
            dict(zip(_KEPT, (*row, at, end), strict=True))
            for (at, row), end in past
            if end > max(at, born)
        ]
        begun.append({"at": spans[-1][0], "model": model})
    run("UPDATE catalog SET valid_from = :at WHERE model_id = :model", begun)
    if kept:
        run(_KEEP, kept)


def _spans(
    opinions: Sequence[_Opinion], names: Sequence[Span], precedences: _Precedences, loaded: str
) -> Iterator[Span]:
    """The effective rows of one model, each with the moment from which on it held, in order."""
    moments = {at for at, _ in names}
    moments.update(precedences.moments({each.resolver for each in opinions}))
    for each in opinions:
        moments |= {each.since, each.until}
    last: Row | None = None
    for moment in sorted(moments - {_ENDLESS}):
        then = max(moment, loaded)
        named = [row for at, row in names if at <= then]
        if not named or moment < names[0][0]:
            continue
        row = (*named[-1], *_merged(opinions, precedences.ranked(then), then))
        if row != last:
            yield moment, row
        last = row


def _merged(opinions: Iterable[_Opinion], then: _Ranked, moment: str) -> Row:
    """The value of each field at a moment, by the law of `modeldex.storage.schema.views`."""
    stated: dict[str, list[_Opinion]] = defaultdict(list)
    for each in opinions:
        if each.since <= moment < each.until:
            stated[each.resolver].append(each)
    known = {name: _best(stated[name]) for name in then.names if name in stated}
    sheet = _sheet([known[name] for name in known if name not in then.measured])
    values: dict[str, Any] = {}
    for name, said in known.items():
        counts = sheet is None or name in then.measured or _is_same(said, sheet)
        values |= {field: value for field, value in said.items() if counts or field not in SHEET}
    values |= dict.fromkeys(above_window(values), values.get(WINDOW))
    return tuple(values.get(name) for name in NAMES)


def _best(said: Sequence[_Opinion]) -> dict[str, Any]:
    """What one resolver said, also where times that were given let two rows of it overlap."""
    # A writer may set `changed_at` back: what is said now then replaces what was said before.
    said = [each for each in said if each.until == _ENDLESS] or said
    best: dict[str, Any] = {}
    for each in said:
        for name, value in each.values.items():
            best[name] = max(best.get(name, value), value)
    return best


def _sheet(ranked: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The price sheet among opinions, the lowest first."""
    priced = [said for said in ranked if INPUT in said]
    return next(iter([said for said in priced if OUTPUT in said][-1:] or priced[-1:]), None)


def _is_same(said: dict[str, Any], sheet: dict[str, Any]) -> bool:
    return INPUT in said and all(
        abs(said[price] - sheet[price]) <= SAME * sheet[price]
        for price in (INPUT, OUTPUT)
        if price in said
    )
