"""Write the types of ModelQuery and of the keywords of `find_best`, for editors and type checkers.

    python scripts/build_stub.py [--check]

With --check nothing is written; the exit code is 1 if the stub is out of date.
"""

import sys
from pathlib import Path

from modeldex.vocabulary.criteria import TABLE, Criterion
from modeldex.vocabulary.model_query import annotation

STUB = Path(__file__).resolve().parent.parent / "src/modeldex/vocabulary/model_query.pyi"
HEAD = '''"""Written by scripts/build_stub.py from vocabulary/criteria.py; edit that instead."""

from collections.abc import Collection
from typing import Literal, TypedDict, Unpack

from modeldex.vocabulary.criteria import Criterion
from modeldex.vocabulary.values import FrozenModel, ModelWithCapabilities, QualityTier

'''


def keyword(row: Criterion) -> str:
    """Return the type that a keyword accepts: a tier also as a word, a set as any collection."""
    if row.kind == "tier":
        return f"Literal{list(row.choices)} | QualityTier | None"
    return annotation(row).replace("frozenset", "Collection")


def stub() -> str:
    """Return the text of the stub, formatted as `ruff format` does."""
    page = ("    limit: int | None", "    offset: int")
    keywords = [f'    {row.name}: {keyword(row)}\n    """{row.meaning}"""' for row in TABLE]
    attributes = [f"    {row.name}: {annotation(row)}" for row in TABLE]
    return (
        HEAD
        + "\n".join(["class Criteria(TypedDict, total=False):", *keywords, *page])
        + "\n\n"
        + "\n".join(["class ModelQuery(FrozenModel):", *attributes, *page])
        + "\n    def __init__(self, **criteria: Unpack[Criteria]) -> None: ...\n"
        "    def matches(self, model: ModelWithCapabilities) -> bool: ...\n\n"
        "def annotation(row: Criterion) -> str: ...\n"
    ).replace("'", '"')


def main(*arguments: str) -> int:
    """Write the stub, or with --check report whether it is up to date."""
    text = stub()
    if STUB.exists() and STUB.read_text("utf-8") == text:
        return 0
    check = "--check" in arguments
    print(f"{STUB.name} {'is out of date' if check else 'written'}")
    if not check:
        STUB.write_text(text, "utf-8")
    return int(check)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
