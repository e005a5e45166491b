"""examples/complete_workflow.py: pick a model, then ask it."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from checkout import ROOT
from command_line import CommandResult, environment
from fork_process import HANG
from misbehaving_host import Seen, StandIn, ok

EXAMPLE = ROOT / "examples" / "complete_workflow.py"
CHUK_LLM_PYTHON = os.environ.get("CHUK_LLM_PYTHON") or (
    sys.executable if find_spec("chuk_llm") else None
)
WITHOUT = (
    "import runpy, sys; sys.modules['chuk_llm'] = None; "
    "runpy.run_path(sys.argv[1], run_name='__main__')"
)
CONFIGURATION = """
openai:
  client_class: "chuk_llm.llm.providers.openai_client:OpenAILLMClient"
  api_key_env: "OPENAI_API_KEY"
  api_base: "{url}/v1"
  default_model: "gpt-4o-mini"
  models: ["*"]
"""
ANSWER = {
    "id": "1", "object": "chat.completion", "created": 1, "model": "any",
    "choices": [
        {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Paris."}}
    ],
    "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11},
}  # fmt: skip


def run(command: list[str], folder: Path, **variables: str) -> CommandResult:
    """Run it as a reader would, in a folder of its own."""
    done = subprocess.run(
        [*command, str(EXAMPLE)], cwd=folder, env=environment(**variables), capture_output=True,
        text=True, check=False, timeout=HANG,
    )  # fmt: skip
    return CommandResult(done.returncode, done.stdout, done.stderr)


def test_without_chuk_llm_it_picks_and_says_what_is_missing(
    shipped_catalog: Path, tmp_path: Path
) -> None:
    """The model with its context and its price on stdout, then one line with the command."""
    done = run(
        [sys.executable, "-W", "error", "-c", WITHOUT], tmp_path,
        MODELDEX_DB=str(shipped_catalog), OPENAI_API_KEY="placeholder",
    )  # fmt: skip
    selected, context, cost = done.out.splitlines()
    assert selected.startswith("Selected: openai:")
    assert (context.endswith(" tokens"), cost.startswith("  Cost: $")) == (True, True)
    assert (done.code, done.err) == (
        1, "Error: chuk-llm is not installed; run: pip install 'modeldex[ask]'\n",
    )  # fmt: skip


def test_without_a_key_there_is_nothing_to_ask(shipped_catalog: Path, tmp_path: Path) -> None:
    """Nothing can be called, so nothing is selected."""
    done = run([sys.executable, "-W", "error"], tmp_path, MODELDEX_DB=str(shipped_catalog))
    assert done == (0, "No suitable model found\n", "")


@pytest.mark.nightly
@pytest.mark.skipif(
    CHUK_LLM_PYTHON is None,
    reason="chuk-llm is not installed; CHUK_LLM_PYTHON may name a Python that has modeldex[ask]",
)
def test_with_chuk_llm_the_model_answers(shipped_catalog: Path, tmp_path: Path) -> None:
    """The real package asks an OpenAI-compatible server for the model that was selected."""
    seen: list[Seen] = []

    def answer(request: Seen) -> tuple[int, dict[str, str], bytes]:
        seen.append(request)
        return ok(ANSWER)  # type: ignore[return-value]

    with StandIn({"/v1/chat/completions": answer}) as server:
        (tmp_path / "chuk_llm.yaml").write_text(CONFIGURATION.format(url=server.url))
        done = run(
            [str(CHUK_LLM_PYTHON)], tmp_path, MODELDEX_DB=str(shipped_catalog),
            OPENAI_API_KEY="placeholder", CHUK_LLM_DISCOVERY_ENABLED="false",
        )  # fmt: skip
    first, *_, last = done.out.splitlines()
    (request,) = seen
    body = request.json
    assert (done.code, last) == (0, "Response: Paris.")
    assert isinstance(body, dict)
    assert first == f"Selected: openai:{body['model']}"
    assert "What is the capital of France?" in str(body["messages"])
    assert request.headers["authorization"] == "Bearer placeholder"
