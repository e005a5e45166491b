"""The reviewed base models and their facts."""

import re
import subprocess
import sys

from checkout import ROOT
from modeldex.upstream.snapshots import NAMES, load
from modeldex.vocabulary.base_names import identify
from modeldex.vocabulary.bases import Base, bases
from modeldex.vocabulary.model_lines import words

DAY = re.compile(r"20[012]\d-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?")

LABS = {
    "alibaba", "amazon", "anthropic", "cohere", "deepseek", "google", "meta", "minimax", "mistral",
    "moonshotai", "nvidia", "openai", "perplexity", "stepfun", "xai", "xiaomi", "zhipuai",
}  # fmt: skip
EXCEPTED = [
    "openai/gpt-5.1-mini", "openai/gpt-5.3", "perplexity/sonar-chat", "perplexity/sonar-small",
    "perplexity/sonar-small-chat", "xai/grok-4.20-gv2",
]  # fmt: skip


def test_the_table_is_what_the_shipped_data_and_the_facts_by_hand_make() -> None:
    """scripts/build_bases.py would write the same file."""
    command = [sys.executable, "scripts/build_bases.py", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_bases_are_sorted_and_have_a_maker_and_a_line() -> None:
    """The table is in order of its ids; maker and line are known of each."""
    found = bases()
    assert list(found) == sorted(found)
    assert [b.id for b in found.values() if b.id != f"{b.maker}/{b.id.split('/')[1]}"] == []
    assert [b.id for b in found.values() if not b.line or not b.display_name] == []


def test_days_are_days() -> None:
    """Release and cutoff are ISO months or days, none after the review."""
    days = [day for b in bases().values() for day in (b.released, b.cutoff) if day]
    assert len(days) > 400
    assert [day for day in days if not DAY.fullmatch(day) or day > "2026-11-30"] == []


def test_weights_on_hugging_face_are_open() -> None:
    """An id there, or a licence of weights, says that they can be downloaded."""
    stated = [b for b in bases().values() if b.hugging_face or b.licence]
    assert len(stated) > 100
    assert [b.id for b in stated if b.open_weights is not True] == []


def test_an_id_on_hugging_face_spells_its_base() -> None:
    """The id that the weights have there is read as the same base."""
    named = [(b.id, b.hugging_face) for b in bases().values() if b.hugging_face]
    read = [(base, identify("huggingface", name)) for base, name in named]
    assert [base for base, found in read if found is None or found.base != base] == []


def test_what_a_lab_offers_is_reviewed() -> None:
    """The table holds every base that a lab's own rows spell, but for those excepted by hand."""
    offers = {(str(r["provider"]), str(r["name"])) for n in NAMES for r in load(n).rows}
    spelled = {offer: found.base for offer in offers if (found := identify(*offer))}
    own = {b for (p, _), b in spelled.items() if words().makers.get(p) == b.partition("/")[0]}
    assert {base.partition("/")[0] for base in own} >= LABS
    assert sorted(own - bases().keys()) == EXCEPTED


def test_known_facts_are_in_the_table() -> None:
    """One base with all its facts, and one distilled from another's outputs."""
    assert bases()["deepseek/deepseek-v3.1"] == Base(
        id="deepseek/deepseek-v3.1", maker="deepseek", line="deepseek", version="3.1",
        display_name="DeepSeek-V3.1", released="2025-08-21", licence="mit", open_weights=True,
        hugging_face="deepseek-ai/DeepSeek-V3.1",
    )  # fmt: skip
    assert bases()["deepseek/deepseek-r1-distill-qwen-32b"].parent == "alibaba/qwen2.5-32b"
    sonnet = bases()["anthropic/claude-sonnet-4.5"]
    assert (sonnet.line, sonnet.released, sonnet.open_weights) == (
        "claude-sonnet", "2025-09-29", False,
    )  # fmt: skip


def test_every_maker_has_one_id() -> None:
    """No spelling of one maker is the id of another."""
    makers = words().makers
    assert {makers[maker] for maker in set(makers.values())} == set(makers.values())
