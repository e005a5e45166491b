"""Convert a result row to ModelWithCapabilities."""

from typing import cast

from modeldex.fields import FIELDS
from modeldex.reader import Row
from modeldex.search import COLUMNS
from modeldex.values import ModelCapabilities, ModelSpec, ModelWithCapabilities

_FIRST_FIELD = COLUMNS.index(FIELDS[0].name)
_FIELDS = tuple((_FIRST_FIELD + i, f.name, f.kind == "set") for i, f in enumerate(FIELDS))


def model_of(row: Row) -> ModelWithCapabilities:
    """Return one row of search.COLUMNS as a model."""
    known = {
        name: cast("str", row[i]).split(",") if is_set else row[i]
        for i, name, is_set in _FIELDS
        if row[i] is not None
    }
    provider, name, family, display_name = row[:4]
    aliases = cast("str | None", row[-1])
    return ModelWithCapabilities(
        spec=ModelSpec(
            provider=cast("str", provider),
            name=cast("str", name),
            family=cast("str | None", family),
            display_name=cast("str | None", display_name),
            aliases=tuple(sorted(aliases.split("\n"))) if aliases else (),
        ),
        capabilities=ModelCapabilities.model_validate(known),
    )
