"""Windows that follow from prompt caps, computed from the opinions in the catalog."""

from modeldex.storage.opinions import stored_opinions
from modeldex.storage.sqlite.writer import Writer
from modeldex.vocabulary.normalize import OfferKey, Stored

_CAPS = (
    "SELECT m.provider, m.name, c.max_input_tokens, c.observed_at FROM capabilities c "
    "JOIN models m ON m.id = c.model_id JOIN resolvers r ON r.name = c.resolver "
    "WHERE c.max_input_tokens IS NOT NULL AND c.resolver <> :resolver AND NOT EXISTS "
    "(SELECT 1 FROM capabilities x WHERE x.model_id = c.model_id AND x.resolver <> :resolver "
    "AND x.max_context IS NOT NULL) ORDER BY r.precedence, r.name DESC"
)
"""SQL: prompt caps of models for which no other resolver states a window; the winner is last."""


def windows_from_prompt_caps(
    writer: Writer, resolver: str
) -> tuple[dict[OfferKey, dict[str, Stored]], dict[OfferKey, str]]:
    """The opinions of `resolver` that differ from the stored ones, and when each was observed.

    An empty opinion is one to withdraw, because somebody states the window now.
    """
    with writer.reading() as connection:
        caps = connection.execute(_CAPS, {"resolver": resolver}).fetchall()
        stored = stored_opinions(connection, resolver)
    windows: dict[OfferKey, dict[str, Stored]] = {key: {} for key in stored}
    windows |= {(provider, name): {"max_context": cap} for provider, name, cap, _ in caps}
    changed = {key: values for key, values in windows.items() if stored.get(key, {}) != values}
    observed = {(provider, name): moment for provider, name, _, moment in caps}
    return changed, {key: observed[key] for key in changed if key in observed}
