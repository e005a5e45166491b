"""The base model that an offer's name spells: its maker and name, the dated release, the variant.

`identify` reads a name by the words of base_names.toml. What it cannot read for certain has no
base: a wrong one would join the facts of two models.
"""

import re
from typing import NamedTuple

from modeldex.vocabulary.model_lines import Line, Words, words
from modeldex.vocabulary.name_parts import SIZE, Parts, read_parts, split_name
from modeldex.vocabulary.release_dates import DATE


class Identity(NamedTuple):
    """What a name spells.

    `base` is `maker/name`; `snapshot` the dated release, an ISO date where the name has a full one,
    else its digits as written; `variant` the words of precision, thinking, effort, speed and the
    like, joined by `-`.
    """

    base: str
    snapshot: str | None = None
    variant: str | None = None


_NAME = re.compile(r"[\w .:/@+~()\[\]-]+")


def identify(provider: str, name: str) -> Identity | None:
    """Return what an offer's name spells; None if its maker or model is not certain."""
    if not _NAME.fullmatch(name):
        return None
    known, provider = words(), provider.lower()
    *path, last = name.lower().split("/")
    tokens = split_name(last)
    if not tokens or not known.moving.isdisjoint(tokens) or not known.tuned.isdisjoint(tokens):
        return None
    found = _find_line(known, tokens)
    if found is None:
        return None
    line, rest = found
    is_maker = _is_by_maker(known, line, provider, path)
    parts = None if is_maker is None else read_parts(known, line, rest, is_maker=is_maker)
    base = None if parts is None else _base(known, line, provider, parts)
    if parts is None or base is None:
        return None
    snapshot = None if parts.release is None else parts.release.text
    return Identity(base, snapshot, "-".join(parts.variants).replace("~", "-") or None)


# ---------------------------------------------------------------- line and publisher


def _find_line(known: Words, tokens: list[str]) -> tuple[Line, list[str]] | None:
    """Return the line that a name is of, and its other words."""
    for line in known.within:
        if line.spellings[0][0] in tokens:
            return line, _without_prefixes(known, line, tokens)
    found = None
    for at, token in enumerate(tokens):
        # The last place counts: in mistral-voxtral-mini the first word is the maker.
        found = _line_at(known, tokens, at) or found
        if token not in known.prefixes and token not in known.maker_words:
            break
    return found


def _line_at(known: Words, tokens: list[str], at: int) -> tuple[Line, list[str]] | None:
    """Return the line with the longest spelling at a place, and the words after it."""
    longest: tuple[int, Line, list[str]] | None = None
    for line in _starting(known, tokens[at]):
        found = _after(line, tokens[at:])
        if found is None or not all(_may_precede(known, line, word) for word in tokens[:at]):
            continue
        if longest is None or found[0] > longest[0]:
            longest = (found[0], line, found[1])
    return None if longest is None else longest[1:]


_LETTERS = re.compile(r"[a-z]+")


def _starting(known: Words, token: str) -> tuple[Line, ...]:
    exact = known.by_first.get(token, ())
    letters = _LETTERS.match(token)
    return exact or (known.by_first.get(letters[0], ()) if letters else ())


_ATTACHED = re.compile(r"v?\d.*")


def _after(line: Line, tokens: list[str]) -> tuple[int, list[str]] | None:
    """Return how many words the line's spelling has, and what follows: 3 after qwen in qwen3."""
    for spelling in line.spellings:
        count = len(spelling)
        if tuple(tokens[:count]) == spelling:
            return count, tokens[count:]
        if tuple(tokens[: count - 1]) == spelling[:-1] and len(tokens) >= count:
            attached = tokens[count - 1].removeprefix(spelling[-1])
            if attached != tokens[count - 1] and _ATTACHED.fullmatch(attached):
                return count, [attached, *tokens[count:]]
    return None


def _may_precede(known: Words, line: Line, word: str) -> bool:
    return word in known.prefixes or line.maker in known.maker_words.get(word, ())


def _without_prefixes(known: Words, line: Line, tokens: list[str]) -> list[str]:
    count = 0
    while tokens[count] not in line.own and _may_precede(known, line, tokens[count]):
        count += 1
    return _with_decimals(tokens[count:])


_MAJOR = re.compile(r"v?\d")


def _with_decimals(tokens: list[str]) -> list[str]:
    found: list[str] = []
    for token in tokens:
        if found and _MAJOR.fullmatch(found[-1]) and token.isdigit() and len(token) == 1:
            found[-1] = f"{found[-1]}.{token}"
        else:
            found.append(token)
    return found


def _is_by_maker(known: Words, line: Line, provider: str, path: list[str]) -> bool | None:
    """Whether provider or path name the maker; None if the path names somebody unknown."""
    own_name = "-".join(split_name(provider))
    is_maker = known.makers.get(own_name) == line.maker
    for part in path:
        spelled = "-".join(split_name(part.removeprefix("hf:")))
        maker = known.makers.get(spelled)
        if maker == line.maker:
            is_maker = True
        elif not (line.within and maker) and spelled not in known.publishers | {own_name}:
            return None
    return is_maker


# ---------------------------------------------------------------- the canonical name


def _base(known: Words, line: Line, provider: str, parts: Parts) -> str | None:
    """Return `maker/name`; None if the name may stand for several models."""
    dated = _date_of_weights(line, parts)
    own = [word for word in parts.own if word != DATE]
    if line.needs_words and set(own) <= {line.id}:
        return None
    undated = _spell(line, parts, own)
    name = undated if dated is None else _spell_dated(line, parts, own, dated)
    here, canonical = known.at.get(provider, {}), known.spellings.get(name, name)
    canonical = here.get(name) or here.get(canonical, canonical)
    is_fixed = parts.version or not line.versioned or line.within or canonical != name
    if canonical == "?" or not (is_fixed or undated in line.undated or (dated and line.by_date)):
        return None
    return f"{line.maker}/{canonical}"


def _date_of_weights(line: Line, parts: Parts) -> str | None:
    """Return the date where it tells weights apart: 0324 of deepseek-v3-0324, else None."""
    release = parts.release
    if release is None or release.is_revision:
        return None
    if release.is_full:
        if (short := release.text[5:].replace("-", "")) in line.weights:
            return short
        is_sized = any(SIZE.fullmatch(word) for word in parts.own)
        return release.text if line.full == "weights" and not is_sized else None
    is_snapshot = line.partial == "snapshot" and "preview" not in parts.own
    return None if is_snapshot else release.text


def _spell_dated(line: Line, parts: Parts, own: list[str], date: str) -> str:
    if line.by_date and date.isdigit():
        own = [word for word in own if word != "instruct"]
        own = [word for word in own if line.keeps_size or not SIZE.fullmatch(word)]
        return _spell(line, parts._replace(version=None), [*own, date])
    return _spell(line, parts, [date if word == DATE else word for word in parts.own])


def _spell(line: Line, parts: Parts, own: list[str]) -> str:
    version, form = parts.version or "", line.form
    if line.early and version and float(version) < line.early[0]:
        form = line.early[1]
    name = form.format(version=f"{parts.lead}{version}", words="-".join(own))
    return re.sub("-{2,}", "-", name).strip("-")


# ---------------------------------------------------------------- line and version


_TRAINING = frozenset({"instruct", "it", "chat", "base", "preview", "exp", "experimental", "pt"})


def canonical_base(text: str) -> str:
    """Return the id of the base model that a text names: an id as it is, else by its spelling."""
    identity = None if "/" in text else identify("", text)
    return identity.base if identity else text


def line_and_version(base: str) -> tuple[str, str | None]:
    """Return a base's line, its id without version, size and training; and its version.

    `anthropic/claude-sonnet-4.5` gives `claude-sonnet` and `4.5`. Raises ValueError for an id that
    `identify` does not give.
    """
    known = words()
    maker, _, name = base.partition("/")
    found = _find_line(known, split_name(name))
    parts = None if found is None else read_parts(known, found[0], found[1], is_maker=True)
    if found is None or parts is None or found[0].maker != maker:
        raise ValueError(base)
    version, named = _version_of(found[0], parts)
    dropped = _TRAINING | {DATE, version or "", f"{parts.lead}{parts.version}"}
    kept = [w for w in parts.own if w not in dropped and not SIZE.fullmatch(w)]
    return _spell(found[0], Parts(None, named, [], [], None), kept), version


def _version_of(line: Line, parts: Parts) -> tuple[str | None, str]:
    """Return the version, and the letter beside it that names a line: r of r1, v of 4.5v."""
    if line.within:  # nemotron-3-super, hermes-4-70b
        after = parts.own[parts.own.index(line.id) + 1 :][:1]
        is_version = bool(after) and after[0][0].isdigit() and not SIZE.fullmatch(after[0])
        return (after[0] if is_version else None), ""
    if line.by_date and parts.release is not None:
        return parts.release.text, ""
    version, tail = parts.version, ""
    if version and line.tail_is_line and version[-1].isalpha():
        version, tail = version[:-1], version[-1]
    return version, tail or (parts.lead if parts.lead in line.leads[1:] else "")
