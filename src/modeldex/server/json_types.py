"""Base of the response models: JSON objects in which unknown values are absent, never null.

Models with the fields of a NamedTuple of the library are derived from it by `response_model`, so
that each value is described once.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic import (
    BeforeValidator,
    SerializerFunctionWrapHandler,
    create_model,
    model_serializer,
)

from modeldex.vocabulary.frozen_model import FrozenModel


class ResponseModel(FrozenModel):
    """A response or a part of one: a JSON object in which unknown values are absent."""

    @model_serializer(mode="wrap")
    def _known(self, write: SerializerFunctionWrapHandler) -> dict[str, Any]:
        return {name: value for name, value in write(self).items() if value is not None}


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
    named: dict[str, Any] = {"id": (str, ...)} if isinstance(vars(kind).get("id"), property) else {}
    named |= {
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
