"""Check with the real client libraries that they accept the strings of `id_for`.

    python scripts/check_clients.py [CLIENT ...] [--keep DIR]

Each client is installed from PyPI into its own virtual environment: that takes minutes and
hundreds of megabytes, so it is not part of the test suite. No model is called: each client only
parses the string. With --keep the environments are kept and reused.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import venv
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from modeldex import ModelQuery, ModelRegistry
from modeldex.errors import NoIdFor
from modeldex.vocabulary.client_ids import CLIENTS, id_for
from modeldex.vocabulary.providers import canonical, providers

EVERYTHING = ModelQuery(mode="any", price_basis="any", include_deprecated=True, available=False)
A_KEY = "placeholder"

READ = "import json, sys, os\nentries = json.load(sys.stdin)\nbad, notes = [], {}\n"
SAY = "\nprint(json.dumps({'bad': bad, 'notes': notes}))"

# Each program reads [id, provider, name] and collects the ids that the client does not resolve
# to that provider and name.

LITELLM = """
import litellm
from litellm.llms.openai_like.json_loader import JSONProviderRegistry
skipped = ("github_copilot",)  # starts a login
for each, provider, name in entries:
    prefix = each.split("/")[0]
    if prefix in skipped:
        continue
    try:
        model, host, *_ = litellm.get_llm_provider(model=each)
    except Exception as error:
        bad.append([each, str(error)[:200]])
        continue
    if model != name or host.split("_chat")[0] != prefix.split("_chat")[0]:
        bad.append([each, f"read as {host}: {model}"])
notes["in its own price list under this string"] = sum(e[0] in litellm.model_cost for e in entries)
notes["hosts"] = sorted({str(getattr(p, "value", p)) for p in litellm.provider_list}
                        | set(JSONProviderRegistry.list_providers()))
"""

PYDANTIC_AI = """
import inspect, re
from pydantic_ai.models import infer_model, known_model_names
from pydantic_ai.providers import infer_provider_class
for each, provider, name in entries:
    try:
        model = infer_model(each)
    except Exception as error:
        bad.append([each, f"{type(error).__name__}: {error}"[:200]])
        continue
    if model.model_name != name:
        bad.append([each, f"read as {model.model_name}"])
cases = re.findall(r"case (.+):", inspect.getsource(infer_provider_class))
notes["hosts"] = [host for case in cases for host in re.findall(r"'([^']+)'", case)]
notes["known"] = [n for n in known_model_names() if not n.startswith("gateway/")]
"""

LANGCHAIN = """
import re
from pathlib import Path
import langchain.chat_models.base as base
from langchain.chat_models import init_chat_model
for each, provider, name in entries:
    try:
        init_chat_model(each)
    except ImportError:
        pass  # it knows the provider and names the package for it
    except Exception as error:
        bad.append([each, f"{type(error).__name__}: {error}"[:200]])
text = Path(base.__file__).read_text()
listed = re.search(r"_BUILTIN_PROVIDERS.*?= \\{(.*?)^\\}", text, re.S | re.M)
notes["hosts"] = re.findall(r'^    "(\\w+)": \\(', listed[1], re.M)
"""

LLM = """
import llm
for each, provider, name in entries:
    try:
        llm.get_model(each)
    except Exception as error:
        bad.append([each, f"{type(error).__name__}: {error}"[:200]])
"""

CHUK_LLM = """
import re
from importlib.metadata import distribution
text = distribution("chuk-llm").locate_file("chuk_llm/chuk_llm.yaml").read_text()
notes["hosts"] = re.findall(r"^([a-z_]+):$", text, re.M)
for each, provider, name in entries:
    if each.split("/")[0] not in notes["hosts"]:
        bad.append([each, "not in chuk_llm.yaml"])
"""


class Check(NamedTuple):
    """What to install, the program to run, and the models to check per provider."""

    packages: tuple[str, ...]
    program: str
    each: int | None = None
    only: tuple[str, ...] = ()


SDKS = "openai,anthropic,google,groq,mistral,cohere,bedrock,huggingface,xai"
CHECKS = {
    "litellm": Check(("litellm",), LITELLM),
    "pydantic_ai": Check((f"pydantic-ai-slim[{SDKS}]",), PYDANTIC_AI, each=3),
    "langchain": Check(("langchain",), LANGCHAIN),
    "llm": Check(
        ("llm", "llm-gemini", "llm-anthropic"), LLM, only=("openai", "gemini", "anthropic")
    ),
    "chuk_llm": Check(("--no-deps", "chuk-llm"), CHUK_LLM),
}
Entries = list[tuple[str, str, str]]


async def offers() -> list[tuple[str, str, str | None]]:
    """Return every offer of the shipped data as (provider, name, mode)."""
    with tempfile.TemporaryDirectory() as folder:
        async with ModelRegistry(db=Path(folder) / "catalog.db", environ={}) as registry:
            await registry.load_shipped()
            models = await registry.query(EVERYTHING)
    return [(m.spec.provider, m.spec.name, m.capabilities.mode) for m in models]


def ids(client: str, known: Iterable[tuple[str, str, str | None]]) -> Entries:
    """Return the id of each offer that has one, and one per provider without offers."""
    given: Entries = []
    for provider, name, mode in known:
        try:
            given.append((id_for(provider, name, client, mode), provider, name))
        except NoIdFor:
            continue
    met = {provider for _, provider, _ in given}
    for host in providers().values():
        if host.id not in met and isinstance(prefix := host.clients.get(client), str):
            given.append((f"{prefix}some-model", host.id, "some-model"))
    return given


def first_of_each(given: Entries, number: int | None, only: tuple[str, ...]) -> Entries:
    """Return at most `number` entries per provider (None: all), of `only` these providers."""
    seen: Counter[str] = Counter()
    chosen = []
    for each in given:
        seen[each[1]] += 1
        if (number is None or seen[each[1]] <= number) and (not only or each[1] in only):
            chosen.append(each)
    return chosen


def environment() -> dict[str, str]:
    """Return an environment without the user's keys, with placeholders for all key variables."""
    wanted = {key: A_KEY for host in providers().values() for key in host.keys}
    del wanted["GOOGLE_API_KEY"]  # one of its two is enough
    more = {
        "AWS_DEFAULT_REGION": "us-east-1", "AZURE_OPENAI_ENDPOINT": "https://example.org",
        "OPENAI_API_VERSION": "2024-10-21", "OLLAMA_BASE_URL": "http://localhost:11434/v1",
        "VLLM_BASE_URL": "http://localhost:8000/v1", "MOONSHOTAI_API_KEY": A_KEY,
        "GITHUB_COPILOT_API_KEY": A_KEY, "GOOGLE_CLOUD_PROJECT": "project",
        "VERCEL_AI_GATEWAY_API_KEY": A_KEY, "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }  # fmt: skip
    inherited = {key: os.environ[key] for key in ("PATH", "HOME", "TMPDIR") if key in os.environ}
    pip = {key: value for key, value in os.environ.items() if key.startswith(("PIP_", "SSL_"))}
    return {**inherited, **pip, **wanted, **more}


def installed(folder: Path, packages: tuple[str, ...]) -> tuple[str, str]:
    """Install packages into an environment; return its Python and their versions."""
    python = str(folder / "bin" / "python")
    pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    if not folder.exists():
        venv.create(folder, with_pip=True)
        subprocess.run([*pip, "install", *packages], check=True)
    names = [name.partition("[")[0] for name in packages if not name.startswith("-")]
    code = f"from importlib.metadata import version\nfor n in {names}: print(n, version(n))"
    done = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
    return python, ", ".join(done.stdout.splitlines())


def run(client: str, folder: Path, known: list[tuple[str, str, str | None]]) -> bool:
    """Check one client and print the result; return whether it accepts all strings."""
    check = CHECKS[client]
    python, versions = installed(folder / client, check.packages)
    entries = first_of_each(ids(client, known), check.each, check.only)
    done = subprocess.run(
        [python, "-c", READ + check.program + SAY], input=json.dumps(entries), text=True,
        stdout=subprocess.PIPE, check=True, env=environment() | {"LLM_USER_PATH": str(folder)},
    )  # fmt: skip
    result = json.loads(done.stdout.splitlines()[-1])
    hosts = {provider for _, provider, _ in entries}
    print(
        f"{client} ({versions}): {len(entries)} strings of {len(hosts)} providers checked, ", end=""
    )
    print(f"{len(result['bad'])} rejected")
    for line in result["bad"]:
        print("  BAD", *line)
    tell(client, result["notes"], hosts)
    return not result["bad"]


def tell(client: str, notes: dict[str, object], hosts: set[str]) -> None:
    """Print providers that both know but that have no string, and the client's notes."""
    client_hosts = notes.pop("hosts", [])
    shared = {canonical(str(name)) for name in client_hosts if canonical(str(name)) in providers()}
    if shared - hosts:
        print("  known to both, without a string:", ", ".join(sorted(shared - hosts)))
    known = notes.pop("known", [])
    if known:
        compare(client, [str(name) for name in known])
    for name, value in notes.items():
        print(f"  {name}: {value}")


def compare(client: str, known: list[str]) -> None:
    """Compare `id_for` with the model names that the client itself lists."""
    ours = defaultdict(list)
    for host in providers().values():
        column = host.clients.get(client, {})
        for prefix in {column} if isinstance(column, str) else set(column.values()):
            ours[prefix].append(host.id)
    met, differing = 0, []
    for text in known:
        prefix, colon, name = text.partition(":")
        for host_id in ours.get(prefix + colon, ()):
            met += 1
            if (given := id_for(host_id, name, client)) not in known:
                differing.append(f"{text} (we say {given})")
    print(f"  its own list of names: {met} of our providers, differing: {differing or 'none'}")


def main() -> None:
    """Check the given clients, default all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", metavar="CLIENT", help=f"{', '.join(CHECKS)}")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="where the environments stay")
    given = parser.parse_args()
    if unknown := set(given.clients) - set(CHECKS):
        parser.error(f"no check for {', '.join(sorted(unknown))} among {', '.join(CLIENTS)}")
    known = asyncio.run(offers())
    with tempfile.TemporaryDirectory() as throw_away:
        folder = given.keep or Path(throw_away)
        folder.mkdir(parents=True, exist_ok=True)
        taken = [run(client, folder, known) for client in given.clients or CHECKS]
    sys.exit(not all(taken))


if __name__ == "__main__":
    main()
