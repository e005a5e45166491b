"""Amazon Bedrock: GET /foundation-models and GET /inference-profiles, or boto3's responses.

Many models can be called only through an inference profile, which has its own name and
price. If a payload holds both lists, each profile gets the facts of its model. The modality
lists are complete, but text output does not distinguish a chat model from a reranker.
"""

from modeldex.errors import SourceFailed
from modeldex.upstream.formats.modalities import modalities, mode_without_text
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
        arns = (member.model_arn for member in self.models or () if member)
        return {arn.partition("foundation-model/")[2] for arn in arns if arn} - {""}


def map_page(payload: object, provider: str) -> Page:
    """Map one page of models, profiles or both. Raises SourceFailed if it holds neither list."""
    found, response = Rows(bare=True), table(payload)
    keys = [key for key in ("modelSummaries", "inferenceProfileSummaries") if key in response]
    if not keys:
        raise SourceFailed(provider, "the response has no list of models (expected modelSummaries)")
    lists = {key: list_under(response, key, provider) for key in keys}
    facts: dict[str | None, dict[str, object]] = {}
    for model in typed_rows(lists.get("modelSummaries", []), Model, found):
        facts[model.model_id] = _facts(model)
        names = {"name": model.model_id, "display_name": model.model_name}
        found.add({"provider": provider, **names, **facts[model.model_id]})
    for profile in typed_rows(lists.get("inferenceProfileSummaries", []), Profile, found):
        known = facts.get(next(iter(profile.model_ids))) if len(profile.model_ids) == 1 else None
        names = {"name": profile.name, "display_name": profile.inference_profile_name}
        found.add({"provider": provider, **names, **(known or {})})
    token = response.get("nextToken")
    return page(found, provider, next_query(provider, token, query_of_token("nextToken", token)))


def _facts(model: Model) -> dict[str, object]:
    inputs = [word.lower() for word in model.input_modalities]
    outputs = [word.lower() for word in model.output_modalities]
    life = model.model_lifecycle or Life()
    return {
        **modalities(inputs, outputs),
        "supports_streaming": model.response_streaming_supported,
        "mode": mode_without_text(outputs),
        "lifecycle": _STAGES.get(life.status or ""),
        "deprecated_at": life.legacy_time,
        "retires_at": life.end_of_life_time,
    }
