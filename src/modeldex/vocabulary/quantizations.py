"""One spelling for each number format of weights.

Files, servers and hosts write the same format as `Q4_K_M`, `q4_k_m` or "Q4_K - Medium", as `F16` or
`fp16`, as `4bit` or "4-bit".
"""

import re

FILE_TYPES = {
    0: "F32", 1: "F16", 2: "Q4_0", 3: "Q4_1", 7: "Q8_0", 8: "Q5_0", 9: "Q5_1", 10: "Q2_K",
    11: "Q3_K_S", 12: "Q3_K_M", 13: "Q3_K_L", 14: "Q4_K_S", 15: "Q4_K_M", 16: "Q5_K_S",
    17: "Q5_K_M", 18: "Q6_K", 19: "IQ2_XXS", 20: "IQ2_XS", 21: "Q2_K_S", 22: "IQ3_XS",
    23: "IQ3_XXS", 24: "IQ1_S", 25: "IQ4_NL", 26: "IQ3_S", 27: "IQ3_M", 28: "IQ2_S",
    29: "IQ2_M", 30: "IQ4_XS", 31: "IQ1_M", 32: "BF16", 33: "Q4_0_4_4", 34: "Q4_0_4_8",
    35: "Q4_0_8_8", 36: "TQ1_0", 37: "TQ2_0", 38: "MXFP4", 39: "NVFP4", 40: "Q1_0",
}  # fmt: skip
"""The format of each `general.file_type` of a GGUF file, as llama.cpp names it in file names."""

_SAME = {
    "MXFP4_MOE": "MXFP4", "IQ3_S_MIX": "IQ3_M", "FP32": "F32", "FLOAT32": "F32", "FP16": "F16",
    "FLOAT16": "F16", "BFLOAT16": "BF16", "FLOAT8": "FP8", "NONE": None, "UNKNOWN": None,
}  # fmt: skip
_KNOWN = frozenset(FILE_TYPES.values())
# What llama.cpp adds where it prints a file type.
_PRINTED = re.compile(
    r"(?:\(guessed\) )?(?:all )?(.+?)(?: - (small|medium|large|\d.*))?", re.IGNORECASE
)
_BITS = re.compile(r"(\d{1,2})[ _-]?bits?", re.IGNORECASE)
_FORMAT = re.compile(
    r"(?:UD-)?I?Q\d(?:_[A-Z0-9]{1,3}){0,4}|TQ\d_\d|(?:B?F|FP|INT|UINT|MXFP|NVFP)\d{1,2}"
)


def spelling(label: str) -> str | None:
    """The one spelling of a format; an unknown label as it is, None for "unknown" and "none"."""
    if bits := _BITS.fullmatch(label):
        return f"{bits[1]}bit"
    printed = _PRINTED.fullmatch(label)
    stem, size = printed.groups() if printed else (label, None)
    word = re.sub(r"(?<!^UD)[ -]", "_", stem.upper())
    if word in _SAME:
        return _SAME[word]
    sized = f"{word}_{size[0].upper()}" if size else word
    word = sized if sized in _KNOWN else word
    return word if _FORMAT.fullmatch(word) else label
