"""GGUF headers: what is read of a file, what is refused, what the key-values mean."""

import json
import os
import random
import struct
import sys
import tracemalloc
from pathlib import Path

import pytest

from checkout import SHARED as SHARED_FOLDER
from gguf_writer import (  # fmt: skip
    ARRAY,
    F32,
    PLAIN,
    STRING,
    THINKS,
    TOOLS,
    U32,
    Typed,
    array,
    gguf,
    model,
    projector,
    text,
    vocabulary,
    write,
)
from modeldex.errors import ModeldexError
from modeldex.upstream.formats.gguf import Facts, facts, wanted
from modeldex.upstream.gguf import InvalidGguf, read_header
from modeldex.upstream.gguf.header import MAX_READ, MAX_STRING, WINDOW

SHARED = SHARED_FOLDER / "fixtures" / "gguf" / "files"
EVERY_TYPE = {
    "u8": Typed(0, 200), "i8": Typed(1, -100), "u16": Typed(2, 60_000), "i16": Typed(3, -30_000),
    "u32": Typed(4, 4_000_000_000), "i32": Typed(5, -2_000_000_000), "f32": Typed(6, 0.5),
    "bool": Typed(7, 1), "u64": Typed(10, 2**63), "i64": Typed(11, -(2**62)),
    "f64": Typed(12, 1e-300),
}  # fmt: skip


def reason(path: Path) -> str:
    """Why the file is refused."""
    with pytest.raises(InvalidGguf) as refused:
        read_header(path, wanted)
    assert refused.value.path == path
    return refused.value.reason


def said(keys: dict[str, object], tensors: int = 1) -> Facts:
    """What key-values mean, without a file."""
    return facts(keys, tensors)


@pytest.mark.parametrize("version", [2, 3])
@pytest.mark.parametrize("order", ["<", ">"])
def test_every_scalar_type_is_read(tmp_path: Path, version: int, order: str) -> None:
    """Numbers, flags and texts come back as written, in both versions and byte orders."""
    keys = {**EVERY_TYPE, "text": "naïve ☃", "empty": ""}
    header = read_header(write(tmp_path / "a.gguf", keys, version=version, order=order))
    numbers = {name: value.number for name, value in EVERY_TYPE.items()}
    assert header.values == {**numbers, "text": "naïve ☃", "empty": ""}
    assert (header.version, header.big_endian, header.tensor_count) == (version, order == ">", 1)
    assert header.values["bool"] is True


def test_only_wanted_keys_are_kept(tmp_path: Path) -> None:
    """What nobody asked for costs no memory, and the key behind it is still found."""
    path = write(tmp_path / "a.gguf", {"skipped": "x" * 100, "number": 7, "asked": "y"})
    assert read_header(path, lambda key: key == "asked").values == {"asked": "y"}


ARRAYS: list[list[object]] = [
    ["a", "", "long " * 50_000, "b"],
    [1, 2, 3],
    [""] * 20_000,
    ["token"] * 30_000,
]


def test_arrays_are_passed_over(tmp_path: Path) -> None:
    """An array of strings or numbers leaves no value, and what follows it is read right."""
    for items in ARRAYS:
        for order in "<>":
            path = write(tmp_path / "a.gguf", {"array": items, "after": "here"}, order=order)
            assert read_header(path).values == {"after": "here"}, (order, items[:3])


def test_arrays_in_arrays_are_passed_over(tmp_path: Path) -> None:
    """Arrays of strings, numbers and arrays leave no value, in either byte order."""
    for order in "<>":
        inner = array(U32, [1, 2], order) + array(STRING, ["a", "bcd"], order)
        deep = struct.pack(f"{order}IQ", ARRAY, 1) * 6 + array(U32, [7], order)
        empty = struct.pack(f"{order}IQ", ARRAY, 0)
        nested = struct.pack(f"{order}IIQ", ARRAY, ARRAY, 4) + inner + deep + empty
        path = write(tmp_path / "a.gguf", {"array": nested, "after": "here"}, order=order)
        assert read_header(path).values == {"after": "here"}, order


def test_a_vocabulary_of_real_size_stays_out_of_memory(tmp_path: Path) -> None:
    """151,936 tokens and as many merges are walked in small steps; numbers are not even read."""
    path = write(tmp_path / "a.gguf", vocabulary(151_936))
    tracemalloc.start()
    header = read_header(path, wanted)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert header.values["tokenizer.chat_template"] == TOOLS
    assert peak < 8 * WINDOW
    assert header.bytes_read < path.stat().st_size - 4 * 151_936 + 2 * WINDOW


def test_tensors_are_not_read(tmp_path: Path) -> None:
    """A model of 64 GiB costs one window, whatever its size."""
    path = write(tmp_path / "a.gguf")
    os.truncate(path, 64 * 2**30)
    assert read_header(path, wanted).bytes_read == WINDOW


def test_a_text_of_absurd_size_is_left_out(tmp_path: Path) -> None:
    """A wanted text beyond the limit, or one that is no UTF-8, is unknown and not read."""
    vast = struct.pack("<I", STRING) + text(b"x" * (MAX_STRING + 1))
    broken = struct.pack("<I", STRING) + text(b"\xff\xfe")
    header = read_header(write(tmp_path / "a.gguf", {"vast": vast, "broken": broken, "end": 1}))
    assert header.values == {"end": 1}
    assert header.bytes_read <= 2 * WINDOW


GOOD = gguf(model())
TEN = struct.pack("<Q", 10)
HEAD = b"GGUF" + struct.pack("<I", 3)
ABSURD = struct.pack("<Q", 2**63 - 1)


def one(value: bytes, key: str | bytes = "key") -> bytes:
    """A file with one key-value."""
    return gguf([(key, value)])


BAD = {
    "empty": (b"", "not a GGUF file"),
    "three bytes": (b"GGU", "not a GGUF file"),
    "magic": (b"GGML" + GOOD[4:], "not a GGUF file"),
    "swapped magic": (b"FUGG" + GOOD[4:], "not a GGUF file"),
    "html": (b"<!doctype html><title>Sign in</title>" * 9, "not a GGUF file"),
    "version 1": (gguf(model(), version=1), "GGUF version 1 is not supported, only 2 and 3"),
    "version 99": (gguf(model(), version=99), "GGUF version 99 is not supported, only 2 and 3"),
    "version 99 >": (
        gguf(model(), version=99, order=">"), "GGUF version 99 is not supported, only 2 and 3"
    ),
    "tensors": (HEAD + ABSURD + TEN + bytes(99), "claims 9223372036854775807 tensors"),
    "keys": (HEAD + bytes(8) + ABSURD + bytes(99), "claims 9223372036854775807 key-values"),
    "many keys": (HEAD + bytes(8) + struct.pack("<Q", 70_000) + bytes(10**6), "claims 70000 key"),
    "empty key": (one(b"", key=""), "has a key of 0 bytes"),
    "long key": (HEAD + bytes(8) + TEN + ABSURD + bytes(200), "has a key of 9223372036854775807"),
    "odd key": (one(b"", key=b"\xff\xff"), "has a key that is not UTF-8"),
    "twice": (gguf([("general.name", "a"), ("general.name", "b")]), "states 'general.name' twice"),
    "type 13": (one(struct.pack("<I", 13)), "has a value of the unknown type 13"),
    "flag 7": (
        one(struct.pack("<IB", 7, 7), key="clip.has_vision_encoder"), "has a flag with the value 7"
    ),
    "long string": (one(struct.pack("<I", STRING) + ABSURD), "in the middle of its header"),
    "strings": (one(struct.pack("<II", ARRAY, STRING) + ABSURD), "claims 9223372036854775807 str"),
    "long item": (
        one(struct.pack("<II", ARRAY, STRING) + struct.pack("<QQ", 1, 2**63)),
        "in the middle of its header",
    ),
    "numbers": (one(struct.pack("<II", ARRAY, F32) + ABSURD), "claims 9223372036854775807 num"),
    "nested": (
        one(struct.pack("<I", ARRAY) + struct.pack("<IQ", ARRAY, 1) * 8 + array(U32, [1])),
        "has arrays in arrays, more than 8 deep",
    ),
    "arrays": (one(struct.pack("<II", ARRAY, ARRAY) + ABSURD), "claims 9223372036854775807 arr"),
    "too many arrays": (
        one(struct.pack("<IIQ", ARRAY, ARRAY, 65_537) + array(U32, []) * 65_537), "or 65536"
    ),
    "type in nested": (
        one(struct.pack("<IIQ", ARRAY, ARRAY, 1) + struct.pack("<IQ", 13, 1)),
        "has a value of the unknown type 13",
    ),
    "short": (GOOD[:300], "ends at byte 300, in the middle of its header"),
}  # fmt: skip


def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    """The reason names what is wrong, and nothing else is raised."""
    for fault, (content, expected) in BAD.items():
        path = tmp_path / "bad.gguf"
        path.write_bytes(content)
        assert expected in reason(path), fault


def test_the_refusal_is_a_modeldex_error_and_a_value_error() -> None:
    """Callers may catch either; it carries the path and the reason."""
    refused = InvalidGguf("a.gguf", "not a GGUF file")
    assert isinstance(refused, ModeldexError)
    assert isinstance(refused, ValueError)
    assert str(refused) == "a.gguf: not a GGUF file"


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, order: str) -> None:
    """Every proper beginning of a header is refused."""
    whole = gguf(model(), order=order, tensors=0)
    path = tmp_path / "cut.gguf"
    kept = []
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        kept.append(outcome(path))
    assert kept == ["refused"] * len(whole)


def outcome(path: Path) -> str:
    """Whether a file is read or refused."""
    try:
        read_header(path, wanted)
    except InvalidGguf:
        return "refused"
    return "read"


def mutated(whole: bytes, chance: random.Random) -> bytes:
    """A copy with some bytes flipped, cut out, doubled or overwritten by an extreme count."""
    content = bytearray(whole)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(content))
        match chance.randrange(4):
            case 0:
                content[at] ^= 1 << chance.randrange(8)
            case 1:
                del content[at : at + chance.randint(1, 16)]
            case 2:
                content[at:at] = content[at : at + chance.randint(1, 16)]
            case _:
                count = chance.choice([0, 1, 2**16, 2**31, 2**32 - 1, 2**63, 2**64 - 1])
                content[at : at + 8] = struct.pack("<Q", count)
        content = content or bytearray(b"G")
    return bytes(content)


@pytest.mark.parametrize("order", ["<", ">"])
def test_no_mutation_raises_anything_else(tmp_path: Path, order: str) -> None:
    """1,000 damaged headers in each byte order are read or refused, nothing else."""
    chance = random.Random(f"gguf{order}")  # noqa: S311
    whole = gguf(model(), order=order)
    path = tmp_path / "a.gguf"
    outcomes = []
    for _ in range(1000):
        path.write_bytes(mutated(whole, chance))
        outcomes.append(outcome(path))
    assert set(outcomes) == {"read", "refused"}
    assert outcomes.count("refused") > 300


def read_so_far() -> int:
    """The bytes that this process has read by system calls."""
    return int(Path("/proc/self/io").read_text("ascii").split()[1])


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="needs Linux's accounting")
def test_no_mutation_reads_a_large_file_whole(tmp_path: Path) -> None:
    """Of 32 GiB behind 200 damaged headers at most the limit is read, mostly one window."""
    chance = random.Random("large")  # noqa: S311
    path = tmp_path / "a.gguf"
    costs = []
    for _ in range(200):
        path.write_bytes(mutated(GOOD, chance))
        os.truncate(path, 32 * 2**30)
        before = read_so_far()
        outcome(path)
        costs.append(read_so_far() - before)
    assert max(costs) < MAX_READ + 2 * MAX_STRING
    assert sorted(costs)[len(costs) // 2] < 2 * WINDOW


def test_endless_strings_are_given_up(tmp_path: Path) -> None:
    """An array of a billion empty strings in a vast file is refused at the limit."""
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf([("key", struct.pack("<IIQ", ARRAY, STRING, 10**9))], tensors=0))
    os.truncate(path, 32 * 2**30)
    assert reason(path) == f"has a header of more than {MAX_READ} bytes"


def test_a_folder_is_no_gguf_file(tmp_path: Path) -> None:
    """Something that is no regular file is refused before it is opened."""
    assert reason(tmp_path) == "not a regular file"


@pytest.mark.skipif(sys.platform == "win32", reason="no named pipes in folders")
def test_a_pipe_does_not_block(tmp_path: Path) -> None:
    """A named pipe without a writer would wait for ever."""
    os.mkfifo(tmp_path / "pipe.gguf")
    assert reason(tmp_path / "pipe.gguf") == "not a regular file"


def test_the_context_is_that_of_the_architecture() -> None:
    """Other keys that end alike are other numbers; without its own key the window is unknown."""
    keys = model("gpt-oss", llama__context_length=8192)
    keys["gpt-oss.rope.scaling.original_context_length"] = 4096
    assert said(keys).capabilities["max_context"] == 131072
    del keys["gpt-oss.context_length"]
    assert "max_context" not in said(keys).capabilities


def test_a_window_that_is_no_positive_number_is_unknown() -> None:
    """Zero, flags, texts and fractions are no limit."""
    for stated in (0, True, -5, 4096.0, "4096"):
        assert "max_context" not in said(model(llama__context_length=stated)).capabilities, stated


TEMPLATES = [
    (PLAIN, None, None),
    (TOOLS, True, None),
    ("{%- for tool in tools %}{{ tool }}{%- endfor %}", True, None),
    ("{%- if 'tools' in message and message['tools'] is not none %}x{% endif %}", True, None),
    ("You have no tools. {{ messages }}", None, None),
    ("{% if message.tool_calls %}x{% endif %}", None, None),
    ("{% if message.role == 'tool' %}x{% endif %}", None, None),
    (THINKS, None, True),
    ("{%- if enable_thinking %}x{% endif %}", None, True),
    ("{%- if message.thinking %}x{% endif %}", None, True),
    ("[THINK]{{ thoughts }}[/THINK]", None, True),
    ("I am thinking. {{ messages }}", None, None),
]


def test_markup_of_a_template_shows_a_capability_never_its_absence() -> None:
    """Tools and thinking are known where the template handles them, unknown elsewhere."""
    for template, tools, thinks in TEMPLATES:
        known = said(model(tokenizer__chat_template=template)).capabilities
        assert (known.get("supports_tools"), known.get("supports_reasoning")) == (tools, thinks), (
            template
        )


def test_tools_may_be_in_a_named_template() -> None:
    """The template `tool_use` counts beside the default one."""
    keys = model(tokenizer__chat_template__tool_use=TOOLS)
    assert said(keys).capabilities["supports_tools"] is True


@pytest.mark.parametrize("hostile", ["{%" * 200_000, "{{{" * 100_000, "{%" + "tools" * 99_999])
def test_a_hostile_template_is_searched_in_one_pass(hostile: str) -> None:
    """A template of unclosed brackets is searched in time linear in its length."""
    assert said(model(tokenizer__chat_template=hostile)).capabilities["mode"] == "chat"


MODES = [
    (model(), "chat"),
    (model(tokenizer__chat_template=None), None),
    (model(llama__pooling_type=3), "embedding"),
    (model(llama__pooling_type=4), "rerank"),
    (model(llama__pooling_type=0), "chat"),
    (model(llama__attention__causal=False), "chat"),
    (model(tokenizer__chat_template=None, llama__attention__causal=False), "embedding"),
    (model("bert", tokenizer__chat_template=None), "embedding"),
    (model("nomic-bert", tokenizer__chat_template=None), "embedding"),
    (
        model("wavtokenizer-dec", tokenizer__chat_template=None, tokenizer__ggml__model="none")
        | {"wavtokenizer-dec.attention.causal": False},
        None,
    ),
]  # fmt: skip


def test_the_mode_follows_from_evidence() -> None:
    """Pooling outranks a template, a template outranks missing causality; else it is unknown."""
    for keys, expected in MODES:
        assert said(keys).capabilities.get("mode") == expected, expected


def test_an_embedder_has_dimensions_and_no_chat_facts() -> None:
    """Embedders inherit templates with tools; they have no tools and no quality class."""
    keys = model(llama__pooling_type=3, tokenizer__chat_template=TOOLS + THINKS)
    known = said(keys).capabilities
    assert (known["embedding_dims"], known["max_context"]) == (4096, 131072)
    assert known.keys().isdisjoint({"supports_tools", "supports_reasoning", "quality_tier"})
    assert "embedding_dims" not in said(model()).capabilities


def test_projected_dimensions_count() -> None:
    """An embedder with an output layer has the length of that layer."""
    keys = model(llama__pooling_type=1, llama__embedding_length_out=768)
    assert said(keys).capabilities["embedding_dims"] == 768


SIZE_LABELS: list[tuple[object, int | None, str | None]] = [
    ("8B", 8_000_000_000, "cheap"),
    ("0.6B", 600_000_000, "cheap"),
    ("137M", 137_000_000, "cheap"),
    ("15b", 15_000_000_000, "cheap"),
    ("15.1B", 15_100_000_000, None),
    ("30B-A3B", 30_000_000_000, None),
    ("1T", 1_000_000_000_000, None),
    ("8x7B", None, None),
    ("E4B", None, None),
    ("mini", None, None),
    ("0B", None, None),
    (None, None, None),
    (8, None, None),
]


def test_a_size_label_is_a_number_of_weights_where_it_is_one() -> None:
    """A plain label counts, 15 billion or fewer make a chat model cheap; others are unknown."""
    for label, params, tier in SIZE_LABELS:
        known = said(model(general__size_label=label)).capabilities
        assert (known.get("param_count"), known.get("quality_tier")) == (params, tier), label
        assert known.get("quality_basis") == (tier and "size"), label


FILE_TYPES: list[tuple[object, str | None]] = [
    (15, "Q4_K_M"), (2, "Q4_0"), (1, "F16"), (0, "F32"), (38, "MXFP4"),
    (1024 + 15, "Q4_K_M"), (4, None), (999, None), (-1, None), (True, None), ("Q8_0", None),
    (None, None),
]  # fmt: skip


def test_the_quantization_has_llama_cpps_name() -> None:
    """A number that llama.cpp does not name is unknown."""
    for number, name in FILE_TYPES:
        assert said(model(general__file_type=number)).capabilities.get("quantization") == name, (
            number
        )


def test_own_hardware_costs_nothing_per_token() -> None:
    """The zero has its reason beside it."""
    known = said(model()).capabilities
    assert (known["input_cost_per_1m"], known["output_cost_per_1m"]) == (0.0, 0.0)
    assert known["price_basis"] == "self_hosted"


KINDS: list[tuple[dict[str, object], int, str]] = [
    (model(), 1, "model"),
    (model(general__type="model"), 1, "model"),
    (model(general__type="adapter"), 1, "other"),
    ({"general.type": "imatrix"}, 1, "other"),
    (model(), 0, "other"),
    (model(split__count=3), 0, "model"),
    (model(split__no=1, split__count=3), 1, "other"),
    (projector(), 1, "projector"),
    ({"general.architecture": "clip"}, 1, "projector"),
]


def test_adapters_vocabularies_and_projectors_are_no_models() -> None:
    """Only a file with weights of its own is a model; a first shard may hold none."""
    for keys, tensors, kind in KINDS:
        assert said(keys, tensors).kind == kind, kind


def test_a_model_without_architecture_is_refused() -> None:
    """Without it no other key can be found."""
    with pytest.raises(ValueError, match=r"has no general\.architecture"):
        said(model(general__architecture=None))


@pytest.mark.skipif(not SHARED.exists(), reason="the shared fixtures are not here")
def test_the_shared_files_say_what_is_expected_of_them() -> None:
    """Each number, text and flag of the expected facts is what the reader finds."""
    expected = json.loads((SHARED / "expected.json").read_text("utf-8"))
    got = {}
    for name, keys in expected.items():
        header = read_header(SHARED / name)
        known = facts(header.values, header.tensor_count)
        stated = {key: header.values.get(key) for key in keys if "." in key}
        tools = "supports_tools" in known.capabilities
        thinking = "supports_reasoning" in known.capabilities
        got[name] = {**stated, "tools": tools, "thinking": thinking, "vision": known.sees}
    assert got == expected


@pytest.mark.skipif(not SHARED.exists(), reason="the shared fixtures are not here")
def test_the_shared_bad_files_are_refused() -> None:
    """Each file in the folder `invalid` is refused."""
    files = sorted((SHARED / "invalid").glob("*.gguf"))
    assert [outcome(path) for path in files] == ["refused"] * 3
