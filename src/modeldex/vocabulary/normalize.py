"""Normalizes what sources and resolvers return: valid values are stored, others are counted.

A resolver may return ModelCapabilities, any object with the same attributes, or a mapping
of field names to values; a source likewise for ModelSpec.
"""

import re
from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from modeldex.vocabulary.fields import BY_NAME, FIELDS
from modeldex.vocabulary.limits import WINDOW, above_window
from modeldex.vocabulary.output_modes import mode_without_text
from modeldex.vocabulary.pages import KEY, page_url
from modeldex.vocabulary.text import MAX_TEXT, clean_text

Stored = int | float | str

MAX_ALIASES = 200
"""Aliases of one model."""

_PROVIDER = re.compile(r"[a-z0-9][a-z0-9._-]*")


class Dropped(NamedTuple):
    """One rejected value: the model (`provider/name`), the field and the reason."""

    model: str
    field: str
    reason: str


class Normalized(NamedTuple):
    """One normalized answer: values as stored, by field, and the dropped values."""

    values: dict[str, Stored]
    dropped: list[Dropped]


class Identity(NamedTuple):
    """A valid model identity, as stored in the tables `models` and `aliases`."""

    provider: str
    name: str
    family: str | None = None
    display_name: str | None = None
    aliases: tuple[str, ...] = ()


def _get(answer: object, name: str) -> object:
    if isinstance(answer, Mapping):
        return answer.get(name)
    return getattr(answer, name, None)


def normalize_answer(model: str, answer: object) -> Normalized:
    """Normalize one answer about `model` (`provider/name`).

    Who states outputs without text, and no mode, has stated that it is no chat model; who lists
    video among the inputs, that it takes video. What is served is at most what the model was
    trained for, however much a server allocates. Beside the fields, `source_url` may be the page
    that states them.
    """
    if answer is None:
        return Normalized({}, [])
    values: dict[str, Stored] = {}
    dropped: list[Dropped] = []
    if isinstance(answer, Mapping):
        given = [(field, answer[field.name]) for field in FIELDS if field.name in answer]
        dropped += [
            Dropped(model, ascii(key)[:40], "no such field")
            for key in answer.keys() - BY_NAME.keys() - {KEY}
        ]
    else:
        given = [(field, getattr(answer, field.name, None)) for field in FIELDS]
    for field, value in given:
        try:
            clean = field.clean(value)
        except (ValueError, TypeError, OverflowError) as error:
            dropped.append(Dropped(model, field.name, str(error)))
        else:
            if clean is not None:
                values[field.name] = clean
    for name in above_window(values):
        dropped.append(Dropped(model, name, f"above {WINDOW}: taken as that"))
        values[name] = values[WINDOW]
    if values:
        values |= _page(model, answer, dropped)
    return Normalized(_concluded(values), dropped)


def _page(model: str, answer: object, dropped: list[Dropped]) -> dict[str, Stored]:
    try:
        url = page_url(_get(answer, KEY))
    except ValueError as error:
        dropped.append(Dropped(model, KEY, str(error)))
        return {}
    return {KEY: url} if url else {}


def _concluded(values: dict[str, Stored]) -> dict[str, Stored]:
    outputs = str(values.get("output_modalities", "")).split(",")
    served, trained = values.get("served_context"), values.get("max_context")
    if "mode" not in values and (mode := mode_without_text(outputs)):
        values["mode"] = mode
    if "video" in str(values.get("input_modalities", "")).split(","):
        values.setdefault("supports_video", 1)
    if isinstance(served, int) and isinstance(trained, int):
        values["served_context"] = min(served, trained)
    return values


def clean_provider(value: object) -> str:
    """A provider id in lower case. Raises ValueError unless it matches [a-z0-9][a-z0-9._-]*."""
    provider = clean_text(value, 64).lower()
    if not _PROVIDER.fullmatch(provider):
        raise ValueError("expected a provider id such as openai or my_proxy")
    return provider


def clean_name(value: object, limit: int = MAX_TEXT) -> str:
    """A model's name as its API expects it. Raises ValueError if it is empty or not valid text."""
    name = clean_text(value, limit)
    if not name:
        raise ValueError("empty")
    return name


def _optional(model: str, field: str, value: object, dropped: list[Dropped]) -> str | None:
    if value is None:
        return None
    try:
        return clean_text(value) or None
    except ValueError as error:
        dropped.append(Dropped(model, field, str(error)))
        return None


def identity(spec: object) -> tuple[Identity | None, list[Dropped]]:
    """The identity in a spec-like object, None if provider or name is invalid; dropped values."""
    dropped: list[Dropped] = []
    try:
        provider = clean_provider(_get(spec, "provider"))
    except ValueError as error:
        return None, [Dropped(ascii(_get(spec, "name"))[:80], "provider", str(error))]
    try:
        name = clean_name(_get(spec, "name"))
    except ValueError as error:
        return None, [Dropped(provider, "name", str(error))]
    model = f"{provider}/{name}"
    raw = _get(spec, "aliases") or ()
    given = raw if isinstance(raw, Iterable) and not isinstance(raw, str) else ()
    listed = list(islice(iter(given), MAX_ALIASES + 1))
    if len(listed) > MAX_ALIASES:
        dropped.append(
            Dropped(model, "aliases", f"more than {MAX_ALIASES}: the others are left out")
        )
    aliases = {_optional(model, "aliases", alias, dropped) for alias in listed[:MAX_ALIASES]} - {
        None,
        name,
    }
    family = _optional(model, "family", _get(spec, "family"), dropped)
    display = _optional(model, "display_name", _get(spec, "display_name"), dropped)
    return Identity(
        provider, name, family, display, tuple(sorted(a for a in aliases if a))
    ), dropped


OfferKey = tuple[str, str]
"""Provider and name of a model."""
