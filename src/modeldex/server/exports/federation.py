"""What a catalog relays to other registries (`GET /models?relay=1`).

- A model with a sighting by a local source, or without any sighting (measured or inserted by
  hand), is relayed with the opinions of local resolvers only. If opinions from remote registries
  were included, a registry would get its own opinions back and could never withdraw them.
- A model known from remote registries only is relayed with their opinions, and with the ids of
  all catalogs it came through.
- A model that no source lists any more is not relayed, although queries find it until it is
  retired.
"""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.query.catalog import Catalog
from modeldex.query.compile import MODEL_COLUMNS, RANK_COLUMNS
from modeldex.query.rows import SqlRow
from modeldex.storage.schema.columns import LINE
from modeldex.storage.schema.views import merge
from modeldex.upstream.remote.origins import RegistryOrigins, union, unpacked
from modeldex.vocabulary.fields import NAMES

COLUMNS = "v.own, v.sources"

_REMOTE = "substr({}, 1, 7) = 'remote:'"
JOINED = (
    "JOIN (SELECT m.id AS model_id, "
    f"max(CASE WHEN {_REMOTE.format('s.source')} THEN 0 ELSE 1 END) AS own, "
    f"group_concat(s.source, {LINE}) AS sources "
    "FROM models m LEFT JOIN sightings s ON s.model_id = m.id "
    "WHERE s.source IS NULL OR s.missing_since IS NULL GROUP BY m.id) v ON v.model_id = c.model_id"
)
"""SQL join on `catalog c` that selects the relayed models and adds COLUMNS.

`own` is 1 if a local source lists the model, or no source does; `sources`: one per line.
"""

_RELAYED_MODELS = f"(SELECT t.model_id FROM capabilities t WHERE {_REMOTE.format('t.resolver')})"
_OWN_OPINIONS = merge(
    f"(SELECT o.* FROM capabilities o WHERE NOT {_REMOTE.format('o.resolver')} "
    f"AND o.model_id IN {_RELAYED_MODELS})"
)
_OWN_MERGE = (
    f"SELECT m.provider, m.name, {', '.join('e.' + name for name in NAMES)} FROM models m "
    f"LEFT JOIN ({_OWN_OPINIONS}) e ON e.model_id = m.id WHERE m.id IN {_RELAYED_MODELS}"
)
_NOTES = "SELECT key, value FROM about WHERE substr(key, 1, 7) = 'source:' OR key = 'catalog_id'"
_FIRST = len(MODEL_COLUMNS) + len(RANK_COLUMNS)


class Relay(NamedTuple):
    """The data needed to relay models.

    `relayed`: the origins of each remote source. `own_opinions`: the capabilities of models with
    remote opinions, merged without those, by provider and name.
    """

    catalog_id: str
    relayed: Mapping[str, RegistryOrigins]
    own_opinions: Mapping[tuple[object, object], SqlRow]

    def row(self, row: SqlRow) -> SqlRow:
        """Convert a row of compile.SELECTED and COLUMNS to the relayed row of compile.SELECTED."""
        *picked, own, _sources = row
        local = self.own_opinions.get((row[0], row[1])) if own else None
        if local is not None:
            picked[_FIRST : _FIRST + len(NAMES)] = local
        return tuple(picked)

    def via(self, row: SqlRow) -> list[str]:
        """Return the ids of the catalogs a row came through, this one included."""
        *_picked, own, sources = row
        came = [] if own else str(sources).split("\n")
        model = f"{row[0]}/{row[1]}"
        trails = [self.relayed[each].of(model) for each in came if each in self.relayed]
        return list(union([(self.catalog_id,), *trails]))


def load_relay(catalog: Catalog) -> Relay:
    """Load what is needed to relay the models of a catalog."""
    notes = {str(key): str(value) for key, value in catalog.rows(_NOTES)}
    own = {(row[0], row[1]): row[2:] for row in catalog.rows(_OWN_MERGE)}
    catalog_id = notes.pop("catalog_id", "")
    relayed = {key.removeprefix("source:"): unpacked(note) for key, note in notes.items()}
    return Relay(catalog_id, relayed, own)
