"""Compile criteria to SQL; column names are whitelisted, values always bound. No I/O.

The rank is a total order: tier, blended cost (unknown last), larger usable window, newer release,
provider, name. The rank indexes of `catalog` have this order, so a query with `LIMIT 1` walks an
index and stops at the first model that meets all requirements.
"""

from collections.abc import Mapping
from typing import NamedTuple

from modeldex.query.conditions import Condition, Scope, conditions
from modeldex.storage.parameters import Bound
from modeldex.storage.schema.columns import LINE
from modeldex.vocabulary.fields import NAMES

MODEL_COLUMNS = ("provider", "name", "family", "display_name", "retired_at", "live")
RANK_COLUMNS = ("usable_context", "blended_cost")
COLUMNS = (*MODEL_COLUMNS, *RANK_COLUMNS, *NAMES, "aliases")

SELECTED = (
    f"{', '.join('c.' + name for name in COLUMNS[:-1])}, "
    f"(SELECT group_concat(a.alias, {LINE}) FROM aliases a WHERE a.model_id = c.model_id) "
    "AS aliases"
)
FROM = " FROM catalog c"
_SELECT = f"SELECT {SELECTED}{FROM}"
RANK = "c.rank_tier, c.rank_cost, c.rank_context, c.rank_release DESC, c.provider, c.name"
ORDER = f" ORDER BY {RANK}"
"""Ends each statement in rank order, but for its limit; `modeldex.query.as_of` looks for it."""

PAGE = " LIMIT :limit OFFSET :offset"


class CompiledQuery(NamedTuple):
    """SQL text and the values of its named parameters."""

    sql: str
    parameters: Bound


def _where(found: list[Condition]) -> tuple[str, Bound]:
    parameters: Bound = {}
    for condition in found:
        parameters |= condition.parameters
    text = " AND ".join(condition.sql for condition in found)
    return (f" WHERE {text}" if text else ""), parameters


def compile_columns(columns: str, criteria: Mapping[str, object], scope: Scope) -> CompiledQuery:
    """Compile a SELECT of `columns` of `catalog c` for all matching models, best first."""
    where, parameters = _where(conditions(criteria, scope))
    return CompiledQuery(f"SELECT {columns}{FROM}{where}{ORDER}", parameters)


def compile_query(criteria: Mapping[str, object], scope: Scope) -> CompiledQuery:
    """Compile a SELECT of COLUMNS for matching models, best first, with limit and offset."""
    sql, parameters = compile_columns(SELECTED, criteria, scope)
    limit, offset = criteria.get("limit"), criteria.get("offset") or 0
    if limit is not None or offset:
        sql += PAGE
        parameters["limit"] = (
            limit if isinstance(limit, int) else 1 << 62
        )  # SQLite has no OFFSET alone
        parameters["offset"] = offset if isinstance(offset, int) else 0
    return CompiledQuery(sql, parameters)


def compile_count(criteria: Mapping[str, object], scope: Scope) -> CompiledQuery:
    """Compile a SELECT of the number of matching models."""
    where, parameters = _where(conditions(criteria, scope))
    return CompiledQuery(f"SELECT count(*){FROM}{where}", parameters)


def compile_find(provider: str | None, name: str) -> CompiledQuery:
    """Compile a look-up by exact name, else by exact alias; at any provider if None."""
    same = "" if provider is None else "provider = :provider AND "
    parameters: Bound = {"name": name} if provider is None else {"name": name, "provider": provider}
    return CompiledQuery(
        f"{_SELECT} WHERE c.model_id IN (SELECT model_id FROM catalog WHERE {same}name = :name) "
        f"OR (c.model_id IN (SELECT model_id FROM aliases WHERE {same}alias = :name) AND NOT "
        f"EXISTS (SELECT 1 FROM catalog WHERE {same}name = :name)){ORDER}",
        parameters,
    )
