"""The Hugging Face router's GET /v1/models: models with the hosts that serve them.

A request names `model:host`, or `model` to let the router pick a host. So each live host is
an offer of its own, and the offer without a host gets only the facts common to all hosts.
Prices are numbers, USD per 1M tokens. Latency and throughput change with every response and
are ignored.
"""

from collections.abc import Iterator, Sequence

from modeldex.upstream.formats.modalities import modalities
from modeldex.upstream.formats.payload import (
    Limit,
    Maybe,
    Payload,
    Words,
    list_under,
    page,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows
from modeldex.upstream.formats.token_prices import USD_PER_1M, NumberAmount, prices

Facts = dict[str, object]


class Architecture(Payload):
    """Input and output modalities, the same on every host."""

    input_modalities: Words = ()
    output_modalities: Words = ()


class Costs(Payload):
    """Token prices in USD per 1M."""

    input: NumberAmount = None
    output: NumberAmount = None


class Host(Payload):
    """One host of a model; fields other than its name and status may be missing."""

    provider: Maybe[str] = None
    status: Maybe[str] = None
    context_length: Limit = None
    pricing: Maybe[Costs] = None
    is_free: Maybe[bool] = None
    supports_tools: Maybe[bool] = None
    supports_structured_output: Maybe[bool] = None


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    architecture: Maybe[Architecture] = None
    providers: Maybe[list[Maybe[Host]]] = None


def map_page(payload: object, provider: str) -> Page:
    """Map all models and their live hosts. Raises SourceFailed if there is no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        for name, facts in _offers(model):
            found.add({"provider": provider, "name": name, **facts})
    return page(found, provider)


def _offers(model: Model) -> Iterator[tuple[str | None, Facts]]:
    hosts = [host for host in model.providers or () if host and host.status == "live"]
    everywhere = _everywhere(model, hosts)
    stated = [_facts(host) for host in hosts]
    is_listed = bool(hosts) or model.providers is None
    yield model.id, {**everywhere, "listed": is_listed, **_common(stated)}
    for host, facts in zip(hosts, stated, strict=True):
        if host.provider:
            yield f"{model.id}:{host.provider}", {**everywhere, **facts}


def _everywhere(model: Model, hosts: Sequence[Host]) -> Facts:
    kinds = model.architecture or Architecture()
    any_tools = any(host.supports_tools for host in hosts)
    return {
        "mode": "chat" if any_tools else None,
        **modalities(kinds.input_modalities, kinds.output_modalities),
    }


def _facts(host: Host) -> Facts:
    cost = host.pricing or Costs()
    paid = prices(USD_PER_1M, cost.input, cost.output)
    free = host.is_free and not any(paid.values())
    return {
        "max_context": host.context_length,
        "supports_tools": host.supports_tools,
        "supports_structured_outputs": host.supports_structured_output,
        **paid,
        **({"price_basis": "free"} if free else {}),
    }


def _common(hosts: Sequence[Facts]) -> Facts:
    """The facts equal on all hosts; the smallest context window if every host states one."""
    first, *others = hosts or [{}]
    shared = {
        field: value
        for field, value in first.items()
        if all(host.get(field) == value for host in others)
    }
    windows = [size for host in hosts if isinstance(size := host["max_context"], int)]
    if windows and len(windows) == len(hosts):
        shared["max_context"] = min(windows)
    return shared
