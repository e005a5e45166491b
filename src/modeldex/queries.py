"""Convert between keyword arguments, ModelQuery and the criteria of `modeldex.search`."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modeldex.errors import InvalidQuery
from modeldex.providers import canonical
from modeldex.values import ModelQuery


def query_of(criteria: Mapping[str, Any], **more: Any) -> ModelQuery:
    """Return a ModelQuery with these criteria. Raises InvalidQuery for the first invalid one."""
    try:
        return ModelQuery(**{**criteria, **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "query"
        raise InvalidQuery(field, criteria.get(field), first["msg"]) from None


def criteria_of(query: ModelQuery) -> dict[str, object]:
    """Return the criteria of a query by name, with canonical provider ids."""
    criteria = query.__dict__ | {}
    if query.provider is not None:
        criteria["provider"] = canonical(query.provider)
    if query.providers:
        criteria["providers"] = {canonical(provider) for provider in query.providers}
    return criteria
