"""The spellings of number formats: one per meaning, whoever states it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cases import case
from modeldex.vocabulary.fields import BY_NAME
from modeldex.vocabulary.quantizations import FILE_TYPES, spelling

DATA = Path(__file__).parents[1] / "data"
ALIKE = {
    "Q4_K_M": ("Q4_K_M", "q4_k_m", "Q4_K - Medium", "(guessed) Q4_K - Medium", "q4-k-m"),
    "Q2_K": ("Q2_K", "Q2_K - Medium"),
    "Q2_K_S": ("Q2_K_S", "Q2_K - Small"),
    "IQ3_M": ("IQ3_M", "IQ3_S mix - 3.66 bpw"),
    "IQ3_S": ("IQ3_S", "IQ3_S - 3.4375 bpw"),
    "TQ1_0": ("TQ1_0", "TQ1_0 - 1.69 bpw ternary"),
    "F32": ("F32", "all F32", "fp32", "float32"),
    "F16": ("F16", "fp16", "FP16", "float16"),
    "BF16": ("BF16", "bf16", "bfloat16"),
    "MXFP4": ("MXFP4", "mxfp4", "MXFP4 MoE", "MXFP4_MOE"),
    "NVFP4": ("NVFP4", "nvfp4"),
    "FP8": ("fp8", "FP8"),
    "INT4": ("int4", "INT4"),
    "4bit": ("4bit", "4-bit", "4 bits", "4BIT"),
    "UD-Q4_K_XL": ("UD-Q4_K_XL", "ud-q4_k_xl"),
}
PRINTED = {
    "Q3_K_S": "Q3_K - Small", "Q3_K_M": "Q3_K - Medium", "Q3_K_L": "Q3_K - Large",
    "Q4_K_S": "Q4_K - Small", "Q4_K_M": "Q4_K - Medium", "Q5_K_S": "Q5_K - Small",
    "Q5_K_M": "Q5_K - Medium", "Q2_K": "Q2_K - Medium", "Q2_K_S": "Q2_K - Small",
    "IQ2_XXS": "IQ2_XXS - 2.0625 bpw", "IQ2_XS": "IQ2_XS - 2.3125 bpw", "IQ2_S": "IQ2_S - 2.5 bpw",
    "IQ2_M": "IQ2_M - 2.7 bpw", "IQ3_XS": "IQ3_XS - 3.3 bpw", "IQ3_XXS": "IQ3_XXS - 3.0625 bpw",
    "IQ3_S": "IQ3_S - 3.4375 bpw", "IQ3_M": "IQ3_S mix - 3.66 bpw", "IQ1_S": "IQ1_S - 1.5625 bpw",
    "IQ1_M": "IQ1_M - 1.75 bpw", "IQ4_NL": "IQ4_NL - 4.5 bpw", "IQ4_XS": "IQ4_XS - 4.25 bpw",
    "TQ1_0": "TQ1_0 - 1.69 bpw ternary", "TQ2_0": "TQ2_0 - 2.06 bpw ternary", "F32": "all F32",
    "MXFP4": "MXFP4 MoE",
}  # fmt: skip
"""What llama.cpp's server prints for a file type where that is not the name itself."""


def test_one_meaning_has_one_spelling() -> None:
    """Case, separators and what a server adds make no difference, and a spelling is its own."""
    for word, given in ALIKE.items():
        for label in given:
            with case(label):
                assert BY_NAME["quantization"].clean(label) == word


def test_a_server_and_its_file_say_the_same() -> None:
    """Every file type of llama.cpp has the word of its number in the form that is printed."""
    assert {*PRINTED} <= {*FILE_TYPES.values()}
    for word in FILE_TYPES.values():
        for label in (word, PRINTED.get(word, word), f"(guessed) {PRINTED.get(word, word)}"):
            with case(label):
                assert spelling(label) == word


@pytest.mark.parametrize("label", ["unknown", "Unknown", "none", " ", ""])
def test_no_format_is_unknown(label: str) -> None:
    """What states no format is no opinion."""
    assert BY_NAME["quantization"].clean(label) is None


@pytest.mark.parametrize("label", ["awq-marlin", "compressed-tensors", "FP8-dynamic - 2", "Qwen"])
def test_an_unknown_label_stays_as_it_is(label: str) -> None:
    """A word that means something else is not bent into a format."""
    assert spelling(label) == label


def test_recorded_payloads_have_known_formats() -> None:
    """Each label of the recorded payloads is one of the spellings, which stay as they are."""
    labels = {label for path in DATA.rglob("*.json") for label in _labels(json.loads(_text(path)))}
    found = {label: spelling(label) for label in labels}
    assert {"fp16", "4bit", "Q4_K - Medium", "MXFP4"} <= labels
    words = {word for word in found.values() if word}
    assert words <= {*FILE_TYPES.values(), "4bit", "FP4"}
    assert {spelling(word) for word in words} == words


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def _labels(value: Any) -> Iterator[str]:
    """Every text below a key that holds a format."""
    if isinstance(value, dict):
        for key in ("quantization", "quantization_level", "ftype"):
            if isinstance(value.get(key), str) and value[key]:
                yield value[key]
        if isinstance(value.get("quantization"), dict):
            yield value["quantization"]["name"]
    nested = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in nested:
        yield from _labels(item)
