"""A LiteLLM proxy's GET /model/info: one entry per deployment, with the keys of LiteLLM's map.

Several deployments may share a `model_name`, and the proxy routes a request to any of them,
so only facts equal in all of them are used. null is unknown. A name with `*` is a wildcard.
"""

from modeldex.upstream.formats import litellm
from modeldex.upstream.formats.payload import Maybe, Payload, Words, list_under, page, typed_rows
from modeldex.upstream.formats.rows import Page, Rows


class Deployment(Payload):
    """One entry; `model_info` has the keys of LiteLLM's price map."""

    model_name: Maybe[str] = None
    model_info: Maybe[dict[str, object]] = None


class Extra(Payload):
    """Keys of `model_info` that the price map does not have."""

    supported_openai_params: Words = ()


def map_page(payload: object, provider: str) -> Page:
    """Map all names that a request may use. Raises SourceFailed if there is no model list."""
    found = Rows(bare=True)
    stated: dict[str | None, list[dict[str, object]]] = {}
    for deployment in typed_rows(list_under(payload, "data", provider), Deployment, found):
        if "*" in (deployment.model_name or ""):
            found.skip("a wildcard, not a model name")
        else:
            facts = _facts(deployment.model_info or {}, found)
            stated.setdefault(deployment.model_name, []).append(facts)
    for name, deployments in stated.items():
        found.add({"provider": provider, "name": name, **_agreed(deployments)})
    return page(found, provider)


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
