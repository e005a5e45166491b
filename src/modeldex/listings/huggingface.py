"""The Hugging Face router's GET /v1/models: a model with the hosts that serve it.

A request names `model`, and the router picks a host, or `model:host`. So each live host is
an offer of its own, and the bare name has what holds whichever host is picked. Prices are
numbers, USD per 1M tokens. Latency and throughput move with every answer and are not read.
"""

from collections.abc import Iterator, Sequence

from modeldex.listings.modalities import modalities, mode_without_text
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows
from modeldex.listings.theirs import Limit, Maybe, Theirs, Words, each, listed, page
from modeldex.listings.tokens import USD_PER_1M, NumberAmount, prices

Facts = dict[str, object]


class Architecture(Theirs):
    """What goes in and comes out, on every host."""

    input_modalities: Words = ()
    output_modalities: Words = ()


class Costs(Theirs):
    """The prices of tokens."""

    input: NumberAmount = None
    output: NumberAmount = None


class Host(Theirs):
    """One host of a model; all but its name and status may be missing."""

    provider: Maybe[str] = None
    status: Maybe[str] = None
    context_length: Limit = None
    pricing: Maybe[Costs] = None
    is_free: Maybe[bool] = None
    supports_tools: Maybe[bool] = None
    supports_structured_output: Maybe[bool] = None


class Model(Theirs):
    """One row."""

    id: Maybe[str] = None
    architecture: Maybe[Architecture] = None
    providers: Maybe[list[Maybe[Host]]] = None


def read(payload: object, provider: str) -> Page:
    """All models and their live hosts; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    for model in each(listed(payload, "data", provider), Model, found):
        for name, facts in _offers(model):
            found.add({"provider": provider, "name": name, **facts})
    return page(found, provider)


def _offers(model: Model) -> Iterator[tuple[str | None, Facts]]:
    hosts = [host for host in model.providers or () if host and host.status == "live"]
    everywhere = _everywhere(model, hosts)
    stated = [_facts(host) for host in hosts]
    offered = bool(hosts) or model.providers is None
    yield model.id, {**everywhere, "listed": offered, **_common(stated)}
    for host, facts in zip(hosts, stated, strict=True):
        if host.provider:
            yield f"{model.id}:{host.provider}", {**everywhere, **facts}


def _everywhere(model: Model, hosts: Sequence[Host]) -> Facts:
    kinds = model.architecture or Architecture()
    talks = any(host.supports_tools for host in hosts)
    return {
        "mode": "chat" if talks else mode_without_text(kinds.output_modalities),
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
    """What all hosts state alike; of windows, the smallest where all are known."""
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
