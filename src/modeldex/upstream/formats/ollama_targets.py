"""What an installed Ollama model stands for, by GET /api/tags: its original or its parent.

`ollama cp` gives the same digest another name; `ollama create` states what it started from. A name
that is known for itself stands for nothing else.
"""

from collections.abc import Mapping

from modeldex.upstream.formats.ollama import PROVIDER, Tag
from modeldex.upstream.formats.rows import items, table
from modeldex.vocabulary.base_names import identify


def targets(payload: object) -> dict[str, str]:
    """The target of each model that has one, by name."""
    rows = (row for row in items(table(payload).get("models")) if isinstance(row, dict))
    tags = {tag.name: tag for row in rows if (tag := Tag.model_validate(row)).name is not None}
    known = {name for name, tag in tags.items() if _is_known(name, tag)}
    originals = {tags[name].digest: name for name in sorted(known, reverse=True)}
    found = {}
    for name in tags.keys() - known:
        original = originals.get(tags[name].digest) if tags[name].digest else None
        if target := original or _parent(name, tags):
            found[name] = f"{PROVIDER}/{target}"
    return found


def _is_known(name: str, tag: Tag) -> bool:
    """Whether the name says which model it is, alone (qwen3:8b) or with its size (llama3.2)."""
    short = name.removesuffix(":latest")
    size = tag.details.parameter_size if tag.details else None
    return any(identify(PROVIDER, text) for text in (short, f"{short}-{size or ''}"))


def _parent(name: str, tags: Mapping[str, Tag]) -> str | None:
    """The installed model that another was made from, unless it was quantized anew."""
    details = tags[name].details
    stated = (details and details.parent_model) or ""
    parent = stated if stated in tags else f"{stated}:latest"
    other = tags[parent].details if parent in tags and parent != name else None
    is_same = details and other and details.quantization_level == other.quantization_level
    return parent if is_same else None
