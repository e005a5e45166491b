"""Calls sources and resolvers, and validates what they return."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, NamedTuple

from modeldex.errors import SourceFailed
from modeldex.http.failures import renamed_failure
from modeldex.refresh.answers import ResolveOne, answers_of, is_list
from modeldex.refresh.foreign_part import ForeignResolver
from modeldex.refresh.part import part_name
from modeldex.vocabulary.fields import NAMES
from modeldex.vocabulary.normalize import Dropped, Identity, OfferKey, identity, normalize_answer
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelSpec


class Discovered(NamedTuple):
    """The models of a source: clean identities by key, dropped values, and the source's note."""

    found: dict[OfferKey, Identity]
    dropped: list[Dropped]
    note: str | None = None


class Opinions(NamedTuple):
    """The opinions of a resolver: clean values by model, dropped values, `observed_at`.

    A model whose request failed is absent; one without an opinion has an empty mapping.
    """

    by_model: dict[OfferKey, Mapping[str, Any]]
    dropped: list[Dropped]
    moment: str | None


def identities(specs: Iterable[object]) -> Discovered:
    """Clean identities by key, with provider aliases resolved, and the dropped values."""
    found: dict[OfferKey, Identity] = {}
    dropped: list[Dropped] = []
    for spec in specs:
        clean, lost = identity(spec)
        dropped += lost
        if clean is not None:
            clean = clean._replace(provider=canonical(clean.provider))
            found.setdefault((clean.provider, clean.name), clean)
    return Discovered(found, dropped)


def spec_of(model: Identity) -> ModelSpec:
    """Return the spec of a stored model, as resolvers get it."""
    provider, name, family, display_name, _ = model
    return ModelSpec(provider=provider, name=name, family=family, display_name=display_name)


async def discover_all(source: Any) -> Discovered:
    """The models that `source.discover()` returns.

    Raises SourceFailed if that is not a list, or none of its items is valid.
    """
    specs = await source.discover()
    if not is_list(specs):
        raise SourceFailed(part_name(source), "discover() returned no list of models")
    found, dropped, _ = identities(specs)
    if specs and not found:
        reason = f"none of the {len(specs)} items of discover() is valid: {dropped[0].reason}"
        raise SourceFailed(part_name(source), reason)
    own = getattr(source, "dropped", None) or ()
    note = getattr(source, "note", None)
    return Discovered(
        found,
        [*dropped, *(item for item in own if isinstance(item, Dropped))],
        note if isinstance(note, str) else None,
    )


def _moment(resolver: object) -> str | None:
    """The resolver's `observed_at` in UTC, None if it has none; a bare date means its start."""
    observed = getattr(resolver, "observed_at", None)
    if observed is None:
        return None
    parsed = datetime.fromisoformat(str(observed))
    utc = parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)
    return utc.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _invalid_reason(answer: object) -> str | None:
    """Error text for an invalid return value, else None. An empty answer is valid."""
    if isinstance(answer, Exception):
        named = f"{type(answer).__name__}: {answer}"
        return answer.reason if isinstance(answer, SourceFailed) else named
    if isinstance(answer, Mapping):
        has_field = not answer or any(name in answer for name in NAMES)
    else:
        has_field = answer is None or any(hasattr(answer, name) for name in NAMES)
    return None if has_field else f"expected capabilities, got {type(answer).__name__}"


async def resolve_all(
    resolver: Any, specs: Sequence[ModelSpec], resolve_one: ResolveOne
) -> Opinions:
    """The opinions of a resolver about these models.

    Raises SourceFailed if the request failed for every model.
    """
    by_model: dict[OfferKey, Mapping[str, Any]] = {}
    dropped: list[Dropped] = []
    foreign = isinstance(resolver, ForeignResolver)
    ask = resolver.answers if foreign else partial(answers_of, resolver)
    answers = await ask(specs, resolve_one)
    for spec, answer in zip(specs, answers, strict=True):
        if invalid := _invalid_reason(answer):
            dropped.append(Dropped(spec.id, "", invalid))
            continue
        by_model[spec.provider, spec.name], lost = normalize_answer(spec.id, answer)
        dropped += lost
    if specs and not by_model:
        reason = f"failed for every model; the first, {dropped[0].model}: {dropped[0].reason}"
        raise _summary(answers[0], part_name(resolver), reason)
    try:
        moment = _moment(resolver)
    except (ValueError, OverflowError):
        dropped.append(Dropped("", "observed_at", "expected an ISO 8601 date or time"))
        moment = None
    return Opinions(by_model, dropped, moment)


def _summary(answer: object, name: str, reason: str) -> SourceFailed:
    """A SourceFailed that summarises many failures and keeps the kind of the first."""
    if isinstance(answer, Exception):
        return renamed_failure(answer, name, reason)
    return SourceFailed(name, reason)
