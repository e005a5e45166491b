"""The base of the pydantic models of the public API."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict


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
