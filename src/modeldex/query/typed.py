"""Convert queries to criteria, and result rows to ModelWithCapabilities."""

from collections.abc import Mapping
from typing import Any, cast

from pydantic import ValidationError

from modeldex.errors import InvalidQuery
from modeldex.query.compile import COLUMNS
from modeldex.storage.sqlite.reader import SqlRow
from modeldex.vocabulary.criteria import CRITERIA, near
from modeldex.vocabulary.fields import FIELDS
from modeldex.vocabulary.model_query import ModelQuery
from modeldex.vocabulary.providers import canonical
from modeldex.vocabulary.values import ModelCapabilities, ModelSpec, ModelWithCapabilities

_FIRST_FIELD = COLUMNS.index(FIELDS[0].name)
_FIELDS = tuple((_FIRST_FIELD + i, f.name, f.kind == "set") for i, f in enumerate(FIELDS))


def model_of(row: SqlRow) -> ModelWithCapabilities:
    """Return one row of compile.COLUMNS as a model."""
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


def query_of(criteria: Mapping[str, Any], **more: Any) -> ModelQuery:
    """Return a ModelQuery with these criteria. Raises InvalidQuery for the first invalid one."""
    try:
        return ModelQuery(**{**criteria, **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "query"
        reason = _unknown(field) if first["type"] == "extra_forbidden" else first["msg"]
        raise InvalidQuery(field, criteria.get(field), reason) from None


def _unknown(name: str) -> str:
    meant = near(name, CRITERIA)
    return "unknown criterion" + (f"; did you mean {' or '.join(meant)}?" if meant else "")


def criteria_of(query: ModelQuery) -> dict[str, object]:
    """Return the criteria of a query by name, with canonical provider ids."""
    criteria = query.__dict__ | {}
    if query.provider is not None:
        criteria["provider"] = canonical(query.provider)
    if query.providers:
        criteria["providers"] = {canonical(provider) for provider in query.providers}
    return criteria
