"""Amazon Bedrock: GET /foundation-models and GET /inference-profiles, or boto3's responses.

Many models can be called only through an inference profile, which has its own name and
price. If a payload holds both lists, each profile gets the facts of its model. What a profile
routes to is its target; for an account's own profile over several regions, the system profile
over the same. The modality lists are complete, but text output does not distinguish a chat model
from a reranker.
"""

import re
from collections.abc import Sequence

from modeldex.http.failures import OtherFormat
from modeldex.upstream.formats.modalities import modalities
from modeldex.upstream.formats.payload import (
    CamelPayload,
    Day,
    Maybe,
    Words,
    list_under,
    next_query,
    page,
    query_of_token,
    typed_rows,
)
from modeldex.upstream.formats.rows import Page, Rows, table

_MODELS = "bedrock"
_PLACE = re.compile(r"arn:[^/]*:(?:foundation-model|inference-profile)/")
_STAGES = {"ACTIVE": "active", "LEGACY": "deprecated"}


class Life(CamelPayload):
    """The lifecycle state of a model and the dates of its changes."""

    status: Maybe[str] = None
    legacy_time: Day = None
    end_of_life_time: Day = None


class Model(CamelPayload):
    """One foundation model."""

    model_id: Maybe[str] = None
    model_name: Maybe[str] = None
    input_modalities: Words = ()
    output_modalities: Words = ()
    response_streaming_supported: Maybe[bool] = None
    model_lifecycle: Maybe[Life] = None


class Member(CamelPayload):
    """A model that a profile routes to, in one region."""

    model_arn: Maybe[str] = None


class Profile(CamelPayload):
    """One inference profile."""

    inference_profile_id: Maybe[str] = None
    inference_profile_arn: Maybe[str] = None
    inference_profile_name: Maybe[str] = None
    type: Maybe[str] = None
    models: Maybe[list[Maybe[Member]]] = None

    @property
    def name(self) -> str | None:
        """The id to use in a request: the ARN for an account's own (APPLICATION) profile."""
        own = self.type == "APPLICATION"
        return (self.inference_profile_arn if own else None) or self.inference_profile_id

    @property
    def model_ids(self) -> set[str]:
        """Ids of the models behind the profile; the same model in several regions counts once."""
        return {arn.partition("foundation-model/")[2] for arn in self.arns} - {""}

    @property
    def arns(self) -> frozenset[str]:
        """What the profile routes to: a model, or another profile, in each of its regions."""
        return frozenset(m.model_arn for m in self.models or () if m and m.model_arn)


def map_page(payload: object, provider: str) -> Page:
    """Map one page of models, profiles or both. Raises OtherFormat if it holds neither list."""
    found, response = Rows(bare=True), table(payload)
    keys = [key for key in ("modelSummaries", "inferenceProfileSummaries") if key in response]
    if not keys:
        raise OtherFormat(provider, "the response has no list of models (expected modelSummaries)")
    lists = {key: list_under(response, key, provider) for key in keys}
    facts: dict[str | None, dict[str, object]] = {}
    for model in typed_rows(lists.get("modelSummaries", []), Model, found):
        facts[model.model_id] = _facts(model)
        names = {"name": model.model_id, "display_name": model.model_name}
        found.add({"provider": provider, **names, **facts[model.model_id]})
    rows = typed_rows(lists.get("inferenceProfileSummaries", []), Profile, found)
    # Both lists of profiles, the system's and the account's, may be the whole list.
    profiles = list({p.name or str(at): p for at, p in enumerate(rows)}.values())
    for profile in profiles:
        known = facts.get(next(iter(profile.model_ids))) if len(profile.model_ids) == 1 else None
        names = {"name": profile.name, "display_name": profile.inference_profile_name}
        target = {"target": _target(profile, profiles)}
        found.add({"provider": provider, **names, **target, **(known or {})})
    token = response.get("nextToken")
    return page(found, provider, next_query(provider, token, query_of_token("nextToken", token)))


def _target(profile: Profile, profiles: Sequence[Profile]) -> str | None:
    """The one model or profile that a profile routes to; None if there are several."""
    routed = {_PLACE.sub("", arn) for arn in profile.arns}
    if profile.type == "APPLICATION" and len(profile.arns) > 1:
        systems = (p for p in profiles if p.type == "SYSTEM_DEFINED" and p.arns == profile.arns)
        routed = {p.inference_profile_id or "" for p in systems} or routed
    return f"{_MODELS}/{routed.pop()}" if len(routed) == 1 and "" not in routed else None


def _facts(model: Model) -> dict[str, object]:
    inputs = [word.lower() for word in model.input_modalities]
    outputs = [word.lower() for word in model.output_modalities]
    life = model.model_lifecycle or Life()
    return {
        **modalities(inputs, outputs),
        "supports_streaming": model.response_streaming_supported,
        "lifecycle": _STAGES.get(life.status or ""),
        "deprecated_at": life.legacy_time,
        "retires_at": life.end_of_life_time,
    }
