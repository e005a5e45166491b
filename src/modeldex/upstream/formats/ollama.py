"""Ollama's wire format of POST /api/show: one model.

A field that is missing, null or of an unexpected type is unknown.
"""

import re
from collections.abc import Collection
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, WrapValidator
from pydantic import ValidatorFunctionWrapHandler as Handler

from modeldex.vocabulary.fields import ADAPTER

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


def capabilities(name: str, payload: object, *, rented: bool = False) -> dict[str, object]:
    """The capabilities in an /api/show response for model `name`: known values by field.

    `rented` means that Ollama's cloud serves it, by subscription: nothing is local and free.
    Raises ValueError if the response is not an object or has no known field.
    """
    show = Show.model_validate(payload)
    if not show.model_fields_set:
        raise ValueError("the response has no known field of a model")
    local = not (rented or show.remote_model or show.remote_host or is_cloud(name))
    flags = declared(show.capabilities) if show.capabilities else _deduced(show)
    chat = flags["mode"] == "chat" or None
    params = parameters(show)
    small = local and chat and params is not None and params <= SMALL
    dims = show.number(f"{show.architecture}.embedding_length")
    quantization = show.details.quantization_level if show.details else None
    values = {
        **flags,
        "supports_json_mode": chat,
        "supports_structured_outputs": chat,
        "supports_streaming": chat,
        "max_context": show.number(f"{show.architecture}.context_length"),
        "served_context": _served(show),
        "param_count": params,
        "quantization": quantization if quantization != "unknown" else None,
        "variant": ADAPTER if _ADAPTER.search(show.modelfile or "") else None,
        "embedding_dims": dims if flags["mode"] == "embedding" else None,
        "input_cost_per_1m": 0.0 if local else None,
        "output_cost_per_1m": 0.0 if local else None,
        "price_basis": "self_hosted" if local else "subscription",
        "quality_tier": "cheap" if small else None,
        "quality_basis": "size" if small else None,
    }
    return {field: value for field, value in values.items() if value not in (None, "")}


def is_cloud(name: str) -> bool:
    """Whether the name is one of Ollama's cloud."""
    return name.removesuffix(":latest").endswith(("-cloud", ":cloud"))


def declared(capabilities: Collection[str]) -> dict[str, object]:
    """The mode and the flags in a list of capabilities, which is complete if it has a mode."""
    words = set(capabilities)
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


def _served(show: Show) -> int | None:
    lines = _NUM_CTX.findall(show.parameters or "")
    return (int(lines[-1]) if lines else 0) or None


def parameters(show: Show) -> int | None:
    """The number of weights, counted or in the label of a size."""
    if counted := show.number("general.parameter_count"):
        return counted
    label = show.details.parameter_size if show.details else None
    size = _SIZE.fullmatch((label or "").strip())
    return round(float(size[1]) * _UNITS[size[2].upper()]) or None if size else None
