"""Describe requirements, and how a model fails them, as text."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple, cast

from modeldex.query.conditions import Scope
from modeldex.vocabulary.criteria import BOUNDS, REQUIRED_FLAGS
from modeldex.vocabulary.formatting import amount, compared
from modeldex.vocabulary.providers import providers

Record = Mapping[str, object]


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


class _Text(NamedTuple):
    """Texts of one criterion: its subject, the requirement, how a model fails it."""

    subject: str
    required: Callable[[ScopedQuery], str]
    failed: Callable[[ScopedQuery, Record], str]


def requirement_text(criterion: str, query: ScopedQuery) -> str:
    """Describe a requirement: `context >= 128,000`, `tools`, `tier best`."""
    return _TEXTS[criterion].required(query)


def lack_text(criterion: str, query: ScopedQuery, model: Record, *, unknown: bool) -> Lack:
    """Describe how a model fails it: `context 64,000 < 128,000`, `tools unknown`."""
    subject, _, failed = _TEXTS[criterion]
    return Lack(criterion, unknown, f"{subject} unknown" if unknown else failed(query, model))


def variable_to_set(provider: str) -> str | None:
    """Return the variable to set to make a hosted provider callable; None for other providers."""
    row = providers().get(provider)
    return row.keys[0] if row and row.keys and not row.local else None


def how_to_unlock(provider: str) -> str:
    """How to make a provider's models callable: `set GROQ_API_KEY`, `start Ollama and ...`."""
    row = providers().get(provider)
    if variable := variable_to_set(provider):
        return f"set {variable}"
    if row and row.local:
        return f"start {row.name} and run modeldex refresh"
    return f"no key variable is known for {provider}; add `keys` to it in providers.toml"


def _flag(column: str) -> _Text:
    name = column.removeprefix("supports_").replace("_", " ")
    return _Text(name, lambda _query: name, lambda _query, _model: f"no {name}")


_TITLES = {
    "usable_context": "context",
    "max_output_tokens": "output",
    "input_cost_per_1m": "input price",
    "output_cost_per_1m": "output price",
    "speed_hint_tps": "speed",
}
_OPPOSITE = {">=": "<", "<=": ">"}


def _bound(criterion: str, column: str, sign: str) -> _Text:
    title = _TITLES.get(column, column)

    def required(query: ScopedQuery) -> str:
        return f"{title} {sign} {amount(column, query.criteria[criterion])}"

    def failed(query: ScopedQuery, model: Record) -> str:
        return compared(title, column, model[column], _OPPOSITE[sign], query.criteria[criterion])

    return _Text(title, required, failed)


def _word(criterion: str, subject: str, column: str) -> _Text:
    """Return the texts of a criterion that requires one value of a column."""

    def required(query: ScopedQuery) -> str:
        return f"{subject} {query.criteria[criterion]}"

    def failed(query: ScopedQuery, model: Record) -> str:
        return f"{subject} {model[column]}, not {query.criteria[criterion]}"

    return _Text(subject, required, failed)


def _joined(values: object, joint: str = " or ") -> str:
    return joint.join(sorted(map(str, cast("Iterable[object]", values))))


def _missing(query: ScopedQuery, model: Record) -> str:
    required = set(cast("Iterable[str]", query.criteria["requires_params"]))
    return f"no {_joined(required - set(cast('Iterable[str]', model['known_params'])), ', ')}"


def _cost(query: ScopedQuery, model: Record) -> str:
    price = amount("blended_cost", model["blended_cost"])
    return f"blended price {price}, not {query.criteria['cost_tier']}"


def _mode(query: ScopedQuery) -> str:
    return str(query.criteria.get("mode") or "chat")


def _basis(query: ScopedQuery) -> str:
    free = "free, " if query.criteria.get("cost_tier") == "free" else ""
    return str(query.criteria.get("price_basis") or f"{free}metered, self_hosted or unknown")


def _other_basis(query: ScopedQuery, model: Record) -> str:
    required = query.criteria.get("price_basis")
    return f"price basis {model['price_basis']}, " + (
        f"not {required}" if required else "excluded by default"
    )


def _out_of_use(query: ScopedQuery, model: Record) -> str:
    """Return every reason why the model is out of use, comma-separated."""
    today = query.scope.today
    deprecated, retires = model["deprecated_at"], model["retires_at"]
    # The conditions are those of `criteria` for include_deprecated.
    found = {
        f"retired since {str(model['retired_at'])[:10]}": model["retired_at"],
        f"lifecycle {model['lifecycle']}": model["lifecycle"] in ("deprecated", "retired"),
        f"deprecated since {deprecated}": deprecated and str(deprecated) <= today,
        f"was to retire on {retires}": retires and str(retires) <= today and not model["live"],
    }
    return ", ".join(text for text, holds in found.items() if holds)


def _callable(query: ScopedQuery) -> str:
    sources = query.scope.sources
    return "available" if sources is None else f"listed by {_joined(sources) or 'no source'}"


def _not_callable(query: ScopedQuery, model: Record) -> str:
    if query.scope.sources is not None:
        return f"not {_callable(query)}"
    return f"not available: {how_to_unlock(str(model['provider']))}"


_TEXTS: dict[str, _Text] = {
    **{criterion: _flag(column) for criterion, column in REQUIRED_FLAGS.items()},
    **{criterion: _bound(criterion, *rest) for criterion, rest in BOUNDS.items()},
    "provider": _word("provider", "provider", "provider"),
    "providers": _Text(
        "provider",
        lambda query: f"provider {_joined(query.criteria['providers'])}",
        lambda query, model: (
            f"provider {model['provider']}, not {_joined(query.criteria['providers'])}"
        ),
    ),
    "family": _word("family", "family", "family"),
    "mode": _Text(
        "mode",
        lambda query: f"mode {_mode(query)}" + " or unknown" * (_mode(query) == "chat"),
        lambda query, model: f"mode {model['mode']}, not {_mode(query)}",
    ),
    "include_deprecated": _Text("lifecycle", lambda _query: "still in use", _out_of_use),
    "requires_params": _Text(
        "parameters",
        lambda query: f"parameters {_joined(query.criteria['requires_params'], ', ')}",
        _missing,
    ),
    "quality_tier": _word("quality_tier", "tier", "quality_tier"),
    "min_quality_tier": _Text(
        "tier",
        lambda query: f"tier {query.criteria['min_quality_tier']} or better",
        lambda query, model: (
            f"tier {model['quality_tier']}, below {query.criteria['min_quality_tier']}"
        ),
    ),
    "cost_tier": _Text(
        "blended price", lambda query: f"cost tier {query.criteria['cost_tier']}", _cost
    ),
    "price_basis": _Text("price basis", lambda query: f"price basis {_basis(query)}", _other_basis),
    "available": _Text("availability", _callable, _not_callable),
}
