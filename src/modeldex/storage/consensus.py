"""Price sheets on which independent data sets agree, as opinions of resolver `consensus`."""

from typing import Any

from modeldex.storage.schema.price_sheets import SHEET
from modeldex.vocabulary.normalize import OfferKey, Stored

_AGREED = (
    f"SELECT m.provider, m.name, c.observed_at, {', '.join('c.' + name for name in SHEET)} "
    "FROM price_consensus s JOIN models m ON m.id = s.model_id JOIN resolvers r "
    "ON r.name = s.states JOIN capabilities c ON c.model_id = m.id AND c.resolver = r.name "
    "ORDER BY r.place"
)
"""SQL: the sheets of view `price_consensus`; of several of a model, the highest is last."""


def agreed(connection: Any) -> tuple[dict[OfferKey, dict[str, Stored]], dict[OfferKey, str]]:
    """Return the sheets by offer, and when they were observed."""
    found: dict[OfferKey, dict[str, Stored]] = {}
    observed = {}
    for provider, name, moment, *sheet in connection.execute(_AGREED).fetchall():
        stated = zip(SHEET, sheet, strict=True)
        found[provider, name] = {field: value for field, value in stated if value is not None}
        observed[provider, name] = moment
    return found, observed
