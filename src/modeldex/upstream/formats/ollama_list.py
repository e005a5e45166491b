"""Ollama's lists: GET /api/tags, the installed models, and GET /api/ps, those that are loaded.

Since 2026 a tag has the window and the capabilities of its model. `ollama cp` gives the same digest
another name; `ollama create` states what it started from. A name that is known for itself stands
for nothing else. A model that another host serves is one of Ollama's subscription, under whatever
name, and so is what was copied or made from it.
"""

from collections.abc import Mapping

from pydantic import ValidationError

from modeldex.upstream.formats.ollama import (
    PROVIDER,
    Details,
    Maybe,
    Show,
    Words,
    declared,
    is_cloud,
    parameters,
)
from modeldex.upstream.formats.payload import Limit, Payload
from modeldex.upstream.formats.rows import items, table
from modeldex.vocabulary.base_names import identify
from modeldex.vocabulary.normalize import Dropped, identity
from modeldex.vocabulary.values import ModelSpec

Facts = dict[str, object]


class Sizes(Details):
    """The `details` of a tag."""

    context_length: Limit = None


class Tag(Payload):
    """One entry of GET /api/tags: an installed model."""

    name: Maybe[str] = None
    model: Maybe[str] = None
    digest: Maybe[str] = None
    details: Maybe[Sizes] = None
    context_length: Limit = None
    capabilities: Words = ()
    remote_model: Maybe[str] = None
    remote_host: Maybe[str] = None

    @property
    def called(self) -> str:
        """The name that a request uses; empty if there is none."""
        return self.name or self.model or ""


class Loaded(Payload):
    """One entry of GET /api/ps: a loaded model, and the window that was allocated for it."""

    name: Maybe[str] = None
    model: Maybe[str] = None
    context_length: Limit = None


def specs(payload: object) -> tuple[list[ModelSpec], list[Dropped]]:
    """The models of an /api/tags response, and the values that were dropped.

    Raises ValueError if the response has no list of models, or none of its rows is valid.
    """
    rows = payload.get("models") if isinstance(payload, dict) else None
    if not isinstance(rows, list):
        raise ValueError("the response has no list of models (expected an array as 'models')")
    found: dict[str, ModelSpec] = {}
    dropped: list[Dropped] = []
    for row in rows:
        spec, faults = _spec(row)
        dropped += faults
        if spec:
            found[spec.name] = spec
    if rows and not found:
        raise ValueError(f"none of the {len(rows)} rows is valid")
    return list(found.values()), dropped


def _spec(row: object) -> tuple[ModelSpec | None, list[Dropped]]:
    try:
        tag = Tag.model_validate(row)
    except ValidationError:
        return None, [Dropped(PROVIDER, "name", "the row is not a JSON object")]
    family = tag.details.family if tag.details else None
    short = tag.called.removesuffix(":latest")
    stated = {"provider": PROVIDER, "name": tag.called, "family": family, "aliases": (short,)}
    clean, dropped = identity(stated)
    return clean and ModelSpec.model_validate(clean), dropped


def installed(payload: object, loaded: Mapping[str, int], *, hosted: bool) -> dict[str, Facts]:
    """What an /api/tags response states of each model, by name; `hosted` is Ollama's own cloud.

    `loaded` has the windows of the models that are loaded now.
    """
    rows = (row for row in items(table(payload).get("models")) if isinstance(row, dict))
    tags = {tag.called: tag for tag in map(Tag.model_validate, rows) if tag.called}
    known = {name for name in tags if _is_known(name, tags[name])}
    targets = _targets(tags, known)
    rented = _rented(tags)
    return {
        name: {
            **_facts(tag),
            **({"served_context": loaded[name]} if name in loaded else {}),
            **({"target": f"{PROVIDER}/{targets[name]}"} if name in targets else {}),
            **({"price_basis": "subscription"} if hosted or name in rented else {}),
        }
        for name, tag in tags.items()
    }


def running(payload: object) -> dict[str, int]:
    """The windows of the loaded models in an /api/ps response, by name."""
    rows = (row for row in items(table(payload).get("models")) if isinstance(row, dict))
    found = (
        (row.name or row.model, row.context_length) for row in map(Loaded.model_validate, rows)
    )
    return {name: window for name, window in found if name and window}


def _facts(tag: Tag) -> Facts:
    details = tag.details or Sizes()
    label = Show(details=details)
    facts: Facts = {
        **(declared(tag.capabilities) if tag.capabilities else {}),
        "max_context": tag.context_length or details.context_length,
        "param_count": parameters(label),
        "quantization": details.quantization_level,
    }
    return {field: value for field, value in facts.items() if value not in (None, "", "unknown")}


def _rented(tags: Mapping[str, Tag]) -> set[str]:
    """The names of what another host serves: stated, by name, or a copy of one or made from one."""
    found = {n for n, tag in tags.items() if tag.remote_host or tag.remote_model or is_cloud(n)}
    while True:
        digests = {tags[name].digest for name in found} - {None, ""}
        more = {n for n, tag in tags.items() if tag.digest in digests or _parent(n, tags) in found}
        if more <= found:
            return found
        found |= more


def _targets(tags: Mapping[str, Tag], known: set[str]) -> dict[str, str]:
    """What each installed model stands for: its original or its parent."""
    originals = {tags[name].digest: name for name in sorted(known, reverse=True)}
    found = {}
    for name in tags.keys() - known:
        original = originals.get(tags[name].digest) if tags[name].digest else None
        if target := original or _parent(name, tags, same=True):
            found[name] = target
    return found


def _is_known(name: str, tag: Tag) -> bool:
    """Whether the name says which model it is, alone (qwen3:8b) or with its size (llama3.2)."""
    short = name.removesuffix(":latest")
    size = tag.details.parameter_size if tag.details else None
    return any(identify(PROVIDER, text) for text in (short, f"{short}-{size or ''}"))


def _parent(name: str, tags: Mapping[str, Tag], *, same: bool = False) -> str | None:
    """The installed model that another was made from; with `same` unless it was quantized anew."""
    details = tags[name].details
    stated = (details and details.parent_model) or ""
    parent = stated if stated in tags else f"{stated}:latest"
    if parent not in tags or parent == name or details is None:
        return None
    other = tags[parent].details
    is_same = other and details.quantization_level == other.quantization_level
    return parent if is_same or not same else None
