"""The frozen pydantic models of the public API: specs and capabilities."""

from collections.abc import Iterator
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    computed_field,
    model_serializer,
    model_validator,
)

from modeldex.vocabulary.ends import ending
from modeldex.vocabulary.entry import usable_context
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.formatting import dollars, tokens_in_short

if TYPE_CHECKING:
    from modeldex.vocabulary.client_ids import ClientName


class QualityTier(StrEnum):
    """Quality tier of a model. UNKNOWN means that no resolver states one."""

    BEST = "best"
    BALANCED = "balanced"
    CHEAP = "cheap"
    UNKNOWN = "unknown"


Mode = Literal[
    "chat", "completion", "embedding", "rerank", "image", "audio", "video",
    "moderation", "ocr", "realtime", "other",
]  # fmt: skip
PriceBasis = Literal["metered", "free", "subscription", "self_hosted", "dynamic"]
Lifecycle = Literal["active", "preview", "deprecated", "retired"]
Words = Annotated[frozenset[str], PlainSerializer(sorted, list[str], when_used="json")]
QualityBasis = Literal["user", "measured", "benchmark", "curated", "price", "size", "inferred"]


class FrozenModel(BaseModel):
    """Values that never change, with their unknowns left out of the repr."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", from_attributes=True, hide_input_in_errors=True
    )

    def __repr_args__(self) -> Iterator[tuple[str, object]]:
        """Only what is not the default: of a model's capabilities, the known ones."""
        for name, field in type(self).model_fields.items():
            if (value := getattr(self, name)) != field.default:
                yield name, sorted(value) if isinstance(value, frozenset) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema of the fields, without null.

        Without `serialization` pydantic describes the fields; with it, only the serializer's dict.
        """
        schema: dict[str, Any] = handler({k: v for k, v in core.items() if k != "serialization"})
        for field in handler.resolve_ref_schema(schema).get("properties", {}).values():
            without_null(field)
        return schema


def without_null(field: dict[str, Any]) -> None:
    """Remove null, and the title, which only repeats the name, from the schema of a field."""
    field.pop("title", None)
    if field.get("default", ...) is None:
        del field["default"]
    if "anyOf" in field:
        left = [each for each in field.pop("anyOf") if each != {"type": "null"}]
        field.update(left[0] if len(left) == 1 else {"anyOf": left})


class ModelSpec(FrozenModel):
    """The identity of one offer: a provider id and the model name that its API expects.

    `family` is a line of models (`gpt-mini`, `claude-opus`); `aliases` are other names that the
    same provider accepts for the same model.
    """

    provider: str
    name: str
    family: str | None = None
    aliases: tuple[str, ...] = ()
    display_name: str | None = None

    @property
    def id(self) -> str:
        """The canonical text form, `provider/name`."""
        return f"{self.provider}/{self.name}"

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


class ModelCapabilities(FrozenModel):
    """The capabilities of one model, as merged or as stated by one resolver.

    None, an empty set and QualityTier.UNKNOWN mean unknown; False and 0 are known values. Limits
    are tokens, prices USD per 1M tokens, dates `YYYY-MM-DD` or `YYYY-MM`.
    `modeldex.vocabulary.fields` describes each field.
    """

    max_context: int | None = None
    max_input_tokens: int | None = None
    max_output_tokens: int | None = None
    served_context: int | None = None
    supports_tools: bool | None = None
    supports_parallel_tools: bool | None = None
    supports_vision: bool | None = None
    supports_audio: bool | None = None
    supports_pdf: bool | None = None
    supports_json_mode: bool | None = None
    supports_structured_outputs: bool | None = None
    supports_streaming: bool | None = None
    supports_system_messages: bool | None = None
    supports_reasoning: bool | None = None
    supports_prompt_cache: bool | None = None
    known_params: Words = frozenset()
    unsupported_params: Words = frozenset()
    input_modalities: Words = frozenset()
    output_modalities: Words = frozenset()
    mode: Mode | None = None
    input_cost_per_1m: float | None = None
    output_cost_per_1m: float | None = None
    cache_read_cost_per_1m: float | None = None
    cache_write_cost_per_1m: float | None = None
    other_prices: Words = frozenset()
    price_basis: PriceBasis | None = None
    quality_tier: QualityTier = QualityTier.UNKNOWN
    quality_basis: QualityBasis | None = None
    speed_hint_tps: float | None = Field(
        default=None, validation_alias=AliasChoices("speed_hint_tps", "tokens_per_second")
    )
    ttft_ms: float | None = None
    release_date: str | None = None
    knowledge_cutoff: str | None = None
    lifecycle: Lifecycle | None = None
    deprecated_at: str | None = None
    retires_at: str | None = None
    replacement: str | None = None
    open_weights: bool | None = None
    param_count: int | None = None
    quantization: str | None = None
    embedding_dims: int | None = None
    base: str | None = None
    snapshot: str | None = None
    variant: str | None = None
    target: str | None = None
    suspicious: bool | None = None
    presumed_gone: str | None = None
    supports_video: bool | None = None
    min_cacheable_tokens: int | None = None
    endpoints: Words = frozenset()
    effort_levels: Words = frozenset()
    quality_score: float | None = None
    quality_low: float | None = None
    quality_high: float | None = None
    quality_families: int | None = None
    coding_score: float | None = None
    vision_score: float | None = None
    documents_score: float | None = None
    superseded_by: str | None = None
    newer_versions: int | None = None

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema, with the meaning and unit of each field, and no defaults."""
        schema = super().__get_pydantic_json_schema__(core, handler)
        described = handler.resolve_ref_schema(schema)
        described["description"] = "The known capabilities of a model; an absent one is unknown."
        for name, field in described["properties"].items():
            field.pop("default", None)
            field["description"] = f"{BY_NAME[name].meaning} ({BY_NAME[name].unit})"
        return schema

    def known(self) -> dict[str, Any]:
        """The known values by field name: not None, an empty set or QualityTier.UNKNOWN."""
        return {
            name: value
            for name, field in type(self).model_fields.items()
            if (value := getattr(self, name)) != field.default
        }

    def merge(self, other: "ModelCapabilities") -> "ModelCapabilities":
        """These capabilities with the known values of `other` in their place, field by field.

        A set is one value: that of `other` replaces this one, as in the catalog.
        """
        return self.model_copy(update=other.known())

    def __str__(self) -> str:
        context = usable_context(self.served_context, self.max_context, self.max_input_tokens)
        prices = (self.input_cost_per_1m, self.output_cost_per_1m)
        parts = [word for word, flag in _SHOWN_FLAGS.items() if getattr(self, flag)]
        parts += [f"{tokens_in_short(context)} ctx"] if context else []
        parts += ["/".join(map(_price, prices))] if prices != (None, None) else []
        return ", ".join(parts) or "nothing known"


_SHOWN_FLAGS = {"tools": "supports_tools", "vision": "supports_vision"}


def _price(usd_per_1m: float | None) -> str:
    return "$?" if usd_per_1m is None else dollars(usd_per_1m)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class ModelWithCapabilities(FrozenModel):
    """One model of the catalog: its identity, its merged capabilities, what it was chosen by.

    `usable_context` is the window in tokens, or the prompt cap where that is smaller, and
    `blended_cost` the price in USD per 1M tokens that rank it; `matched_alias` is the alias by
    which it was found; `live` is whether a live source (provider API or local server) lists it now;
    `retired_at` the time of its retirement; `provider_class` what kind of business the provider is,
    such as host; `remark` what is to be known about how it was found; `price_change` the next
    change of input or output price within 30 days; `days_left` in how many days it stops
    answering, below 0 after its announced end. A dump is the JSON shape of
    `modeldex.vocabulary.json_shape`: what is unknown is absent.
    """

    spec: ModelSpec
    capabilities: ModelCapabilities
    usable_context: int | None = None
    blended_cost: float | None = None
    matched_alias: str | None = None
    live: bool | None = None
    retired_at: str | None = None
    provider_class: str | None = None
    remark: str | None = None
    price_change: str | None = None
    days_left: int | None = None

    @property
    def ending(self) -> str | None:
        """Its end and its replacement in a few words; None where no end is known."""
        if self.days_left is None or self.capabilities.retires_at is None:
            return None
        return ending(self.capabilities.retires_at, self.days_left, self.capabilities.replacement)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def id(self) -> str:
        """The canonical text form, `provider/name`."""
        return self.spec.id

    @model_validator(mode="before")
    @classmethod
    def _without_id(cls, given: Any) -> Any:
        """Take a dump, too, whose `id` only repeats what `spec` says."""
        if isinstance(given, dict) and "id" in given:
            return {name: value for name, value in given.items() if name != "id"}
        return given

    @model_serializer(mode="wrap")
    def _known(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        written = write(self)
        first = {"id": written.pop("id")} if "id" in written else {}
        if "spec" in written:
            written["spec"] = _without_none(written["spec"])
        if "capabilities" in written:
            known = self.capabilities.known()
            stated = written["capabilities"].items()
            written["capabilities"] = {k: v for k, v in stated if k in known}
        return first | _without_none(written)

    def id_for(self, client: "ClientName") -> str:
        """Return the model string for a client library, one of
        `modeldex.vocabulary.client_ids.CLIENTS`.

        Raises NoIdFor if the client has no string for this offer, InvalidQuery for an unknown
        client.
        """
        # Imported late: `clients` is on a higher layer.
        from modeldex.vocabulary.client_ids import id_for

        return id_for(self.spec.provider, self.spec.name, client, self.capabilities.mode)

    def __str__(self) -> str:
        return f"{self.spec} ({self.capabilities})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
