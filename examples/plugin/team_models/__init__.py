"""The models behind a team's gateway, from the file in TEAM_MODELS or the packaged one.

A source states which models exist, a resolver what they can do. Neither needs code for a database,
a refresh or a command line: modeldex finds both by the entry points in pyproject.toml.
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
        """A digest of the data; while it is the same, a refresh skips this part."""
        return sha256(_file().read_bytes()).hexdigest()


class TeamSource(_Ours):
    """The models of the gateway. If it raises, the stored models stay as they are."""

    async def discover(self) -> list[ModelSpec]:
        """Return all models, always: a model missing from the list counts as gone."""
        return [ModelSpec(provider="team", name=name) for name in _models()]


class TeamResolver(_Ours):
    """Facts about these models; fields left out come from other resolvers or stay unknown."""

    async def get_capabilities(self, spec: ModelSpec) -> ModelCapabilities:
        """Return facts about one model; empty for other providers' models."""
        if spec.provider != "team":
            return ModelCapabilities()
        return ModelCapabilities(**_models().get(spec.name, {}))
