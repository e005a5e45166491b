"""The configuration of a LiteLLM router: a model list with fall-backs.

Each offer is a deployment under its own id, and falls back to the other offers of its base model.
Keys and addresses are references to variables (`os.environ/NAME`), never their values.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from modeldex.errors import NoIdFor
from modeldex.vocabulary.client_ids import id_for
from modeldex.vocabulary.entry import CatalogEntry
from modeldex.vocabulary.providers import configured_key_variable, first_set_variable, providers

CLIENT = "litellm"
_MODES = {
    "chat": "chat", "completion": "completion", "embedding": "embedding", "rerank": "rerank",
    "image": "image_generation", "moderation": "moderation",
}  # fmt: skip
_INFO = {
    "max_input_tokens": "max_input_tokens", "max_output_tokens": "max_output_tokens",
    "supports_tools": "supports_function_calling", "supports_vision": "supports_vision",
}  # fmt: skip
_PRICES = {
    "input_cost_per_1m": "input_cost_per_token", "output_cost_per_1m": "output_cost_per_token",
    "cache_read_cost_per_1m": "cache_read_input_token_cost",
    "cache_write_cost_per_1m": "cache_creation_input_token_cost",
}  # fmt: skip

Config = dict[str, object]


def router_config(entries: Iterable[CatalogEntry], environ: Mapping[str, str]) -> Config:
    """The configuration for these offers, the best first; those without an id are left out."""
    known = [(entry, name) for entry in entries if (name := _name(entry))]
    config: Config = {"model_list": [_deployment(*each, environ) for each in known]}
    fallbacks = list(_fallbacks([entry for entry, _ in known]))
    return {**config, "router_settings": {"fallbacks": fallbacks}} if fallbacks else config


def as_yaml(config: Config) -> str:
    """The configuration as the text of config.yaml."""
    import yaml

    text: str = yaml.safe_dump(config, sort_keys=False, allow_unicode=True)
    return text


def _name(entry: CatalogEntry) -> str | None:
    mode = entry.value("mode")
    if mode not in (None, *_MODES):
        return None
    try:
        return id_for(*entry.spec[:2], CLIENT, None if mode is None else str(mode))
    except NoIdFor:
        return None


def _deployment(entry: CatalogEntry, name: str, environ: Mapping[str, str]) -> Config:
    params: Config = {"model": name, **dict(_access(entry.spec.provider, environ))}
    return {"model_name": entry.id, "litellm_params": params, "model_info": dict(_info(entry))}


def _access(provider: str, environ: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Key and address of a provider, as far as LiteLLM does not find them by itself."""
    row = providers().get(provider)
    key = configured_key_variable(provider, environ)
    if key:
        yield "api_key", f"os.environ/{key}"
    own = f"MODELDEX_{provider.upper()}_BASE_URL"
    variable = first_set_variable((own, *(row.base_url_vars if row else ())), environ)
    if variable:
        yield "api_base", f"os.environ/{variable}"
    elif row and row.local and row.base_url and row.file is None:
        yield "api_base", row.base_url


def _info(entry: CatalogEntry) -> Iterator[tuple[str, object]]:
    yield "mode", _MODES[str(entry.value("mode") or "chat")]
    for field, name in _INFO.items():
        if (value := entry.value(field)) is not None:
            yield name, value
    for field, name in _PRICES.items():
        if (value := entry.value(field)) is not None:
            yield name, float(Decimal(repr(value)).scaleb(-6))


def _fallbacks(entries: Sequence[CatalogEntry]) -> Iterator[dict[str, list[str]]]:
    """For each offer the others of its base model, the best first."""
    hosts: dict[object, list[str]] = {}
    for entry in entries:
        hosts.setdefault(entry.value("base"), []).append(entry.id)
    for entry in entries:
        others = [each for each in hosts[entry.value("base")] if each != entry.id]
        if entry.value("base") is not None and others:
            yield {entry.id: others}
