"""GET /v1/models of llama.cpp's server; it also sends `models`, in Ollama's shape.

`meta` is null while a model loads, and in a router of several models. `n_ctx` is the window
that the server allocates, `n_ctx_train` the largest one the model was trained for. The
capabilities read "completion" even for embeddings, and "multimodal" for any further sense.
"""

import re

from modeldex.listings.modalities import modalities
from modeldex.listings.page import Page
from modeldex.listings.price_basis import SELF_HOSTED
from modeldex.listings.rows import Rows
from modeldex.listings.theirs import Limit, Maybe, Theirs, Words, each, listed, page


class Meta(Theirs):
    """The loaded file."""

    n_ctx: Limit = None
    n_ctx_train: Limit = None
    n_params: Limit = None
    ftype: Maybe[str] = None


class Architecture(Theirs):
    """What goes in and comes out; complete where it is given."""

    input_modalities: Words = ()
    output_modalities: Words = ()


class Status(Theirs):
    """Where a router has this model: loaded, unloaded, loading, sleeping, downloading."""

    value: Maybe[str] = None


class Model(Theirs):
    """One row."""

    id: Maybe[str] = None
    aliases: Words = ()
    meta: Maybe[Meta] = None
    architecture: Maybe[Architecture] = None
    status: Maybe[Status] = None


def read(payload: object, provider: str) -> Page:
    """The models that a call may name; SourceFailed where the answer is no listing."""
    found = Rows(bare=True)
    for model in each(listed(payload, "data", provider), Model, found):
        if model.status and model.status.value == "downloading":
            found.skip("still being downloaded")
        else:
            found.add(_row(provider, model))
    return page(found, provider)


def _row(provider: str, model: Model) -> dict[str, object]:
    meta, shape = model.meta or Meta(), model.architecture or Architecture()
    return {
        "provider": provider,
        "name": model.id,
        "aliases": model.aliases,
        **SELF_HOSTED,
        "served_context": meta.n_ctx,
        "max_context": meta.n_ctx_train,
        "param_count": meta.n_params,
        "quantization": _quantization(meta.ftype),
        **modalities(shape.input_modalities, shape.output_modalities),
    }


def _quantization(label: str | None) -> str | None:
    """The short form that file names have: Q4_K_M for "Q4_K - Medium"."""
    plain = (label or "").removeprefix("(guessed) ")
    return re.sub(r" - ([A-Z])[a-z]+$", r"_\1", plain) or None
