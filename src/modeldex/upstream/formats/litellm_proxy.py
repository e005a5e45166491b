"""A LiteLLM proxy's GET /v1/models, the names that a key may use, and its GET /model/info.

The second has one entry per deployment, with the keys of LiteLLM's map. Several deployments may
share a `model_name`, and the proxy routes a request to any of them, so only facts equal in all of
them are used. The first has few facts, such as the mode and the widest limits of a group; they
count where the second says nothing of a name. null is unknown, and 0 a price. A name with `*` is a
wildcard, which may stand beside the names that it covers.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from urllib.parse import urlsplit

from pydantic import ConfigDict

from modeldex.upstream.formats import litellm
from modeldex.upstream.formats.payload import Maybe, Payload, Words, list_under, page, typed_rows
from modeldex.upstream.formats.price_basis import INPUT, OUTPUT
from modeldex.upstream.formats.rows import Page, Rows, table
from modeldex.vocabulary.providers import canonical, providers

_ROUTES = frozenset({
    "chat", "completions", "converse", "converse_like", "gpt5_series", "invoke", "o_series",
    "responses",
})  # fmt: skip


class Params(Payload):
    """What a deployment sends a request to; LiteLLM writes the provider before the model."""

    model: Maybe[str] = None
    custom_llm_provider: Maybe[str] = None
    api_base: Maybe[str] = None


class Deployment(Payload):
    """One entry: `id` in the list of names, else `model_name`.

    `model_info`, and in the list of names the entry itself, has the keys of LiteLLM's price map.
    """

    model_config = ConfigDict(extra="allow")

    id: Maybe[str] = None
    model_name: Maybe[str] = None
    litellm_params: Maybe[Params] = None
    model_info: Maybe[dict[str, object]] = None

    @property
    def name(self) -> str | None:
        """The name that a request uses."""
        return self.model_name or self.id

    def is_only_name(self, known: Collection[str | None]) -> bool:
        """Whether it is an entry in the list of names, of none of the `known` deployments."""
        return self.model_name is None and self.id not in known

    @property
    def facts(self) -> dict[str, object]:
        """What the entry states in the keys of the price map."""
        return {**(self.model_extra or {}), **(self.model_info or {})}

    @property
    def extra(self) -> "Extra":
        """The part of `model_info` that the price map does not have."""
        return Extra.model_validate(self.model_info or {})


class Extra(Payload):
    """Keys of `model_info` that the price map does not have, and the provider."""

    id: Maybe[str] = None
    base_model: Maybe[str] = None
    litellm_provider: Maybe[str] = None
    supported_openai_params: Words = ()


def map_page(payload: object, provider: str) -> Page:
    """Map all names that a request may use, of one of the two answers or of both joined.

    Raises SourceFailed if there is no model list.
    """
    found = Rows(bare=True)
    stated: dict[str | None, list[dict[str, object]]] = {}
    entries = list(typed_rows(list_under(payload, "data", provider), Deployment, found))
    deployments = _of_listed(entries, is_listing=table(payload).get("object") == "list")
    covered = _covered_by_wildcards(deployments)
    for deployment in deployments:
        if "*" in (deployment.name or ""):
            # No lost row: a proxy of wildcards alone has no names, and that is an answer.
            found.values["a wildcard, not a model name"] += 1
            found.complete = False
        else:
            facts = _facts(deployment.facts, found)
            if deployment.name not in covered:
                facts["target"] = _target(deployment, provider)
            stated.setdefault(deployment.name, []).append(facts)
    for name, group in stated.items():
        agreed = _agreed(group)
        found.add({"provider": provider, "name": name, **agreed, **_free(agreed)})
    return page(found, provider)


def _of_listed(entries: Sequence[Deployment], *, is_listing: bool) -> list[Deployment]:
    """The deployments of each name in the list of names, else its entry there; without it all."""
    names = {each.id for each in entries if each.model_name is None}
    if not (names or is_listing):
        return list(entries)
    known = {each.model_name for each in entries}
    return [each for each in entries if each.model_name in names or each.is_only_name(known)]


def _facts(info: dict[str, object], found: Rows) -> dict[str, object]:
    facts = litellm.facts(info, found)
    extra = Extra.model_validate(info, context=found.values)
    # The proxy states chat parameters for embedding models too: those are ignored.
    params = extra.supported_openai_params if facts["mode"] == "chat" else ()
    return {**facts, "known_params": sorted(set(params))}


def _agreed(deployments: list[dict[str, object]]) -> dict[str, object]:
    first, *others = deployments
    return {
        field: value
        for field, value in first.items()
        if all(other.get(field) == value for other in others)
    }


def _free(facts: Mapping[str, object]) -> dict[str, object]:
    """The price basis of a group whose input and output the proxy says to cost 0."""
    both_zero = facts.get(INPUT) == 0 and facts.get(OUTPUT) == 0
    return {"price_basis": "free"} if both_zero else {}


def _covered_by_wildcards(deployments: Iterable[Deployment]) -> set[str | None]:
    """Names that share one deployment and repeat themselves as its model, which nobody stated."""
    names: dict[str | None, set[str | None]] = {}
    for each in deployments:
        if each.litellm_params and each.litellm_params.model == each.name:
            names.setdefault(each.extra.id, set()).add(each.name)
    return set().union(*(group for key, group in names.items() if key and len(group) > 1))


def _target(deployment: Deployment, proxy: str) -> str | None:
    """The offer that a deployment calls: its base model if stated, else the model of a known host.

    An `api_base` other than that of the provider is the address of somebody else, who only speaks
    its dialect; a name of another proxy means nothing here.
    """
    params, extra = deployment.litellm_params or Params(), deployment.extra
    provider, name = _split(params.model or "", params.custom_llm_provider, extra.litellm_provider)
    if extra.base_model:
        provider, name = _split(extra.base_model, None, provider)
    elif not _is_at(provider, params.api_base):
        return None
    if not name or provider in ("", canonical(proxy)):
        return None
    return f"{provider}/{name}"


def _split(model: str, stated: str | None, default: str | None) -> tuple[str, str]:
    """Provider id, empty if unknown, and name in a model of LiteLLM, as azure/responses/mine."""
    prefix, slash, rest = model.partition("/")
    first = canonical(prefix) if slash else ""
    provider = canonical(stated or "") or (first if first in providers() else "")
    provider = provider or canonical(default or "")
    name = rest if slash and first == provider else model
    route, slash, rest = name.partition("/")
    while slash and (route in _ROUTES or litellm.names_a_price(name)):
        name = rest
        route, slash, rest = name.partition("/")
    return provider, "" if "*" in name else name


def _is_at(provider: str, api_base: str | None) -> bool:
    """Whether an address may be that of a provider; without one the provider's own is meant."""
    row = providers().get(provider)
    if not api_base or row is None:
        return not api_base
    root = row.base_url or ""
    if row.local or not root or "{" in root:  # it has an address for each server or account
        return True
    try:
        return urlsplit(api_base).hostname == urlsplit(root).hostname
    except ValueError:
        return False
