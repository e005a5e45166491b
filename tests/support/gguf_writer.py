"""Writes tiny GGUF files for tests: the format by itself, no package."""

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
