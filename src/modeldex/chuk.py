"""Hand a prompt over to chuk-llm, which the extra `ask` installs."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from modeldex.clients import id_for
from modeldex.errors import NoIdFor, NotInstalled


async def ask(
    prompt: str, *, provider: str | None = None, model: str | None = None, **more: Any
) -> Any:
    """chuk-llm's answer to a prompt: text, or with `tools` a dict of `response`, `tool_calls`.

    Provider and model may be those of a `spec`. A provider that chuk-llm is not known to have
    is handed over as it is: a configuration of one's own may define it. `more` is what
    chuk-llm's `ask` takes, such as `system_prompt`, `temperature`, `max_tokens`, `tools`,
    `json_mode`, `base_url` and `api_key`. Raises NotInstalled; chuk-llm's errors come as they are.
    """
    try:
        chuk_llm = import_module("chuk_llm")
    except ModuleNotFoundError as error:
        if error.name != "chuk_llm":
            raise
        raise NotInstalled("chuk-llm", "ask") from None
    provider, model = _as_chuk_llm_says(provider, model)
    return await chuk_llm.ask(prompt, provider=provider, model=model, **more)


def _as_chuk_llm_says(provider: str | None, model: str | None) -> tuple[str | None, str | None]:
    if provider and model:
        with suppress(NoIdFor):
            provider, _, model = id_for(provider, model, "chuk_llm").partition("/")
    return provider, model
