"""The class of each provider: what kind of service it is."""

import subprocess
import sys
import tomllib
from datetime import date
from pathlib import Path

import pytest

from modeldex import vocabulary
from modeldex.upstream.snapshots import NAMES, load
from modeldex.vocabulary.provider_classes import CLASSES, classes, reviewed
from modeldex.vocabulary.providers import canonical, provider_class, providers

UNDECIDED = {
    "abliteration_ai", "aiand", "ambient", "coralbricks", "crof", "darkbloom", "dinference",
    "empiriolabs", "eu_jev", "iflowcn", "inceptron", "lilac", "lucidquery", "neuralwatt",
    "openinfer", "parallel_ai", "pinstripes", "prism", "refuseless", "sail", "scaledown",
    "strands_decider", "submodel", "wally",
}  # fmt: skip


def test_every_provider_of_the_shipped_data_has_a_class() -> None:
    """Whoever offers a model in a data set, or has a row, was classed."""
    offering = {str(row["provider"]) for name in NAMES for row in load(name).rows}
    assert len(offering) > 190
    assert (offering | providers().keys()) - classes().keys() == set()


def test_few_are_unclassed() -> None:
    """Only these, of which too little is known."""
    assert {key for key, word in classes().items() if word == "unclassed"} == UNDECIDED


def test_each_id_is_written_once_in_one_of_the_classes() -> None:
    """The file has the classes in their order, and in them each canonical id once, sorted."""
    path = Path(vocabulary.__path__[0], "provider_classes.toml")
    written = tomllib.loads(path.read_text("utf-8"))
    assert written.pop("reviewed") == date.fromisoformat(reviewed())
    makers = written.pop("makers")
    assert tuple(written) == CLASSES
    assert [ids for ids in written.values() if ids != sorted(ids)] == []
    assert sum(map(len, written.values())) == len(classes())
    assert [key for key in classes() if canonical(key) != key] == []
    assert {key for own in makers.values() for key in own} - classes().keys() == set()


def test_servers_of_ones_own_are_local() -> None:
    """Of the shipped rows those marked as local have the class of that name, and no others."""
    rows = providers().values()
    assert {p.id for p in rows if p.local} == {
        p.id for p in rows if provider_class(p.id) == "local"
    }


CLASSED: list[tuple[str, str]] = [
    ("openai", "lab"),
    ("text-completion-openai", "lab"),
    ("google", "lab"),
    ("vertex_ai-anthropic_models", "cloud"),
    ("Azure", "cloud"),
    ("groq", "host"),
    ("openrouter", "gateway"),
    ("aihubmix", "reseller"),
    ("302ai", "reseller"),
    ("lm_studio", "local"),
    ("zai-coding-plan", "plan"),
    ("alibaba_token_plan", "plan"),
    ("github-copilot", "plan"),
    ("pinstripes", "unclassed"),
    ("never-heard-of", "unclassed"),
]


@pytest.mark.parametrize(("name", "word"), CLASSED)
def test_an_alias_has_the_class_of_its_provider(name: str, word: str) -> None:
    """Any spelling leads to the class; an unknown provider is unclassed."""
    assert provider_class(name) == word


def test_who_does_not_ask_reads_no_classes() -> None:
    """The providers alone load neither the classes nor the reader of TOML."""
    code = (
        "import sys; from modeldex.vocabulary.providers import keyed; keyed({}); "
        "print({'tomllib', 'modeldex.vocabulary.provider_classes'} & sys.modules.keys() or 'light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "light"
