"""The frozen pydantic models of the public API: specs and capabilities."""

from typing import TYPE_CHECKING, Any

from pydantic import (
    Field,
    SerializerFunctionWrapHandler,
    computed_field,
    model_serializer,
    model_validator,
)

from modeldex.vocabulary.capability_fields import CapabilityFields
from modeldex.vocabulary.ends import ending
from modeldex.vocabulary.entry import usable_context
from modeldex.vocabulary.formatting import dollars, tokens_in_short
from modeldex.vocabulary.frozen_model import FrozenModel

if TYPE_CHECKING:
    from modeldex.vocabulary.client_ids import ClientName
    from modeldex.vocabulary.timestamps import When
    from modeldex.vocabulary.workloads import Cost


class ModelSpec(FrozenModel):
    """The identity of one offer: a provider id and the model name that its API expects."""

    provider: str = Field(description="id of the provider, such as openai")
    name: str = Field(description="name of the model in the provider's API")
    family: str | None = Field(
        default=None, description="line of models, such as gpt-mini or claude-opus"
    )
    aliases: tuple[str, ...] = Field(
        default=(), description="other names that the provider accepts for the same model"
    )
    display_name: str | None = Field(default=None, description="name for people")

    @property
    def id(self) -> str:
        """The canonical text form, `provider/name`."""
        return f"{self.provider}/{self.name}"

    def __str__(self) -> str:
        return f"{self.provider}:{self.name}"


class ModelCapabilities(CapabilityFields, defer_build=False):
    """The capabilities of one model, as merged or as stated by one resolver.

    None, an empty set and QualityTier.UNKNOWN mean unknown; False and 0 are known values. Limits
    are tokens, prices USD per 1M tokens, dates `YYYY-MM-DD` or `YYYY-MM`.
    The fields are those of `modeldex.vocabulary.fields`.
    """

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema, without defaults: what is unknown is absent."""
        schema = super().__get_pydantic_json_schema__(core, handler)
        described = handler.resolve_ref_schema(schema)
        described["description"] = "The known capabilities of a model; an absent one is unknown."
        for field in described["properties"].values():
            field.pop("default", None)
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

    def __repr__(self) -> str:
        if (number := len(self.known())) < _MANY:
            return super().__repr__()
        return f"<{type(self).__name__} {number} known: {self}>"


_MANY = 7
"""Known fields from which on a repr does not name each."""
_SHOWN_FLAGS = {"tools": "supports_tools", "vision": "supports_vision"}


def _price(usd_per_1m: float | None) -> str:
    return "$?" if usd_per_1m is None else dollars(usd_per_1m)


def _without_none(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class ModelWithCapabilities(FrozenModel):
    """One model of the catalog: its identity, its merged capabilities, what it was chosen by.

    A dump is the JSON shape of `modeldex.vocabulary.json_shape`: what is unknown is absent.
    """

    spec: ModelSpec = Field(description="what the model is called, and where")
    capabilities: ModelCapabilities = Field(description="what is known of it")
    usable_context: int | None = Field(
        default=None,
        description="window in tokens, or the prompt cap where that is smaller; ranks it",
    )
    blended_cost: float | None = Field(
        default=None,
        description="price that ranks it, (3 x input + output) / 4, USD per 1M tokens",
    )
    matched_alias: str | None = Field(default=None, description="alias by which it was found")
    live: bool | None = Field(
        default=None, description="whether a live source (API or local server) lists it now"
    )
    retired_at: str | None = Field(default=None, description="time of its retirement, UTC")
    provider_class: str | None = Field(
        default=None, description="kind of business the provider is, such as host"
    )
    remark: str | None = Field(
        default=None, description="what is to be known about how it was found"
    )
    price_change: str | None = Field(
        default=None, description="next change of input or output price within 30 days"
    )
    days_left: int | None = Field(
        default=None,
        description="in how many days it stops answering; below 0 after its announced end",
    )

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

    def cost_of(
        self,
        usage: object,
        *,
        batch: bool | None = None,
        region: str | None = None,
        at: "When | None" = None,
    ) -> "Cost[ModelWithCapabilities]":
        """Return the cost of one response by its usage, as of `modeldex.vocabulary.usage`.

        Where a price is unknown, `usd` is None and `unknown` says of what. Raises InvalidQuery.
        """
        from modeldex.vocabulary.usage import cost_of

        return cost_of(self, usage, batch=batch, region=region, at=at)

    def _repr_html_(self) -> str:
        from modeldex.vocabulary.notebook import model_table

        return model_table(self)

    def __str__(self) -> str:
        return f"{self.spec} ({self.capabilities})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
