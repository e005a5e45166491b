"""GET /v1/models of llama.cpp's server. Its `models`, in Ollama's format, is ignored.

`meta` is null while a model loads, and in router mode (several models). `n_ctx` is the window
that the server allocates, `n_ctx_train` the largest one the model was trained for. In router mode
`status` has the arguments with which a model is, or will be, started: its slots share the window
equally, unless the KV cache is unified, as it is where the number of slots is not set.
Capabilities are ignored: "completion" is set even for embedding models, and "multimodal"
does not separate images from audio.
"""

from collections.abc import Iterator, Mapping

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

_NAMES = {
    "c": "ctx-size", "np": "parallel", "n-parallel": "parallel", "kvu": "kv-unified",
    "no-kvu": "no-kv-unified", "embedding": "embeddings", "reranking": "rerank",
}  # fmt: skip
"""Arguments by their other names; LLAMA_ARG_CTX_SIZE is one, too."""
_MODES = {"rerank": "rerank", "embeddings": "embedding"}
_OFF = frozenset({"0", "false", "off", "no", "disabled"})
_MOST_DIGITS = 12


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
    args: Words = ()
    preset: Maybe[str] = None


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
    started = _arguments(model.status or Status())
    windows = [size for size in (meta.n_ctx, _window_of_slot(started)) if size]
    return {
        "provider": provider,
        "name": model.id,
        "aliases": model.aliases,
        **SELF_HOSTED,
        "served_context": min(windows, default=None),
        "max_context": meta.n_ctx_train,
        "param_count": meta.n_params,
        "quantization": meta.ftype,
        "mode": next((mode for name, mode in _MODES.items() if _is_on(started.get(name))), None),
        **modalities(architecture.input_modalities, architecture.output_modalities),
    }


def _arguments(status: Status) -> Mapping[str, str]:
    """The arguments of a preset by their long names; those of the command line decide."""
    lines = (line.partition("=") for line in (status.preset or "").splitlines())
    return {
        **{_long(name.strip()): value.strip() for name, equals, value in lines if equals},
        **dict(_of_command_line(status.args)),
    }


def _of_command_line(args: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for at, arg in enumerate(args):
        if arg.startswith("-") and not arg[1:2].isdigit():
            name, equals, value = arg.partition("=")
            following = args[at + 1] if at + 1 < len(args) else "-"
            yield _long(name), value if equals else following


def _long(name: str) -> str:
    plain = name.lstrip("-").removeprefix("LLAMA_ARG_").lower().replace("_", "-")
    return _NAMES.get(plain, plain)


def _is_on(value: str | None) -> bool:
    """Whether a switch is on: it is there, and no word follows that turns it off."""
    return value is not None and value.lower() not in _OFF


def _window_of_slot(started: Mapping[str, str]) -> int | None:
    """The window of one slot in tokens; None where it is that of the model, or unknown."""
    window, slots = _number(started.get("ctx-size")), _number(started.get("parallel"))
    is_unified = _is_on(started.get("kv-unified")) and not _is_on(started.get("no-kv-unified"))
    return (window if is_unified or not slots else window // slots) or None


def _number(text: str | None) -> int:
    """A number above 0; 0 for any other, by which llama.cpp means its own choice."""
    digits = (text or "").strip()[:_MOST_DIGITS]
    return int(digits) if digits.isascii() and digits.isdecimal() else 0
