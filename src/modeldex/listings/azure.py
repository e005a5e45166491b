"""Azure OpenAI: the models of a region, and the deployments of an account.

Three lists: `data` of models (capabilities are booleans, times Unix seconds), `data` of
deployments (api-version 2022-12-01 and before) and `value` of the resource manager, where
every capability is text. A deployment is called by its own name, not by its model's.
"""

import re
from collections.abc import Mapping

from pydantic import Field

from modeldex.listings.page import Page
from modeldex.listings.rows import Rows, table
from modeldex.listings.theirs import Camel, Day, Maybe, Theirs, each, linked, listed, more, page

_MODES = {
    "chat": ("chat_completion", "chatCompletion"),
    "embedding": ("embeddings",),
    "completion": ("completion",),
}
_LIFECYCLES = {
    "generallyavailable": "active",
    "stable": "active",
    "preview": "preview",
    "legacy": "deprecated",
    "deprecating": "deprecated",
    "deprecated": "deprecated",
}
_FLAGS = {
    "jsonObjectResponse": "supports_json_mode",
    "jsonSchemaResponse": "supports_structured_outputs",
}
_LIMITS = {"maxContextToken": "max_context", "maxOutputToken": "max_output_tokens"}
_WORDS = {"true": True, "false": False}
_DIGITS = re.compile(r"[0-9]{1,12}")


class Ends(Theirs):
    """The days on which uses of a model end."""

    inference: Day = None


class Model(Theirs):
    """One row of either `data` list; a deployment names its model."""

    id: Maybe[str] = None
    kind: Maybe[str] = Field(default=None, alias="object")
    model: Maybe[str] = None
    status: Maybe[str] = None
    capabilities: Maybe[dict[str, object]] = None
    lifecycle_status: Maybe[str] = None
    deprecation: Maybe[Ends] = None


class Offered(Camel):
    """A model as the resource manager describes it."""

    name: Maybe[str] = None
    is_default_version: Maybe[bool] = None
    capabilities: Maybe[dict[str, object]] = None
    lifecycle_status: Maybe[str] = None
    deprecation: Maybe[Ends] = None


class Deployed(Camel):
    """What runs in a deployment; the capabilities stand beside its model here."""

    model: Maybe[Offered] = None
    capabilities: Maybe[dict[str, object]] = None
    provisioning_state: Maybe[str] = None


class Resource(Camel):
    """One row of `value`: a deployment has properties, a model of a region has none."""

    name: Maybe[str] = None
    properties: Maybe[Deployed] = None
    model: Maybe[Offered] = None


def read(payload: object, provider: str) -> Page:
    """One page of models or deployments; SourceFailed where it is none."""
    found = Rows(bare=True)
    if "value" in table(payload):
        resources = each(listed(payload, "value", provider), Resource, found)
        for resource in sorted(resources, key=_superseded):
            _take_resource(provider, resource, found)
        link = table(payload).get("nextLink")
        return page(found, provider, more(provider, link, linked(link)))
    for model in each(listed(payload, "data", provider), Model, found):
        _take_model(provider, model, found)
    return page(found, provider)


def _superseded(resource: Resource) -> bool:
    """Of several versions of a model the default one comes first, and stays."""
    return not (resource.model and resource.model.is_default_version)


def _take_resource(provider: str, resource: Resource, found: Rows) -> None:
    deployed = resource.properties
    offered = (deployed.model if deployed else resource.model) or Offered()
    can = (deployed.capabilities if deployed else offered.capabilities) or {}
    row = {"provider": provider, **_facts(can), **_life(offered)}
    if deployed and deployed.provisioning_state not in (None, "Succeeded"):
        found.skip("the deployment is not ready")
    elif deployed:
        found.add({**row, "name": resource.name, "display_name": offered.name})
    else:
        found.add({**row, "name": offered.name})


def _take_model(provider: str, model: Model, found: Rows) -> None:
    row = {"provider": provider, "name": model.id, **_facts(model.capabilities or {})}
    if model.kind != "deployment":
        found.add({**row, **_life(model)})
    elif model.status in (None, "succeeded"):
        found.add({**row, "display_name": model.model})
    else:
        found.skip("the deployment is not ready")


def _facts(can: Mapping[str, object]) -> dict[str, object]:
    modes = (mode for mode, keys in _MODES.items() if any(_said(can.get(key)) for key in keys))
    return {
        "mode": next(modes, None),
        **{ours: said for key, ours in _FLAGS.items() if (said := _said(can.get(key))) is not None},
        **{ours: _number(can.get(key)) or None for key, ours in _LIMITS.items()},
    }


def _life(model: Model | Offered) -> dict[str, object]:
    stage = re.sub(r"[^a-z]+", "", (model.lifecycle_status or "").lower())
    return {
        "lifecycle": _LIFECYCLES.get(stage),
        "retires_at": model.deprecation.inference if model.deprecation else None,
    }


def _said(value: object) -> bool | None:
    return _WORDS.get(str(value).lower()) if isinstance(value, bool | str) else None


def _number(value: object) -> object:
    """The number that a text spells; anything else as it is, for the claim to refuse."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
