"""The fields of ModelCapabilities, made from the table of fields.

Type checkers and editors read capability_fields.pyi, which `scripts/build_stub.py` writes.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal  # noqa: F401 -- named in annotations

from pydantic import AliasChoices, Field, PlainSerializer, create_model

from modeldex.vocabulary import fields
from modeldex.vocabulary.frozen_model import FrozenModel


class QualityTier(StrEnum):
    """Quality tier of a model. UNKNOWN means that no resolver states one."""

    BEST = "best"
    BALANCED = "balanced"
    CHEAP = "cheap"
    UNKNOWN = "unknown"


Words = Annotated[frozenset[str], PlainSerializer(sorted, list[str], when_used="json")]

_TYPES = {
    "flag": "bool | None", "count": "int | None", "price": "float | None", "rate": "float | None",
    "text": "str | None", "date": "str | None", "set": "Words",
}  # fmt: skip
_UNKNOWN: Mapping[str, object] = {"set": frozenset()}
_SYNONYMS = {"speed_hint_tps": "tokens_per_second"}
"""Other names that a field may be given by."""


def annotation(row: fields.Field) -> str:
    """Return the type of a field as source text."""
    if row.name == "quality_tier":
        return "QualityTier"
    return f"Literal{list(row.choices)} | None" if row.choices else _TYPES[row.kind]


def description(row: fields.Field) -> str:
    """Return the meaning and unit of a field."""
    return f"{row.meaning} ({row.unit})"


def _field(row: fields.Field) -> Any:
    default = QualityTier.UNKNOWN if row.name == "quality_tier" else _UNKNOWN.get(row.kind)
    names = [row.name, _SYNONYMS[row.name]] if row.name in _SYNONYMS else []
    return Field(
        default, description=description(row),
        validation_alias=AliasChoices(*names) if names else None,
    )  # fmt: skip


_FIELDS: Mapping[str, Any] = {row.name: (annotation(row), _field(row)) for row in fields.FIELDS}
CapabilityFields = create_model(
    "CapabilityFields", __base__=FrozenModel, __module__=__name__,
    __cls_kwargs__={"defer_build": True},  # a schema is built for ModelCapabilities alone
    **_FIELDS,
)  # fmt: skip
