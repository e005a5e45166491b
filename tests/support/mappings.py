"""Recorded answers of hosts and data sets beside the tests, and what is made of them as text."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from checkout import DATA
from modeldex.upstream.formats import genai_prices, litellm, models_dev, ollama, ollama_list
from modeldex.upstream.formats.rows import Mapped, Page
from modeldex.vocabulary.fields import NAMES

NOTES = DATA / "mapping_notes.txt"
TODAY = "2026-06-15"
DAY = date(2026, 6, 1)
IDENTITY = ("provider", "name")
COLUMNS = ("family", "display_name", "aliases", "listed", *NAMES, "source_url")


class Listing(NamedTuple):
    """How an answer is read: its wire format, and the provider who was asked."""

    wire: str
    provider: str = "here"


HOSTED = {
    "openai": Listing("openai", "openai"),
    "openrouter": Listing("openrouter", "openrouter"),
    "together": Listing("together", "together"),
    "fireworks": Listing("fireworks", "fireworks"),
    "fireworks_control": Listing("fireworks", "fireworks"),
    "xai": Listing("xai", "xai"),
    "xai_plain": Listing("xai", "xai"),
    "cerebras": Listing("cerebras", "cerebras"),
    "deepinfra": Listing("deepinfra", "deepinfra"),
    "deepinfra_native": Listing("deepinfra", "deepinfra"),
    "vercel": Listing("vercel", "vercel"),
    "github": Listing("github", "github"),
    "huggingface": Listing("huggingface", "huggingface"),
}
OWN_SHAPE = {
    "anthropic": Listing("anthropic"),
    "gemini": Listing("gemini"),
    "mistral": Listing("mistral"),
    "cohere": Listing("cohere"),
    "watsonx": Listing("watsonx"),
    "watsonx_gateway": Listing("watsonx"),
    "azure_models": Listing("azure"),
    "azure_deployments": Listing("azure"),
    "azure_arm_deployments": Listing("azure"),
    "azure_arm_models": Listing("azure"),
    "bedrock": Listing("bedrock"),
    "vllm": Listing("vllm"),
    "sglang": Listing("vllm"),
    "sglang_info": Listing("vllm"),
    "llamacpp": Listing("llamacpp"),
    "lmstudio": Listing("lmstudio"),
    "lmstudio_v0": Listing("lmstudio"),
    "tgi": Listing("tgi"),
    "tgi_v1": Listing("tgi"),
    "litellm_proxy": Listing("litellm_proxy"),
    "litellm_names": Listing("litellm_proxy"),
}
LISTINGS = {f"listings/{name}": how for name, how in HOSTED.items()} | {
    f"listings_own/{name}": how for name, how in OWN_SHAPE.items()
}
DATA_SETS: dict[str, Callable[[object], Mapped]] = {
    "litellm": litellm.rows,
    "models_dev": models_dev.rows,
    "genai_prices": lambda payload: genai_prices.rows(payload, DAY),
}
PAYLOADS = sorted(
    path.relative_to(DATA).with_suffix("").as_posix()
    for folder in ("listings", "listings_own", "datasets", "prices", "ollama")
    for path in (DATA / folder).glob("*.json")
)
"""Every answer that is kept beside the tests."""


def load(payload: str) -> Any:
    """The JSON of an answer, with exact numbers where its prices are read exactly."""
    exact = payload.startswith(("datasets/", "prices/"))
    text = (DATA / f"{payload}.json").read_text("utf-8")
    return json.loads(text, parse_float=Decimal if exact else None)


def map_page(wire: str, payload: object, provider: str = "here") -> Page:
    """The page that a wire format makes of an answer, on one day where the day matters."""
    today = {"today": TODAY} if wire == "watsonx" else {}
    page: Page = import_module(f"modeldex.upstream.formats.{wire}").map_page(
        payload, provider, **today
    )
    return page


@cache
def page(payload: str) -> Page:
    """What is made of an answer that is kept beside the tests."""
    folder, _, name = payload.partition("/")
    content = load(payload)
    if payload in LISTINGS:
        return map_page(LISTINGS[payload].wire, content, LISTINGS[payload].provider)
    if name in DATA_SETS:
        return Page(DATA_SETS[name](content))
    if folder == "prices":
        return map_page(name, content, name)
    return Page(_of_ollama(name, content))


def _of_ollama(name: str, answer: object) -> Mapped:
    """An /api/tags answer lists models; an /api/show answer says what one of them can do."""
    if name.startswith("show"):
        return Mapped(
            [{"provider": "ollama", "name": name, **ollama.capabilities("m", answer)}], *_NONE
        )
    found, dropped = ollama_list.specs(answer)
    assert dropped == []
    given = (spec.model_dump(exclude_none=True, exclude_defaults=True) for spec in found)
    return Mapped(list(given), *_NONE)


@cache
def notes() -> Mapping[str, Mapping[tuple[str, str], str]]:
    """By answer: why the field of a model has its value, or has none."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for line in NOTES.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = found.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            model, field, *why = line.split("  ", 2)
            section[model, field] = "".join(why)
    return found


def counted(payload: str) -> str:
    """What is made of an answer: its losses, and each model and field on a line of its own."""
    mapped, following = page(payload)
    why = notes().get(payload, {})
    lines = [f"rows taken  {mapped.accepted}"]
    lines += [f"row lost  {n}  {reason}" for reason, n in sorted(mapped.dropped.items())]
    lines += [f"value lost  {n}  {reason}" for reason, n in sorted(mapped.values.items())]
    if payload in LISTINGS:
        lines += [f"next page  {_json(following)}"]
    rows = {f"{row['provider']}/{row['name']}": row for row in mapped.rows}
    assert len(rows) == mapped.accepted
    for model, row in sorted(rows.items()):
        lines += ["", *_lines(model, row, {f: text for (m, f), text in why.items() if m == model})]
    astray = {model for model, _ in why} - rows.keys()
    assert not astray, f"{NOTES.name} speaks of models that {payload} does not have: {astray}"
    return "\n".join(lines) + "\n"


def _lines(model: str, row: Mapping[str, object], why: Mapping[str, str]) -> Iterator[str]:
    stated = row.keys() - set(IDENTITY)
    strange = (stated | why.keys()) - set(COLUMNS)
    assert not strange, f"{model} has fields that do not exist: {strange}"
    for field in COLUMNS:
        if field in row or field in why:
            value = _json(row[field]) if field in row else "unknown"
            yield f"{model}  {field}  {value}" + (f"  # {why[field]}" if why.get(field) else "")
    if not stated:
        yield f"{model}  has nothing but its name"


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_NONE: tuple[Counter[str], Counter[str]] = (Counter(), Counter())
