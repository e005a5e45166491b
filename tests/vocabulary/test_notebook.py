"""What a notebook shows, and what a prompt shows."""

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from command_line import MODELS, small_catalog
from modeldex import ModelCapabilities, ModelQuery, ModelSpec, ModelWithCapabilities, Workload
from modeldex.sync import ModelRegistry
from modeldex.vocabulary.notebook import MOST, models_table, table

ATTACK = "<script>alert('x')</script>"


class Cells(HTMLParser):
    """The texts of the cells, and the tags."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.fixture
def registry(catalog_path: Path) -> ModelRegistry:
    """A registry on the small catalog of the command line's tests."""
    path = small_catalog(catalog_path, MODELS)
    return ModelRegistry(db=path, environ={"OPENAI_API_KEY": "sk-1"})


def test_results_of_a_registry_are_tables(registry: ModelRegistry) -> None:
    """A model, several, and both explanations have an HTML form with what they are about."""
    with registry:
        models = registry.query(ModelQuery(requires_tools=True))
        shown = [
            models,
            registry.find_best(n=2),
            registry.frontier(),
            registry.get_models(),
            models[0],
            registry.explain("openai", "flagship"),
            registry.explain_query(requires_tools=True),
        ]
    for each in shown:
        cells = Cells(each._repr_html_())  # type: ignore[union-attr]
        assert "openai" in " ".join(cells.texts), each
        assert {"table", "td"} <= cells.tags
    assert models == list(models)


def test_what_comes_from_elsewhere_is_escaped() -> None:
    """Markup in a name or a value stays text."""
    facts = ModelCapabilities(replacement=ATTACK, supports_tools=False, input_cost_per_1m=0.0)
    spec = ModelSpec(provider="p", name=ATTACK)
    model = ModelWithCapabilities(spec=spec, capabilities=facts, remark=ATTACK)
    for html in (model._repr_html_(), models_table([model])):
        assert "<script" not in html
        assert any(ATTACK in text for text in Cells(html).texts)
    cells = Cells(model._repr_html_()).texts
    assert {"supports_tools", "no", "$0", "USD per 1M tokens"} <= set(cells)


def test_a_table_has_no_empty_column_and_an_end() -> None:
    """Columns without a value are left out, and rows beyond a hundred are counted."""
    html = table(("a", "b", "c"), [(n, None, True) for n in range(MOST + 5)])
    cells = Cells(html)
    assert cells.texts[:2] == ["a", "c"]
    assert cells.texts[-1] == "and 5 more"
    assert cells.texts.count("yes") == MOST


def test_a_repr_is_a_line(registry: ModelRegistry) -> None:
    """Of whatever a registry returns the repr has at most some hundred characters."""
    with registry:
        best = registry.require(requires_tools=True)
        cost = Workload(1_000, 100, 0.5).cost_of(best)
        known = best.capabilities
    assert repr(cost) == "<Cost $0.0014 on openai/flagship>"
    assert repr(Workload(1, 1).cost_of({})) == "<Cost unknown on these prices>"
    many = known.merge(ModelCapabilities(supports_vision=True, supports_pdf=True, mode="chat"))
    assert repr(many) == f"<ModelCapabilities {len(many.known())} known: {many}>"
    assert max(len(repr(each)) for each in (best, cost, many, known)) < 200
