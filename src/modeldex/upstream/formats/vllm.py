"""GET /v1/models of vLLM and SGLang, and SGLang's GET /model_info.

`max_model_len` is the window that the server allocates; an adapter has that of its `parent`,
which is its target. `root` is where the weights come from: a name on Hugging Face tells the base of
a model that is served under another name, a path on the server's disk tells nothing. The two
responses of SGLang may be merged into one payload: the flags of /model_info then apply to every
row.
"""

from collections.abc import Collection

from modeldex.upstream.formats import weights
from modeldex.upstream.formats.payload import Limit, Maybe, Payload, list_under, page, typed_rows
from modeldex.upstream.formats.price_basis import SELF_HOSTED
from modeldex.upstream.formats.rows import Page, Rows, table
from modeldex.vocabulary.fields import ADAPTER


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    root: Maybe[str] = None
    parent: Maybe[str] = None
    max_model_len: Limit = None


class Info(Payload):
    """SGLang's description of the loaded model."""

    model_path: Maybe[str] = None
    is_generation: Maybe[bool] = None
    has_image_understanding: Maybe[bool] = None
    has_audio_understanding: Maybe[bool] = None


def map_page(payload: object, provider: str) -> Page:
    """Map the served models. Raises SourceFailed if there is neither a list nor /model_info."""
    found, response = Rows(bare=True), table(payload)
    info = Info.model_validate(response, context=found.values)
    facts = {"provider": provider, **SELF_HOSTED, **_facts(info)}
    if "data" not in response and info.model_path:
        found.add({"name": info.model_path, **facts})
        return page(found, provider)
    models = list(typed_rows(list_under(payload, "data", provider), Model, found))
    windows = {model.id: model.max_model_len for model in models if model.id}
    for model in models:
        window = model.max_model_len or windows.get(model.parent or "")
        own = {"served_context": window, **_weights(model, provider, windows)}
        found.add({"name": model.id, **own, **facts})
    return page(found, provider)


def _weights(model: Model, provider: str, served: Collection[str]) -> dict[str, object]:
    """An adapter's weights are tuned: it has a target, but not the base of that."""
    if model.parent:
        target = f"{provider}/{model.parent}" if model.parent in served else None
        return {"target": target, "variant": ADAPTER}
    return weights.loaded(model.root) if model.root != model.id else {}


def _facts(info: Info) -> dict[str, object]:
    modes = {True: "chat", False: "other", None: None}
    return {
        "supports_vision": info.has_image_understanding,
        "supports_audio": info.has_audio_understanding,
        "mode": modes[info.is_generation],
    }
