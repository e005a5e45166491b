"""Write the types of ModelQuery and of the keywords of `find_best`, for editors and type checkers.

    python scripts/build_stub.py [--check]

With --check nothing is written; the exit code is 1 if the stub is out of date.
"""

import sys

from generated import ROOT, write

from modeldex.vocabulary.criteria import TABLE
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.model_query import annotation

STUB = ROOT / "src/modeldex/vocabulary/model_query.pyi"
HEAD = '''"""Written by scripts/build_stub.py from vocabulary/criteria.py; edit that instead."""

from collections.abc import Collection
from typing import Literal, TypedDict, Unpack

from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.values import FrozenModel, ModelWithCapabilities, QualityTier

'''


def keyword(row: Criterion) -> str:
    """Return the type that a keyword accepts: also 128k, a tier as a word, any collection."""
    if row.kind in ("tokens", "days"):
        return "int | str | None"
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


if __name__ == "__main__":
    sys.exit(write({STUB: stub()}, __doc__))
