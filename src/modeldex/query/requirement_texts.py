"""Describe requirements, and how a model fails them, as text."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

from modeldex.query.callability import not_callable
from modeldex.query.scope import Scope
from modeldex.vocabulary.criteria import BY_CRITERION, WORKLOAD
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.ends import comparable
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.formatting import amount, compared
from modeldex.vocabulary.workloads import Workload, exceeded


class Lack(NamedTuple):
    """One requirement that a model does not meet.

    `criterion` is the criterion of ModelQuery to relax; `unknown` is true if the model's value
    is unknown, false if a known value fails.
    """

    criterion: str
    unknown: bool
    text: str


class ScopedQuery(NamedTuple):
    """A query's criteria and the scope that decides what is callable."""

    criteria: Mapping[str, object]
    scope: Scope


def requirement_text(criterion: str, query: ScopedQuery) -> str:
    """Describe a requirement: `context >= 128,000`, `tools`, `tier best`."""
    row = _ROWS[criterion]
    return _REQUIRED.get(criterion, _required)(row, query)


def lack_text(criterion: str, query: ScopedQuery, model: CatalogEntry, *, unknown: bool) -> Lack:
    """Describe how a model fails it: `context 64,000 < 128,000`, `tools unknown`."""
    row = _ROWS[criterion]
    failed = _FAILED.get(criterion, _failed)
    return Lack(
        criterion, unknown, f"{row.subject} unknown" if unknown else failed(row, query, model)
    )


_ROWS = {**BY_CRITERION, WORKLOAD.name: WORKLOAD}


_OPPOSITE = {">=": "<", "<=": ">"}


def _required(row: Criterion, query: ScopedQuery) -> str:
    value = query.criteria.get(row.name)
    if row.kind == "days" or (row.kind in ("tokens", "number") and not row.sql):
        return f"{row.subject} {row.sign} {amount(row.column, value)}"
    return row.required.format(subject=row.subject, value=_joined(row, value))


def _failed(row: Criterion, query: ScopedQuery, model: CatalogEntry) -> str:
    value, found = query.criteria.get(row.name), model.value(row.column)
    if row.kind in ("tokens", "number") and not row.sql:
        return compared(row.subject, row.column, found, _OPPOSITE[row.sign], value)
    if row.kind == "words" and not row.plural_of:
        value = set(cast("Iterable[str]", value)) - set(cast("Iterable[str]", found))
    return row.failed.format(
        subject=row.subject, value=_joined(row, value), found=_found(row, found)
    )


def _found(row: Criterion, found: object) -> str:
    if isinstance(found, frozenset):
        return ", ".join(sorted(found))
    return amount(row.column, found)


def _joined(row: Criterion, value: object) -> str:
    """Return a value as text; those of a set are alternatives, or all required."""
    if not row.is_set:
        return row.spelling(value) if isinstance(value, str) else amount(row.column, value)
    joint = ", " if row.kind == "words" and not row.plural_of else " or "
    words = (row.spelling(str(each)) for each in cast("Iterable[object]", value))
    return joint.join(sorted(words))


def _mode(_row: object, query: ScopedQuery) -> str:
    mode = query.criteria.get("mode") or "chat"
    return f"mode {mode}" + " or unknown" * (mode == "chat")


def _other_mode(_row: object, query: ScopedQuery, model: CatalogEntry) -> str:
    return f"mode {model.value('mode')}, not {query.criteria.get('mode') or 'chat'}"


def _basis(_row: object, query: ScopedQuery) -> str:
    free = "free, " if query.criteria.get("cost_tier") == "free" else ""
    basis = query.criteria.get("price_basis") or f"{free}metered, self_hosted or unknown"
    return f"price basis {basis}"


def _other_basis(_row: object, query: ScopedQuery, model: CatalogEntry) -> str:
    required = query.criteria.get("price_basis")
    return f"price basis {model.value('price_basis')}, " + (
        f"not {required}" if required else "excluded by default"
    )


def _out_of_use(_row: object, query: ScopedQuery, model: CatalogEntry) -> str:
    """Return every reason why the model is out of use, comma-separated."""
    today = query.scope.today
    deprecated, retires = model.value("deprecated_at"), model.value("retires_at")
    lifecycle, gone = model.value("lifecycle"), model.value("presumed_gone")
    lives_on = bool(retires) and (comparable(str(retires)) > today or model.live)
    # The conditions are those of `criteria` for include_deprecated.
    found = {
        f"retired since {str(model.retired_at)[:10]}": model.retired_at,
        f"lifecycle {lifecycle}": lifecycle == "retired"
        or (lifecycle == "deprecated" and not lives_on),
        f"deprecated since {deprecated}": deprecated and str(deprecated) <= today and not lives_on,
        f"was to retire on {retires}": retires and not lives_on,
        f"presumed gone since {gone}": gone and str(gone) <= today and not model.live,
    }
    return ", ".join(text for text, holds in found.items() if holds)


def _class(row: Criterion, query: ScopedQuery) -> str:
    word = query.criteria.get(row.name)
    return f"provider class {word or 'lab, cloud, host or gateway'}"


def _other_class(_row: object, _query: object, model: CatalogEntry) -> str:
    return f"provider class {model.provider_class or 'unclassed'}"


def _callable(_row: object, query: ScopedQuery) -> str:
    sources = query.scope.sources
    if sources is None:
        return "available"
    return f"listed by {' or '.join(sorted(sources)) or 'no source'}"


def _not_callable(row: Criterion, query: ScopedQuery, model: CatalogEntry) -> str:
    if query.scope.sources is not None:
        return f"not {_callable(row, query)}"
    return not_callable(query.scope, model)


def _prompt(_row: object, query: ScopedQuery) -> str:
    prompt = f"prompt >= {amount('usable_context', query.criteria['min_input_tokens'])}"
    output = query.criteria.get("min_output_tokens")
    return (
        prompt
        if output is None
        else f"{prompt} beside {amount('usable_context', output)} of output"
    )


def _smaller(_row: object, query: ScopedQuery, model: CatalogEntry) -> str:
    prompt, output = map(query.criteria.get, ("min_input_tokens", "min_output_tokens"))
    return str(exceeded(model.capabilities, cast("int", prompt), cast("int", output or 0)))


def _load(_row: object, query: ScopedQuery) -> str:
    load = cast("Workload", query.criteria[WORKLOAD.name])
    return f"takes a prompt of {load.input_tokens:,} and an output of {load.output_tokens:,}"


def _too_small(_row: object, query: ScopedQuery, model: CatalogEntry) -> str:
    return str(cast("Workload", query.criteria[WORKLOAD.name]).exceeds(model))


_REQUIRED: Mapping[str, Callable[[Criterion, ScopedQuery], str]] = {
    "mode": _mode, "price_basis": _basis, "available": _callable, "provider_class": _class,
    "min_input_tokens": _prompt, "workload": _load,
}  # fmt: skip
_FAILED: Mapping[str, Callable[[Criterion, ScopedQuery, CatalogEntry], str]] = {
    "mode": _other_mode, "price_basis": _other_basis, "available": _not_callable,
    "include_deprecated": _out_of_use, "provider_class": _other_class,
    "min_input_tokens": _smaller, "workload": _too_small, "not_classes": _other_class,
}  # fmt: skip
"""Texts that depend on more than the value of the criterion."""
