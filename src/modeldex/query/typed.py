"""Convert queries to criteria."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modeldex.errors import InvalidQuery
from modeldex.vocabulary.criteria import CRITERIA, near
from modeldex.vocabulary.model_query import ModelQuery
from modeldex.vocabulary.providers import canonical


def query_of(criteria: Mapping[str, Any], **more: Any) -> ModelQuery:
    """Return a ModelQuery with these criteria. Raises InvalidQuery for the first invalid one."""
    try:
        return ModelQuery(**{**criteria, **more})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = str(first["loc"][0]) if first["loc"] else "query"
        reason = _unknown(field) if first["type"] == "extra_forbidden" else first["msg"]
        reason = reason.removeprefix("Value error, ")
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
