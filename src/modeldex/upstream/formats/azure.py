"""Azure OpenAI: the models of a region, and the deployments of an account.

Three payloads are supported: `data` with models (capabilities are booleans, times are Unix
seconds), `data` with deployments (api-version 2022-12-01 and older), and `value` of the
Azure Resource Manager, where every capability is a string. A request names the deployment,
not its model: that is its target, and its version the snapshot if it is a date.
"""

import re
from collections.abc import Mapping

from pydantic import Field

from modeldex.upstream.formats.payload import (
    CamelPayload,
    Day,
    Maybe,
    Payload,
    list_under,
    next_query,
    page,
    query_of_link,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table

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
_BOOLEANS = {"true": True, "false": False}
_DIGITS = re.compile(r"[0-9]{1,12}")
_DATE = re.compile(r"20\d\d-\d\d-\d\d|[01]\d[0-3]\d")
_MODELS = "azure_openai"


class Ends(Payload):
    """The end dates of a model, by kind of use."""

    inference: Day = None


class Model(Payload):
    """One entry of either `data` list; `model` is set on deployments only."""

    id: Maybe[str] = None
    kind: Maybe[str] = Field(default=None, alias="object")
    model: Maybe[str] = None
    status: Maybe[str] = None
    capabilities: Maybe[dict[str, object]] = None
    lifecycle_status: Maybe[str] = None
    deprecation: Maybe[Ends] = None


class Offered(CamelPayload):
    """A model in the Resource Manager's format."""

    name: Maybe[str] = None
    version: Maybe[str] = None
    is_default_version: Maybe[bool] = None
    capabilities: Maybe[dict[str, object]] = None
    lifecycle_status: Maybe[str] = None
    deprecation: Maybe[Ends] = None


class Deployed(CamelPayload):
    """The properties of a deployment; its capabilities are here, not inside `model`."""

    model: Maybe[Offered] = None
    capabilities: Maybe[dict[str, object]] = None
    provisioning_state: Maybe[str] = None


class Resource(CamelPayload):
    """One entry of `value`: deployments have `properties`, models of a region do not."""

    name: Maybe[str] = None
    properties: Maybe[Deployed] = None
    model: Maybe[Offered] = None


def map_page(payload: object, provider: str) -> Page:
    """Map one page of models or deployments. Raises SourceFailed if it holds no list."""
    found = Rows(bare=True)
    if "value" in table(payload):
        resources = typed_rows(list_under(payload, "value", provider), Resource, found)
        for resource in sorted(resources, key=_superseded):
            _take_resource(provider, resource, found)
        link = table(payload).get("nextLink")
        return page(found, provider, next_query(provider, link, query_of_link(link)))
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        _take_model(provider, model, found)
    return page(found, provider)


def _superseded(resource: Resource) -> bool:
    """Sort key: the default version first, because `Rows` keeps the first row of a name."""
    return not (resource.model and resource.model.is_default_version)


def _take_resource(provider: str, resource: Resource, found: Rows) -> None:
    deployed = resource.properties
    offered = (deployed.model if deployed else resource.model) or Offered()
    stated = (deployed.capabilities if deployed else offered.capabilities) or {}
    row = {"provider": provider, **_facts(stated), **_life(offered)}
    if deployed and deployed.provisioning_state not in (None, "Succeeded"):
        found.skip("the deployment is not ready")
    elif deployed:
        found.add({**row, "name": resource.name, **_of(offered.name, offered.version)})
    else:
        found.add({**row, "name": offered.name})


def _take_model(provider: str, model: Model, found: Rows) -> None:
    row = {"provider": provider, "name": model.id, **_facts(model.capabilities or {})}
    if model.kind != "deployment":
        found.add({**row, **_life(model)})
    elif model.status in (None, "succeeded"):
        found.add({**row, **_of(model.model)})
    else:
        found.skip("the deployment is not ready")


def _of(model: str | None, version: str | None = None) -> dict[str, object]:
    """What a deployment has from its model."""
    return {
        "display_name": model,
        "target": f"{_MODELS}/{model}" if model else None,
        "snapshot": version if version and _DATE.fullmatch(version) else None,
    }


def _facts(stated: Mapping[str, object]) -> dict[str, object]:
    modes = (
        mode for mode, keys in _MODES.items() if any(_boolean(stated.get(key)) for key in keys)
    )
    return {
        "mode": next(modes, None),
        **{
            ours: flag
            for key, ours in _FLAGS.items()
            if (flag := _boolean(stated.get(key))) is not None
        },
        **{ours: _number(stated.get(key)) or None for key, ours in _LIMITS.items()},
    }


def _life(model: Model | Offered) -> dict[str, object]:
    stage = re.sub(r"[^a-z]+", "", (model.lifecycle_status or "").lower())
    return {
        "lifecycle": _LIFECYCLES.get(stage),
        "retires_at": model.deprecation.inference if model.deprecation else None,
    }


def _boolean(value: object) -> bool | None:
    return _BOOLEANS.get(str(value).lower()) if isinstance(value, bool | str) else None


def _number(value: object) -> object:
    """An int from a string of digits; other values unchanged, for `claim` to reject."""
    return int(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
