"""The models behind our gateway, as a file lists them: TEAM_MODELS names it, else our own copy.

A source says which models exist, a resolver what they can do. Neither knows of a database, a
refresh or a command line: modeldex finds both by the entry points in pyproject.toml.
"""

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any

from modeldex import ModelCapabilities, ModelSpec


def _file() -> Path:
    return Path(os.environ.get("TEAM_MODELS") or Path(__file__).with_name("models.json"))


def _models() -> dict[str, dict[str, Any]]:
    models: dict[str, dict[str, Any]] = json.loads(_file().read_text("utf-8"))
    return models


class _Ours:
    name = "team"

    @property
    def version(self) -> str:
        """The same text means the same data, and spares the work."""
        return sha256(_file().read_bytes()).hexdigest()


class TeamSource(_Ours):
    """What our gateway serves. An exception is a failed source: nothing is lost by it."""

    async def discover(self) -> list[ModelSpec]:
        """Every model, always all of them: what is missing here is gone."""
        return [ModelSpec(provider="team", name=name) for name in _models()]


class TeamResolver(_Ours):
    """What we know of them. What is not said here stays unknown, or as others say."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Our word on one model; empty for the models of others."""
        if spec.provider != "team":
            return ModelCapabilities()
        return ModelCapabilities(**_models().get(spec.name, {}))
