"""What one catalog passes on to another: what is known here by itself, and what others told.

A model that a source of our own sees, or that nobody discovered (it was measured, or typed in),
is passed on with what our own resolvers say of it: another catalog that told us something would
hear its own word again, and never hear of a change. A model that is only known through other
registries is passed on as they told it, with the ids of all catalogs that it came by. A model
that no source sees any more is not passed on, although queries still find it for a while.
"""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex import search
from modeldex.catalog import Catalog, Row
from modeldex.fields import NAMES
from modeldex.trails import Trails, joined, unpacked
from modeldex.views import merge

COLUMNS = "v.own, v.sources"

_REMOTE = "substr({}, 1, 7) = 'remote:'"
JOINED = (
    "JOIN (SELECT m.id AS model_id, "
    f"max(CASE WHEN {_REMOTE.format('s.source')} THEN 0 ELSE 1 END) AS own, "
    "group_concat(s.source, char(10)) AS sources "
    "FROM models m LEFT JOIN sightings s ON s.model_id = m.id "
    "WHERE s.source IS NULL OR s.missing_since IS NULL GROUP BY m.id) v ON v.model_id = c.model_id"
)
"""SQL: joined to `catalog c`, the models that are passed on, and COLUMNS: who vouches for them."""

_TOLD = f"(SELECT t.model_id FROM capabilities t WHERE {_REMOTE.format('t.resolver')})"
_OURS = merge(
    f"(SELECT o.* FROM capabilities o WHERE NOT {_REMOTE.format('o.resolver')} "
    f"AND o.model_id IN {_TOLD}) c"
)
_OWN_WORD = (
    f"SELECT m.provider, m.name, {', '.join('e.' + name for name in NAMES)} FROM models m "
    f"LEFT JOIN ({_OURS}) e ON e.model_id = m.id WHERE m.id IN {_TOLD}"
)
_NOTES = "SELECT key, value FROM about WHERE substr(key, 1, 7) = 'source:' OR key = 'catalog_id'"
_FIRST = len(search.MODEL_COLUMNS) + len(search.RANK_COLUMNS)


class Relay(NamedTuple):
    """What is needed to pass models on: our id, who told us what, and our own word instead."""

    catalog_id: str
    told: Mapping[str, Trails]
    ours: Mapping[tuple[object, object], Row]

    def row(self, row: Row) -> Row:
        """A row of search.PICKED and COLUMNS as it is passed on: search.PICKED only."""
        *picked, own, _sources = row
        word = self.ours.get((row[0], row[1])) if own else None
        if word is not None:
            picked[_FIRST : _FIRST + len(NAMES)] = word
        return tuple(picked)

    def via(self, row: Row) -> list[str]:
        """The ids of the catalogs that such a row came by, ours among them."""
        *_picked, own, sources = row
        came = [] if own else str(sources).split("\n")
        model = f"{row[0]}/{row[1]}"
        trails = [self.told[each].of(model) for each in came if each in self.told]
        return list(joined([(self.catalog_id,), *trails]))


def relay(catalog: Catalog) -> Relay:
    """How the models of a catalog are passed on."""
    notes = {str(key): str(value) for key, value in catalog.rows(_NOTES)}
    ours = {(row[0], row[1]): row[2:] for row in catalog.rows(_OWN_WORD)}
    catalog_id = notes.pop("catalog_id", "")
    told = {key.removeprefix("source:"): unpacked(note) for key, note in notes.items()}
    return Relay(catalog_id, told, ours)
