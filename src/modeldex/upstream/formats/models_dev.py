"""models.dev: an object keyed by provider id, each with its models keyed by name.

Limits are tokens, 0 means unknown. Prices are USD per 1M tokens; 0 also stands for a
subscription, a trial or an unknown price. The modality lists are complete: a kind that is
not listed is not supported.
"""

import re
from collections.abc import Iterator
from datetime import date

from modeldex.errors import SourceFailed
from modeldex.upstream.formats.price_basis import CACHE_READ, CACHE_WRITE, INPUT, OUTPUT
from modeldex.upstream.formats.price_tiers import Stated
from modeldex.upstream.formats.rows import Mapped, Rows, items, table, words
from modeldex.vocabulary import efforts
from modeldex.vocabulary.output_modes import mode_without_text
from modeldex.vocabulary.prices import USUAL
from modeldex.vocabulary.providers import canonical

_KINDS = frozenset({"text", "image", "audio", "video", "pdf"})
_LIFECYCLES = {"deprecated": "deprecated", "alpha": "preview", "beta": "preview"}
_RETIRED_HOSTS = frozenset({"github"})

# Whole words of a name or family that decide the mode; the first match wins. The output
# list cannot decide: upstream writes "text" for embeddings and transcripts alike.
_MODE_WORDS: tuple[tuple[str, frozenset[str]], ...] = (
    ("rerank", frozenset({"rerank", "reranker"})),
    ("embedding", frozenset({"embed", "embedcode", "embedding", "bge", "e5", "gte", "voyage"})),
    ("moderation", frozenset({"guard", "moderation", "safety"})),
    ("ocr", frozenset({"ocr", "paddleocr"})),
    ("realtime", frozenset({"realtime", "live", "livetranslate"})),
    ("audio", frozenset({
        "asr", "aura", "elevenlabs", "lyria", "melotts", "orpheus", "transcribe", "tts", "whisper",
    })),
    ("image", frozenset({"banana", "dall", "flux", "ideogram", "image", "imagen", "imagine"})),
)  # fmt: skip
_COMPLETION = re.compile(r"(^|/)gpt-3\.5-turbo-instruct")


def rows(payload: object) -> Mapped:
    """Map the published JSON to rows. Raises SourceFailed if it is not an object."""
    if not isinstance(payload, dict):
        raise SourceFailed("models_dev", "expected an object keyed by provider")
    found = Rows()
    for key, provider in found.objects(payload, "provider"):
        for name, model in found.objects(provider.get("models"), "model"):
            found.add(_take_model(canonical(key), name, model, found))
    return found.mapped()


def newest_update(payload: object, today: date) -> date:
    """The latest `last_updated` of all models that is not after today; today if none is."""
    days = {
        str(table(model).get("last_updated"))
        for provider in table(payload).values()
        for model in table(table(provider).get("models")).values()
    }
    known = [day for text in days if (day := _parsed(text)) and day <= today]
    return max(known, default=today)


def _parsed(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _take_model(
    provider: str, name: str, model: dict[str, object], found: Rows
) -> dict[str, object]:
    facts = {
        "provider": provider,
        "name": name,
        **_labels(name, model),
        **_limits(model),
        **_modalities(model),
        **_prices(table(model.get("cost"))),
        "other_prices": list(_steps(table(model.get("cost")))),
        "supports_tools": model.get("tool_call"),
        "supports_reasoning": model.get("reasoning"),
        "effort_levels": _efforts(model),
        "supports_structured_outputs": model.get("structured_output"),
        "release_date": model.get("release_date"),
        "knowledge_cutoff": model.get("knowledge"),
        "lifecycle": _lifecycle(provider, model),
        "open_weights": model.get("open_weights"),
        "mode": _mode(name, model),
    }
    if facts["mode"] == "embedding":
        _as_embedding(facts, found)
    return facts


def _lifecycle(provider: str, model: dict[str, object]) -> str | None:
    if provider in _RETIRED_HOSTS:
        return "retired"
    return _LIFECYCLES.get(str(model.get("status")))


def _labels(name: str, model: dict[str, object]) -> dict[str, object]:
    display = model.get("name")
    if isinstance(display, str) and _bare(display) in {_bare(name), _bare(name.rpartition("/")[2])}:
        display = None
    return {"family": model.get("family"), "display_name": display, **_temperature(model)}


def _bare(label: str) -> str:
    return re.sub(r"[\W_]+", "", label).lower()


def _temperature(model: dict[str, object]) -> dict[str, object]:
    accepted = model.get("temperature")
    if not isinstance(accepted, bool):
        return {}
    return {"known_params" if accepted else "unsupported_params": ["temperature"]}


def _limits(model: dict[str, object]) -> dict[str, object]:
    limit = table(model.get("limit"))
    limits = {
        "max_context": limit.get("context"),
        "max_input_tokens": limit.get("input"),
        "max_output_tokens": limit.get("output"),
    }
    return {field: value for field, value in limits.items() if value != 0}


def _modalities(model: dict[str, object]) -> dict[str, object]:
    lists = table(model.get("modalities"))
    inputs = words(lists.get("input")) & _KINDS
    facts: dict[str, object] = {
        "input_modalities": sorted(inputs),
        "output_modalities": sorted(words(lists.get("output")) & _KINDS),
    }
    if inputs:
        facts["supports_vision"] = "image" in inputs
        facts["supports_audio"] = "audio" in inputs
        facts["supports_pdf"] = "pdf" in inputs
        facts["supports_video"] = "video" in inputs
    return facts


def _efforts(model: dict[str, object]) -> list[str]:
    """The levels among the `reasoning_options`, which may also be a switch or a budget."""
    options = map(table, items(model.get("reasoning_options")))
    stated = [words(option.get("values")) for option in options if option.get("type") == "effort"]
    return efforts.known(set().union(*stated))


def _prices(cost: dict[str, object]) -> dict[str, object]:
    return {
        INPUT: cost.get("input"),
        OUTPUT: cost.get("output"),
        CACHE_READ: cost.get("cache_read"),
        CACHE_WRITE: cost.get("cache_write"),
    }


def _steps(cost: dict[str, object]) -> Iterator[Stated]:
    """Prices for longer prompts: `tiers` with their sizes, else the older `context_over_200k`."""
    tiers = [table(tier) for tier in items(cost.get("tiers"))]
    sized = [
        (table(tier.get("tier")).get("size"), tier)
        for tier in tiers
        if table(tier.get("tier")).get("type") == "context"
    ]
    for above, tier in sized or [(200_000, table(cost.get("context_over_200k")))]:
        for direction in USUAL:
            yield Stated(direction, tier.get(direction), above=above)


def _mode(name: str, model: dict[str, object]) -> str | None:
    lists = table(model.get("modalities"))
    inputs, outputs = words(lists.get("input")), words(lists.get("output"))
    if outputs and "text" not in outputs:
        return mode_without_text(outputs) or "other"
    name_words = set(re.split(r"[\W_]+", f"{name} {model.get('family')}".lower()))
    named = next((mode for mode, known in _MODE_WORDS if name_words & known), None)
    if named or not outputs:
        return named
    if _COMPLETION.search(name):
        return "completion"
    return "chat" if "text" in inputs else "audio" if "audio" in inputs else "other"


def _as_embedding(facts: dict[str, object], found: Rows) -> None:
    """Fix an embedding model: upstream's output limit is the vector length, not tokens."""
    facts["output_modalities"] = ["embedding"]
    if facts.pop("max_output_tokens", None) is not None:
        found.values["max_output_tokens: an embedding generates none"] += 1
