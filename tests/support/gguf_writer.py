"""Writes tiny GGUF files for tests: the format by itself, no package."""

import math
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

CODES = {
    0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d",
}  # fmt: skip
U32, BOOL, STRING, ARRAY, F32, I32 = 4, 7, 8, 9, 6, 5

TOOLS = "{%- if tools %}{{ tools | tojson }}{%- endif %}"
THINKS = "{{ '<think>' }}"
PLAIN = "{% for message in messages %}{{ message.content }}{% endfor %}"


class Typed(NamedTuple):
    """A number with the value type to write it as."""

    kind: int
    number: float


def text(value: str | bytes, order: str = "<") -> bytes:
    """A string as the format has it."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack(f"{order}Q", len(raw)) + raw


def array(kind: int, items: Sequence[object], order: str = "<") -> bytes:
    """An array of strings or of numbers, with its head."""
    head = struct.pack(f"{order}IQ", kind, len(items))
    if kind == STRING:
        return head + b"".join(text(str(item), order) for item in items)
    return head + struct.pack(f"{order}{len(items)}{CODES[kind]}", *items)


def typed(value: object, order: str) -> bytes:
    """A value with its type."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return struct.pack(f"{order}I", STRING) + text(value, order)
    if isinstance(value, list):
        kind = STRING if value and isinstance(value[0], str) else I32
        return struct.pack(f"{order}I", ARRAY) + array(kind, value, order)
    if isinstance(value, Typed):
        return struct.pack(f"{order}I{CODES[value.kind]}", *value)
    kind = BOOL if isinstance(value, bool) else F32 if isinstance(value, float) else U32
    return struct.pack(f"{order}I{CODES[kind]}", kind, value)


def gguf(
    keys: Mapping[str, object] | Sequence[tuple[str | bytes, object]],
    *,
    version: int = 3,
    order: str = "<",
    tensors: int = 1,
) -> bytes:
    """A GGUF file; bytes among the values are written as they are, type included."""
    pairs = list(keys.items()) if isinstance(keys, Mapping) else list(keys)
    head = b"GGUF" + struct.pack(f"{order}IQQ", version, tensors, len(pairs))
    body = b"".join(text(key, order) + typed(value, order) for key, value in pairs)
    infos = b"".join(
        text(f"t{n}", order) + struct.pack(f"{order}IQIQ", 1, 8, 0, 32 * n) for n in range(tensors)
    )
    return head + body + infos + bytes(32 * tensors)


def model(architecture: str = "llama", **more: object) -> dict[str, object]:
    """The key-values of a small chat model; __ in a name stands for a dot, None removes."""
    keys: dict[str, object] = {
        "general.architecture": architecture,
        "general.name": "Meta Llama 3.1 8B Instruct",
        "general.basename": "Llama-3.1",
        "general.size_label": "8B",
        "general.file_type": 15,
        f"{architecture}.context_length": 131072,
        f"{architecture}.embedding_length": 4096,
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.tokens": ["<s>", "</s>", "tok"],
        "tokenizer.ggml.token_type": [3, 3, 1],
        "tokenizer.chat_template": PLAIN,
    }
    keys |= {name.replace("__", "."): value for name, value in more.items()}
    return {key: value for key, value in keys.items() if value is not None}


def projector(base: str | None = "Llama-3.1", size: str | None = "8B") -> dict[str, object]:
    """The key-values of a vision projector."""
    keys = {
        "general.architecture": "clip", "general.type": "mmproj", "general.basename": base,
        "general.size_label": size, "clip.has_vision_encoder": True,
    }  # fmt: skip
    return {key: value for key, value in keys.items() if value is not None}


def write(path: Path, keys: Mapping[str, object] | None = None, **how: object) -> Path:
    """A file with these key-values, those of a chat model by default, in a folder made for it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gguf(model() if keys is None else keys, **how))  # type: ignore[arg-type]
    return path


def vocabulary(tokens: int, **more: object) -> dict[str, object]:
    """A chat model with a vocabulary of real size, its template behind it."""
    return model(
        tokenizer__ggml__tokens=[f"token{n}" for n in range(tokens)],
        tokenizer__ggml__token_type=[1] * tokens,
        tokenizer__ggml__merges=[f"to ken{n}" for n in range(tokens)],
        tokenizer__chat_template=None,
    ) | {"tokenizer.chat_template": TOOLS, **more}


def loadable(window: int = 4096, width: int = 32) -> bytes:
    """A model of one layer with weights of 0, which an inference server can load and run."""
    wide = 2 * width
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581"]
    keys = model(
        general__file_type=0, llama__context_length=window, llama__embedding_length=width,
        llama__block_count=1, llama__feed_forward_length=wide, llama__attention__head_count=2,
        llama__rope__dimension_count=width // 2,
        tokenizer__ggml__model="llama", tokenizer__ggml__tokens=tokens,
        tokenizer__ggml__token_type=[2, 3, 3, *[6] * 256, 1],
        tokenizer__ggml__scores=struct.pack("<I", ARRAY) + array(F32, [0.0] * len(tokens)),
    ) | {"llama.attention.layer_norm_rms_epsilon": 1e-5}  # fmt: skip
    square, across = (width, width), (width, len(tokens))
    return weighted(keys, {
        "token_embd.weight": across, "output.weight": across, "output_norm.weight": (width,),
        **{f"blk.0.attn_{part}.weight": square for part in ("q", "k", "v", "output")},
        "blk.0.attn_norm.weight": (width,), "blk.0.ffn_norm.weight": (width,),
        "blk.0.ffn_gate.weight": (width, wide), "blk.0.ffn_up.weight": (width, wide),
        "blk.0.ffn_down.weight": (wide, width),
    })  # fmt: skip


def weighted(keys: Mapping[str, object], shapes: Mapping[str, Sequence[int]]) -> bytes:
    """A GGUF file with float tensors of these shapes, all 0."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(shapes), len(keys))
    head += b"".join(text(key) + typed(value, "<") for key, value in keys.items())
    at = 0
    for name, shape in shapes.items():
        head += text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, at)
        at += _aligned(4 * math.prod(shape))
    return head.ljust(_aligned(len(head)), b"\0") + bytes(at)


def _aligned(size: int) -> int:
    return -(-size // 32) * 32
