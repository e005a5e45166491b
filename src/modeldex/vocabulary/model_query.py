"""ModelQuery and the keywords of `find_best`, made from the table of criteria.

Type checkers and editors read model_query.pyi, which `scripts/build_stub.py` writes.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, TypedDict  # noqa: F401 -- named in annotations

from pydantic import BeforeValidator, Field, create_model

from modeldex.vocabulary.capability_fields import QualityTier  # noqa: F401 -- in annotations
from modeldex.vocabulary.criteria import TABLE
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.frozen_model import FrozenModel
from modeldex.vocabulary.matching import meets
from modeldex.vocabulary.quantities import count, days
from modeldex.vocabulary.values import ModelWithCapabilities

_MAX_INTEGER = 2**63 - 1
"""Largest integer that the catalog can store."""

_TYPES = {
    "flag": "bool", "tokens": "int | None", "number": "float | None", "word": "str | None",
    "days": "int | None",
    "words": "frozenset[str]", "none_of": "frozenset[str]", "tier": "QualityTier | None",
}  # fmt: skip


def _parsed_by(parse: Callable[[str], int]) -> BeforeValidator:
    return BeforeValidator(lambda given: parse(given) if isinstance(given, str) else given)


_PARSERS = {"tokens": _parsed_by(count), "days": _parsed_by(days)}
_LIMITS: Mapping[str, Mapping[str, Any]] = {
    "tokens": {"ge": 0, "le": _MAX_INTEGER},
    "days": {"ge": 0, "le": _MAX_INTEGER},
    "number": {"ge": 0, "allow_inf_nan": False},
}


def annotation(row: Criterion) -> str:
    """Return the type of a criterion's attribute as source text."""
    if row.kind == "tier":
        return f"Literal['any'] | {_TYPES['tier']}" if row.lifted == "any" else _TYPES["tier"]
    if row.choices and row.is_set:
        return f"frozenset[Literal{list(row.choices)}]"
    return f"Literal{list(row.choices)} | None" if row.choices else _TYPES[row.kind]


def _type(row: Criterion) -> str:
    """Return the type of a criterion's attribute, with how a text is parsed."""
    if row.kind in _PARSERS:
        return f"Annotated[{annotation(row)}, _PARSERS[{row.kind!r}]]"
    return annotation(row)


_FIELDS: Mapping[str, Any] = {
    row.name: (
        _type(row),
        Field(row.default, description=row.meaning, **_LIMITS.get(row.kind, {})),
    )
    for row in TABLE
}


_Criteria = create_model(
    "_Criteria", __base__=FrozenModel, __module__=__name__,
    __cls_kwargs__={"defer_build": True},  # a schema is built for ModelQuery alone
    **_FIELDS,
)  # fmt: skip


class ModelQuery(_Criteria, defer_build=False):
    """Criteria for models; an unknown value never meets a requirement.

    `quality_tier` matches exactly ("any" matches all), `min_quality_tier` means at least.
    `min_context` and `max_context` compare the usable window: the served one if a local server
    states it, else the documented one, or the prompt cap where that is smaller. `min_input_tokens`
    and `min_output_tokens` together require a window for both. Costs are USD per 1M tokens. By
    default only models that are callable from here match; `available=False` includes all known
    models.
    """

    limit: int | None = Field(
        default=None, ge=1, le=_MAX_INTEGER, description="number of models, at most"
    )
    offset: int = Field(default=0, ge=0, le=_MAX_INTEGER, description="number of models to skip")

    def matches(self, model: ModelWithCapabilities) -> bool:
        """Whether the known values of a model meet every requirement.

        Only a catalog knows what can be called from here, so `available` does not count; nor do
        `limit` and `offset`. Cost tiers have the bounds that a new catalog starts with.
        """
        return meets(self, model.spec, model.capabilities)


Criteria = TypedDict("Criteria", dict.fromkeys(ModelQuery.model_fields, Any), total=False)
"""The keywords of `find_best`: the attributes of ModelQuery."""
