"""Send a prompt through chuk-llm, which the extra `ask` installs."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from modeldex.errors import NoIdFor, NotInstalled
from modeldex.vocabulary.client_ids import id_for


async def ask(
    prompt: str, *, provider: str | None = None, model: str | None = None, **more: Any
) -> Any:
    """chuk-llm's response to a prompt: text, or with `tools` a dict of `response`, `tool_calls`.

    Provider and model may be those of a `spec`; their names are translated to chuk-llm's. A
    provider unknown to chuk-llm is passed on unchanged, because the user's chuk-llm
    configuration may define it. `more` is passed to chuk-llm's `ask`: `system_prompt`,
    `temperature`, `max_tokens`, `tools`, `json_mode`, `base_url`, `api_key` and others. Raises
    NotInstalled, and chuk-llm's own errors.
    """
    try:
        chuk_llm = import_module("chuk_llm")
    except ModuleNotFoundError as error:
        if error.name != "chuk_llm":  # chuk-llm is installed, but something it imports is not
            raise
        raise NotInstalled("chuk-llm", "ask") from None
    provider, model = _chuk_llm_names(provider, model)
    return await chuk_llm.ask(prompt, provider=provider, model=model, **more)


def _chuk_llm_names(provider: str | None, model: str | None) -> tuple[str | None, str | None]:
    if provider and model:
        with suppress(NoIdFor):
            provider, _, model = id_for(provider, model, "chuk_llm").partition("/")
    return provider, model
