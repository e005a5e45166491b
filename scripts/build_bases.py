"""Write the reviewed base models from the shipped data sets and the facts entered by hand.

    python scripts/build_bases.py [--check]

A base is in the table if its maker offers it, if five hosts do, or if it is listed by hand. Its day
of release and its knowledge cutoff are those of the maker's own offers, else what four of five
hosts state (three at least); the id on Hugging Face is that of hosts whose names are such ids,
where they agree. Facts in bases_by_hand.toml come first. A base and a fact that were in the table
stay, also where no data set names them any more. What is not known is left out. With --check
nothing is written; the exit code is 1 if the file is out of date.
"""

import json
import re
import sys
import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from generated import ROOT, write

from modeldex.vocabulary.base_names import Identity, identify, line_and_version
from modeldex.vocabulary.model_lines import words

FOLDER = ROOT / "src/modeldex/vocabulary"
DATA = [
    ROOT / f"src/modeldex/data/{n}.json" for n in ("models_dev", "litellm", "genai_prices", "pi_ai")
]
HAND = ROOT / "scripts/bases_by_hand.toml"
HOSTS = 5
FIELDS = ("line", "version", "display_name", "released", "cutoff", "licence", "open_weights",
          "hugging_face", "parent")  # fmt: skip
NAMED_AS_ON_HUGGING_FACE = (
    "huggingface", "nebius", "deepinfra", "together", "chutes", "siliconflow", "wandb", "friendli",
    "io_net", "hyperbolic", "nscale", "synthetic", "baseten",
)  # fmt: skip
IDS_IN_LOWER_CASE = ("openai/", "google/", "microsoft/")


class Offer(NamedTuple):
    """One row of a shipped data set, and what its name spells."""

    provider: str
    name: str
    row: Mapping[str, Any]
    identity: Identity

    @property
    def is_makers(self) -> bool:
        """Whether the maker of the base offers it itself."""
        return words().makers.get(self.provider) == self.identity.base.partition("/")[0]


def offers() -> Mapping[str, list[Offer]]:
    """Return the offers of each base in the shipped data sets."""
    if missing := [path for path in DATA if not path.exists()]:
        sys.exit(f"the shipped data is not here: {missing[0]}")
    found: dict[str, list[Offer]] = defaultdict(list)
    for path in DATA:
        _header, *rows = json.loads(path.read_bytes())
        for row in rows:
            identity = identify(row["provider"], row["name"])
            if identity is not None:
                offer = Offer(row["provider"], row["name"], row, identity)
                found[identity.base].append(offer)
    return found


def agreed(values: Iterable[Any]) -> Any | None:
    """Return what four of five state, three at least; None if they do not agree."""
    known = Counter(value for value in values if value is not None)
    value, count = known.most_common(1)[0] if known else (None, 0)
    return value if count >= max(3, 0.8 * known.total()) else None


def stated(found: list[Offer], field: str) -> Any | None:
    """Return the maker's value of a field, of its undated offer first; else what hosts agree on."""
    own = [offer for offer in found if offer.is_makers and _value(offer, field) is not None]
    own.sort(key=lambda offer: (offer.identity.snapshot or "", offer.identity.variant or ""))
    return _value(own[0], field) if own else agreed(_by_provider(found, field))


def _value(offer: Offer, field: str) -> Any | None:
    value = offer.row.get(field)
    # The first of January stands for a year of which nobody knew the day.
    return None if str(value).endswith("-01-01") else value


def _by_provider(found: list[Offer], field: str) -> list[Any]:
    return list({offer.provider: _value(offer, field) for offer in found}.values())


def released(found: list[Offer]) -> str | None:
    """Return the day of release: stated, else in the maker's or OpenRouter's own dated name."""
    if (day := stated(found, "release_date")) is not None:
        return str(day)
    for is_named in (lambda o: o.is_makers, lambda o: o.provider == "openrouter"):
        days = {o.identity.snapshot or "" for o in found if is_named(o)}
        full = sorted(day for day in days if re.fullmatch(r"202[5-9]-\d\d-\d\d", day))
        if full:
            return full[0]
    return None


def hugging_face(base: str, found: list[Offer]) -> str | None:
    """Return the id on Hugging Face: that host's name, else the one that two such hosts share."""
    names: dict[str, Counter[str]] = defaultdict(Counter)
    for offer in found:
        name = offer.name.removeprefix("hf:").removesuffix("-TEE").partition(":")[0]
        publisher = name.partition("/")[0].lower()
        is_id = name.count("/") == 1 and words().makers.get(publisher) == base.partition("/")[0]
        is_plain = identify("huggingface", name) == offer.identity._replace(variant=None)
        if is_id and is_plain and offer.provider in NAMED_AS_ON_HUGGING_FACE:
            for group in {"all", offer.provider}:
                names[group][name] += 1
    for group, least in (("huggingface", 1), ("all", 2)):
        ids = names[group]
        if len({name.lower() for name in ids}) == 1 and ids.total() >= least:
            name = max(ids, key=lambda name: (name != name.lower(), ids[name]))
            is_cased = name != name.lower() or name.startswith(IDS_IN_LOWER_CASE)
            return name if is_cased else None
    return None


_SPELLED = {"gpt": "GPT", "glm": "GLM", "vl": "VL", "oss": "OSS", "it": "IT", "mimo": "MiMo",
          "minimax": "MiniMax", "deepseek": "DeepSeek", "qwq": "QwQ", "qvq": "QVQ", "mt": "MT",
          "tts": "TTS", "lfm": "LFM", "olmo": "OLMo", "mai": "MAI", "ocr": "OCR"}  # fmt: skip


def display_name(base: str, on_hugging_face: str | None) -> str:
    """Return a name for people: that on Hugging Face, else the id's words with capitals."""
    if on_hugging_face:
        return on_hugging_face.partition("/")[2]
    text = " ".join(map(_capital, base.partition("/")[2].split("-")))
    text = re.sub(r"(?<=\d\d) (?=\d\d\b|\d{4}\b)", "-", text)
    return re.sub(r"^GPT (?=[\dO])", "GPT-", text)


def _capital(word: str) -> str:
    if word in _SPELLED:
        return _SPELLED[word]
    if re.fullmatch(r"o\d", word) or re.fullmatch(r"\d+o", word):
        return word
    return word.upper() if re.search(r"^[a-z]?\d[\d.]*[a-z]?$", word) else word.capitalize()


def facts(base: str, found: list[Offer], hand: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known of a base, without what is not."""
    line, version = line_and_version(base)
    chosen = by_hand(base, hand)
    is_closed = chosen.get("open_weights") is False
    on_hugging_face = None if is_closed else hugging_face(base, found)
    made = {
        "line": line, "version": version, "released": released(found),
        "cutoff": stated(found, "knowledge_cutoff"), "hugging_face": on_hugging_face,
        "open_weights": stated(found, "open_weights"),
        "display_name": display_name(base, on_hugging_face),
    }  # fmt: skip
    if on_hugging_face:
        made["open_weights"] = True
    for field, patterns in hand["untrusted"].items():
        if matches(base, patterns):
            made[field] = None
    made |= chosen
    return {key: made[key] for key in FIELDS if made.get(key) is not None}


def matches(base: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns is the whole id."""
    return any(re.fullmatch(pattern, base) for pattern in patterns)


def by_hand(base: str, hand: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of a base that were entered by hand."""
    found: dict[str, Any] = {}
    if matches(base, hand["closed"]):
        found["open_weights"] = False
    for licence, patterns in hand["licences"].items():
        if matches(base, patterns):
            found |= {"licence": licence, "open_weights": True}
    if base in hand["parents"]:
        found["parent"] = hand["parents"][base]
    return found | hand["facts"].get(base, {})


def is_reviewed(base: str, found: list[Offer], hand: Mapping[str, Any]) -> bool:
    """Whether a base belongs into the table."""
    hosts = {offer.provider for offer in found}
    is_offered = any(offer.is_makers for offer in found) or len(hosts) >= HOSTS
    is_named = base in {*hand["reviewed"], *hand["parents"].values()}
    return base not in hand["not_reviewed"] and (is_offered or is_named)


def as_toml() -> str:
    """Return the table, one base on each line."""
    hand = tomllib.loads(HAND.read_text("utf-8"))
    known = offers()
    chosen = sorted(base for base, found in known.items() if is_reviewed(base, found, hand))
    if unknown := {*hand["facts"], *hand["parents"], *hand["reviewed"]} - known.keys():
        sys.exit(f"facts by hand of bases that nobody offers: {sorted(unknown)}")
    table = tomllib.loads((FOLDER / "bases.toml").read_text("utf-8"))["bases"]
    table = {base: row for base, row in table.items() if base not in hand["not_reviewed"]}
    for base in chosen:
        table[base] = table.get(base, {}) | facts(base, known[base], hand)
    rows = (f'"{base}" = {_inline(_in_order(row))}' for base, row in sorted(table.items()))
    return HEADER.format(as_of=hand["as_of"]) + "\n".join(rows) + "\n"


def _in_order(row: Mapping[str, Any]) -> Mapping[str, Any]:
    return {field: row[field] for field in FIELDS if field in row}


def _inline(values: Mapping[str, Any]) -> str:
    return "{ " + ", ".join(f"{key} = {json.dumps(value)}" for key, value in values.items()) + " }"


HEADER = """\
# Reviewed base models and facts of their weights. Written by scripts/build_bases.py: do not edit.
#
# Sources: the shipped data sets of models.dev, LiteLLM and genai-prices (MIT), the makers' own
# offers first. Licences, parents and corrections are those of scripts/bases_by_hand.toml, which
# are not yet checked against the makers' pages.
# A fact that is not there is not known.

as_of = "{as_of}"

[bases]
"""


if __name__ == "__main__":
    sys.exit(write({FOLDER / "bases.toml": as_toml()}, __doc__))
