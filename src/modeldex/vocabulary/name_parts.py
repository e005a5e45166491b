"""The parts of a model's name: its words, the version, the date, and what each word means."""

import re
from typing import NamedTuple

from modeldex.vocabulary.model_lines import Line, Words
from modeldex.vocabulary.release_dates import DATE, Release, take_release


class Parts(NamedTuple):
    """What a name says after the word of its line; `lead` is the letter before the version."""

    version: str | None
    lead: str
    own: list[str]
    variants: list[str]
    release: Release | None


_QUANTIZED = re.compile(r"\bi?q\d(?:_[a-z0-9]+)+\b")
_DECIMAL = re.compile(r"(?<=\d)[_p](?=\d)")
_VERSION_OF_BEDROCK = re.compile(r"(?<=v0):(?=\d$)")
_REVISION_OF_BEDROCK = re.compile(r"(?<=.)(?:[-_]v?1)?:\d$")
_JOINED = re.compile(r"(?<=thinking):(?=\d|low|medium|high|max)|(?<=non)[-_](?=reasoning)")
_SEPARATOR = re.compile(r"[^a-z0-9.~^]+|(?<!\d)\.|\.(?!\d)")


def split_name(text: str) -> list[str]:
    """Return the words of a name; a version or size with a dot is one word.

    In a word, `~` joins what belongs together, and `^` is the underscore of a quantization.
    """
    text = _QUANTIZED.sub(lambda found: found[0].replace("_", "^"), text.lower())
    text = _REVISION_OF_BEDROCK.sub("", _VERSION_OF_BEDROCK.sub(".", text))
    text = _JOINED.sub("~", _DECIMAL.sub(".", text))
    return [word for word in _SEPARATOR.split(text) if word]


def read_parts(known: Words, line: Line, rest: list[str], *, is_maker: bool) -> Parts | None:
    """Return the parts of a name after its line; None if nothing is known of a word.

    A word that the maker itself uses is one of the name, known or not.
    """
    tokens, release = take_release(_without_attached(line, rest))
    version, lead, tokens = _take_version(line, tokens)
    kinds: dict[str, list[str]] = {"own": [], "variant": [], "noise": []}
    for token in tokens:
        kind = _kind(known, line, token, f"{lead}{version or ''}")
        if token == "turbo" and "instruct" in kinds["own"]:  # noqa: S105 - a word
            kind = "variant"
        if kind is None and not (line.closed or is_maker):
            return None
        kinds[kind or "own"].append(token)
    variants = [word.replace("^", "_") for word in kinds["variant"]]
    return Parts(version, lead, kinds["own"], variants, release)


_WORD_AND_VERSION = re.compile(r"([a-z]+)(\d.*)")


def _without_attached(line: Line, tokens: list[str]) -> list[str]:
    """Return the words with opus4 as opus, 4, where the word is one of the line's."""
    found: list[str] = []
    for token in tokens:
        parts = _WORD_AND_VERSION.fullmatch(token)
        is_own = parts is not None and parts[1] in line.own and token not in line.own
        found.extend(parts.groups() if parts and is_own else (token,))
    return found


def _take_version(line: Line, tokens: list[str]) -> tuple[str | None, str, list[str]]:
    """Return the version, the letter before it, and the other words."""
    for at, token in enumerate(tokens if line.versioned and not line.within else ()):
        found = None if token in line.noise else _version(line, token)
        if found is None:
            continue
        lead, number, tail = found
        minor = _minor(line, tokens[at + 1]) if at + 1 < len(tokens) else None
        after = at + 1
        if minor is not None and "." not in number and not tail:
            number, tail, after = f"{number}.{minor[0]}", minor[1], at + 2
        if number == "0":
            continue
        number = number if line.keeps_zero else number.removesuffix(".0")
        version = f"{number}{tail}"
        kept = [f"{lead}{version}"] if line.in_place else []
        return version, lead, tokens[:at] + kept + tokens[after:]
    return None, "", tokens


_NUMBER = re.compile(r"([a-z]?)(\d{1,2}(?:\.\d{1,2})?)([a-z]?)")
_MINOR = re.compile(r"(\d{1,2})([a-z]?)")


def _version(line: Line, token: str) -> tuple[str, str, str] | None:
    """Return letter, number and letter of a version; 52 is read as 5.2."""
    found = _NUMBER.fullmatch(token)
    if not found:
        return None
    lead, number, tail = found.groups()
    if lead not in (line.leads or ("", "v")) or (tail and tail not in line.tails):
        return None
    if number.isdigit() and len(number) > 1:
        if number[0] == "0" or line.long_minor:
            return None
        number = f"{number[0]}.{number[1]}"
    return lead if line.leads else "", number, tail


def _minor(line: Line, token: str) -> tuple[str, str] | None:
    found = _MINOR.fullmatch(token)
    if not found or (found[2] and found[2] not in line.tails):
        return None
    is_long = len(found[1]) > 1
    if is_long and (found[1][0] == "0" or not line.long_minor):
        return None
    return found[1], found[2]


SIZE = re.compile(r"(?:\d+x)?\d+(?:\.\d+)?[bt]|a\d+(?:\.\d+)?b|\d+e|e\d+b|\d+m")
_CONTEXT = re.compile(r"\d+[km]")
_QUANTIZATION = re.compile(r"i?q\d(?:\^[a-z0-9]+)*|\d+bit|w\d+a\d+|thinking~[a-z0-9]+")


def _kind(known: Words, line: Line, token: str, version: str) -> str | None:
    """Whether a word is `own`, a `variant` or `noise`; None if nothing is known of it."""
    if token in line.own or f"{token}@{version}" in line.own or token == DATE:
        return "own"
    if token in line.noise or token in known.noise:
        return "noise"
    if token in known.variants or _QUANTIZATION.fullmatch(token):
        return "variant"
    if token in known.own or SIZE.fullmatch(token) or (line.in_place and token == version):
        return "own"
    return "variant" if _CONTEXT.fullmatch(token) else None
