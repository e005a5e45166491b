"""Base of the response models: JSON objects in which unknown values are absent, never null.

Models with the fields of a NamedTuple of the library are derived from it by `response_model`, so
that each value is described once.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin, get_type_hints

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
)

from modeldex.vocabulary import fields


class ResponseModel(BaseModel):
    """A response or a part of one: a JSON object in which unknown values are absent."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", from_attributes=True, hide_input_in_errors=True
    )

    @model_serializer(mode="wrap")
    def _known(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if value is not None}

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: Any) -> dict[str, Any]:
        """Return the JSON schema of the fields, without null.

        Without `serialization` pydantic describes the fields; with it, only the serializer's dict.
        """
        schema: dict[str, Any] = handler({k: v for k, v in core.items() if k != "serialization"})
        described = handler.resolve_ref_schema(schema).get("properties", {})
        for field in described.values():
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


def _sorted_set(value: object) -> object:
    return sorted(value) if isinstance(value, set | frozenset) else value


Value = Annotated[bool | int | float | str | list[str], BeforeValidator(_sorted_set)]
"""Value of any capability field; sets become sorted lists."""

_CHANGING = {"age"}
"""Fields left out because they change with time, which would make a cached response wrong."""

_PLAIN: Mapping[Any, Any] = {object: Value, Decimal: Annotated[float, BeforeValidator(float)]}


@cache
def response_model(kind: type, *without: str) -> type[ResponseModel]:
    """Create the response model of a NamedTuple, nested ones included; `without` omits fields."""
    named: dict[str, Any] = {
        name: _field(annotation)
        for name, annotation in get_type_hints(kind).items()
        if name not in {*without, *_CHANGING}
    }
    shape: type[ResponseModel] = create_model(
        kind.__name__, __base__=ResponseModel, __doc__=kind.__doc__, __module__=__name__, **named
    )
    return shape


def _field(annotation: Any) -> tuple[Any, Any]:
    """Return the JSON type of a field and its default: None if it may be unknown, else required."""
    kinds = [_json_type(each) for each in get_args(annotation) if each is not type(None)]
    if annotation is object:
        return Value | None, None
    if type(None) in get_args(annotation):
        return kinds[0] | None, None
    return _json_type(annotation), ...


def _json_type(annotation: Any) -> Any:
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if get_origin(annotation) is tuple:
        return list[_json_type(get_args(annotation)[0])]  # type: ignore[misc]
    return response_model(annotation) if hasattr(annotation, "_fields") else annotation


def _of_field(field: fields.Field) -> Any:
    if field.choices:
        return Literal[field.choices]
    return {"flag": bool, "count": int, "price": float, "rate": float, "set": list[str]}.get(
        field.kind, str
    )


_CAPABILITIES: Mapping[str, Any] = {
    field.name: (
        _of_field(field) | None,
        Field(default=None, description=f"{field.meaning} ({field.unit})"),
    )
    for field in fields.FIELDS
}
if TYPE_CHECKING:

    class Capabilities(ResponseModel):
        """Effective capabilities of a model: every known value by field."""

        def __getattr__(self, name: str) -> Any: ...

else:
    Capabilities = create_model(
        "Capabilities",
        __base__=ResponseModel,
        __doc__="Effective capabilities of a model: every known value by field, also False and 0.",
        __module__=__name__,
        **_CAPABILITIES,
    )
