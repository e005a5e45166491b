"""GET /v1/models of llama.cpp's server. Its `models`, in Ollama's format, is ignored.

`meta` is null while a model loads, and in router mode (several models). `n_ctx` is the window
that the server allocates, `n_ctx_train` the largest one the model was trained for.
Capabilities are ignored: "completion" is set even for embedding models, and "multimodal"
does not separate images from audio.
"""

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
from modeldex.upstream.formats.price_basis import SELF_HOSTED
from modeldex.upstream.formats.rows import Page, Rows


class Meta(Payload):
    """Facts of the loaded model file."""

    n_ctx: Limit = None
    n_ctx_train: Limit = None
    n_params: Limit = None
    ftype: Maybe[str] = None


class Architecture(Payload):
    """Input and output modalities; complete if present."""

    input_modalities: Words = ()
    output_modalities: Words = ()


class Status(Payload):
    """Load state in router mode: loaded, unloaded, loading, sleeping or downloading."""

    value: Maybe[str] = None


class Model(Payload):
    """One entry of `data`."""

    id: Maybe[str] = None
    aliases: Words = ()
    meta: Maybe[Meta] = None
    architecture: Maybe[Architecture] = None
    status: Maybe[Status] = None


def map_page(payload: object, provider: str) -> Page:
    """Map the models that a request may name. Raises SourceFailed if there is no model list."""
    found = Rows(bare=True)
    for model in typed_rows(list_under(payload, "data", provider), Model, found):
        if model.status and model.status.value == "downloading":
            found.skip("still being downloaded")
        else:
            found.add(_row(provider, model))
    return page(found, provider)


def _row(provider: str, model: Model) -> dict[str, object]:
    meta, architecture = model.meta or Meta(), model.architecture or Architecture()
    return {
        "provider": provider,
        "name": model.id,
        "aliases": model.aliases,
        **SELF_HOSTED,
        "served_context": meta.n_ctx,
        "max_context": meta.n_ctx_train,
        "param_count": meta.n_params,
        "quantization": meta.ftype,
        **modalities(architecture.input_modalities, architecture.output_modalities),
    }
