"""Ollama's wire format: GET /api/tags and POST /api/show.

A field that is missing, null or of an unexpected type is unknown.
"""

import re
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler

from modeldex.vocabulary.fields import ADAPTER
from modeldex.vocabulary.normalize import Dropped, identity
from modeldex.vocabulary.values import ModelSpec

PROVIDER = "ollama"
MAX_BYTES = 8 * 1024 * 1024
SMALL = 15_000_000_000

_NUM_CTX = re.compile(r"^\s*num_ctx\s+([0-9]{1,12})\s*$", re.MULTILINE)
_ADAPTER = re.compile(r"^ADAPTER\s", re.MULTILINE | re.IGNORECASE)
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?)([KMBT]?)", re.IGNORECASE)
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
_MODES = {"completion": "chat", "embedding": "embedding", "image": "image"}

T = TypeVar("T")


def _or_unknown(value: object, handler: Handler) -> object:
    try:
        return handler(value)
    except ValidationError:
        return None


def _only_words(value: object) -> object:
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


Maybe = Annotated[T | None, WrapValidator(_or_unknown)]
Words = Annotated[tuple[str, ...], BeforeValidator(_only_words)]


class _Payload(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", hide_input_in_errors=True)


class Details(_Payload):
    """The `details` object of both endpoints."""

    family: Maybe[str] = None
    families: Words = ()
    parameter_size: Maybe[str] = None
    quantization_level: Maybe[str] = None
    parent_model: Maybe[str] = None


class Tag(_Payload):
    """One entry of GET /api/tags: an installed model."""

    name: Maybe[str] = None
    model: Maybe[str] = None
    digest: Maybe[str] = None
    details: Maybe[Details] = None


class Show(_Payload):
    """The response of POST /api/show: one model."""

    capabilities: Words = ()
    details: Maybe[Details] = None
    model_info: Maybe[dict[str, object]] = None
    projector_info: Maybe[dict[str, object]] = None
    parameters: Maybe[str] = None
    template: Maybe[str] = None
    modelfile: Maybe[str] = None
    remote_model: Maybe[str] = None
    remote_host: Maybe[str] = None

    @property
    def architecture(self) -> str:
        """The prefix of architecture-specific keys in `model_info`; empty if unknown."""
        name = (self.model_info or {}).get("general.architecture")
        return name if isinstance(name, str) else ""

    def number(self, key: str) -> int | None:
        """A positive integer of `model_info`; None for anything else."""
        value = (self.model_info or {}).get(key)
        return value if type(value) is int and value > 0 else None


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
    name = tag.name or tag.model or ""
    family = tag.details.family if tag.details else None
    short = name.removesuffix(":latest")
    stated = {"provider": PROVIDER, "name": name, "family": family, "aliases": (short,)}
    clean, dropped = identity(stated)
    return clean and ModelSpec.model_validate(clean), dropped


def capabilities(name: str, payload: object, *, hosted: bool = False) -> dict[str, object]:
    """The capabilities in an /api/show response for model `name`: known values by field.

    `hosted` means that the server is Ollama's cloud, so that nothing counts as local and free.
    Raises ValueError if the response is not an object or has no known field.
    """
    show = Show.model_validate(payload)
    if not show.model_fields_set:
        raise ValueError("the response has no known field of a model")
    local = not (hosted or _is_remote(name, show))
    flags = _declared(show) if show.capabilities else _deduced(show)
    chat = flags["mode"] == "chat" or None
    window = show.number(f"{show.architecture}.context_length")
    params = _params(show)
    small = local and chat and params is not None and params <= SMALL
    dims = show.number(f"{show.architecture}.embedding_length")
    quantization = show.details.quantization_level if show.details else None
    values = {
        **flags,
        "supports_json_mode": chat,
        "supports_structured_outputs": chat,
        "supports_streaming": chat,
        "max_context": window,
        "served_context": _served(show, window),
        "param_count": params,
        "quantization": quantization if quantization != "unknown" else None,
        "variant": ADAPTER if _ADAPTER.search(show.modelfile or "") else None,
        "embedding_dims": dims if flags["mode"] == "embedding" else None,
        "input_cost_per_1m": 0.0 if local else None,
        "output_cost_per_1m": 0.0 if local else None,
        "price_basis": "self_hosted" if local else None,
        "quality_tier": "cheap" if small else None,
        "quality_basis": "size" if small else None,
    }
    return {field: value for field, value in values.items() if value not in (None, "")}


def _is_remote(name: str, show: Show) -> bool:
    return bool(show.remote_model or show.remote_host or name.endswith(("-cloud", ":cloud")))


def _declared(show: Show) -> dict[str, object]:
    words = set(show.capabilities)
    absent = False if words & {"completion", "embedding"} else None
    return {
        "mode": next((_MODES[word] for word in _MODES if word in words), None),
        "supports_tools": "tools" in words or absent,
        "supports_vision": "vision" in words or absent,
        "supports_reasoning": "thinking" in words or absent,
        "supports_audio": "audio" in words or None,
    }


def _deduced(show: Show) -> dict[str, object]:
    """Capabilities of servers too old to list them: evidence of presence, never of absence."""
    families = show.details.families if show.details else ()
    prefix = f"{show.architecture}.vision."
    has_vision_keys = any(key.startswith(prefix) for key in show.model_info or {})
    tools = ".Tools" in (show.template or "") or None
    return {
        "mode": "chat" if tools else None,
        "supports_tools": tools,
        "supports_vision": bool(
            show.projector_info or has_vision_keys or {"clip", "mllama"} & set(families)
        )
        or None,
    }


def _served(show: Show, window: int | None) -> int | None:
    lines = _NUM_CTX.findall(show.parameters or "")
    served = int(lines[-1]) if lines else 0
    return min(served, window or served) or None


def _params(show: Show) -> int | None:
    if counted := show.number("general.parameter_count"):
        return counted
    label = show.details.parameter_size if show.details else None
    size = _SIZE.fullmatch((label or "").strip())
    return round(float(size[1]) * _UNITS[size[2].upper()]) or None if size else None
