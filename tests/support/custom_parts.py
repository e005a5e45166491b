"""Sources and resolvers as people who use the library write them."""

from collections.abc import Mapping, Sequence
from typing import Any

from modeldex import ModelCapabilities, ModelSpec
from modeldex.storage.location import Place
from raw_catalog import bare


class ListSource:
    """A source that lists `specs`, or raises where that is an exception.

    `calls` counts the calls of `discover`. Further attributes, such as `kind`, by keyword.
    """

    def __init__(self, specs: object = (), name: str = "lists", **attributes: Any) -> None:
        self.specs = specs
        self.name = name
        self.calls = 0
        vars(self).update(attributes)

    async def discover(self) -> Any:
        """What it was made with."""
        self.calls += 1
        if isinstance(self.specs, BaseException):
            raise self.specs
        return self.specs


class DictResolver:
    """A resolver with one answer per model name; an exception is raised.

    `requested` names the models that were resolved. Further attributes by keyword.
    """

    def __init__(
        self, answers: Mapping[str, Any] | None = None, name: str = "says", **attributes: Any
    ) -> None:
        self.answers = dict(answers or {})
        self.name = name
        self.requested: list[str] = []
        vars(self).update(attributes)

    async def get_capabilities(self, spec: ModelSpec) -> Any:
        """The answer for this name; empty where there is none."""
        self.requested.append(spec.name)
        answer = self.answers.get(spec.name, ModelCapabilities())
        if isinstance(answer, BaseException):
            raise answer
        return answer


class BatchDictResolver(DictResolver):
    """The same in one call; exceptions are handed over, not raised."""

    async def resolve_many(self, specs: Sequence[ModelSpec]) -> list[Any]:
        """One answer per spec, None where there is none."""
        self.requested += [spec.name for spec in specs]
        return [self.answers.get(spec.name) for spec in specs]


def spec(name: str, provider: str = "acme", **more: Any) -> ModelSpec:
    """One model of a provider that nobody knows."""
    return ModelSpec(provider=provider, name=name, **more)


def specs(names: str, provider: str = "acme") -> list[ModelSpec]:
    """One model per character."""
    return [spec(name, provider) for name in names]


def caps(**fields: Any) -> ModelCapabilities:
    """Capabilities, for short."""
    return ModelCapabilities(**fields)


def sql(place: Place, statement: str, *values: object) -> list[tuple[Any, ...]]:
    """Run one statement on a connection of its own, as another program would; its rows."""
    with bare(place) as connection:
        cursor = connection.execute(statement, values)
        return list(cursor.fetchall()) if cursor.description else []
