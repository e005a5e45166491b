"""A LiteLLM proxy's GET /model/info: one entry per deployment, in the terms of LiteLLM's map.

Several deployments may share a `model_name`, and a call goes to any of them: what they do
not all say is not known of the name. null is unknown. A name with * is a pattern.
"""

from modeldex.listings import litellm
from modeldex.listings.page import Page
from modeldex.listings.rows import Rows
from modeldex.listings.theirs import Maybe, Theirs, Words, each, listed, page


class Deployment(Theirs):
    """One entry; `model_info` holds the keys of LiteLLM's map."""

    model_name: Maybe[str] = None
    model_info: Maybe[dict[str, object]] = None


class Extra(Theirs):
    """What `model_info` has beyond the map."""

    supported_openai_params: Words = ()


def read(payload: object, provider: str) -> Page:
    """The names that a call may use; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    stated: dict[str | None, list[dict[str, object]]] = {}
    for deployment in each(listed(payload, "data", provider), Deployment, found):
        if "*" in (deployment.model_name or ""):
            found.skip("a pattern, no name")
        else:
            said = _facts(deployment.model_info or {}, found)
            stated.setdefault(deployment.model_name, []).append(said)
    for name, said_by in stated.items():
        found.add({"provider": provider, "name": name, **_agreed(said_by)})
    return page(found, provider)


def _facts(info: dict[str, object], found: Rows) -> dict[str, object]:
    facts = litellm.facts(info, found)
    extra = Extra.model_validate(info, context=found.values)
    # a list of chat parameters is also given for embeddings
    params = extra.supported_openai_params if facts["mode"] == "chat" else ()
    return {**facts, "known_params": sorted(set(params))}


def _agreed(said_by: list[dict[str, object]]) -> dict[str, object]:
    first, *others = said_by
    return {
        field: value
        for field, value in first.items()
        if all(other.get(field) == value for other in others)
    }
