"""Write the types of ModelQuery, of the keywords of `find_best` and of the fields of capabilities.

Editors and type checkers read these files, with the meaning of each criterion and field.

    python scripts/build_stub.py [--check]

With --check nothing is written; the exit code is 1 if the stub is out of date.
"""

import sys

from generated import ROOT, write

from modeldex.vocabulary import capability_fields
from modeldex.vocabulary.criteria import TABLE
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.fields import FIELDS
from modeldex.vocabulary.model_query import ModelQuery, annotation

STUB = ROOT / "src/modeldex/vocabulary/model_query.pyi"
HEAD = '''"""Written by scripts/build_stub.py from vocabulary/criteria.py; edit that instead."""

from collections.abc import Collection
from typing import Literal, TypedDict, Unpack

from modeldex.vocabulary.capability_fields import QualityTier
from modeldex.vocabulary.criterion import Criterion
from modeldex.vocabulary.frozen_model import FrozenModel
from modeldex.vocabulary.values import ModelWithCapabilities

'''
FIELDS_STUB = ROOT / "src/modeldex/vocabulary/capability_fields.pyi"
FIELDS_HEAD = '''"""Written by scripts/build_stub.py from vocabulary/fields.py."""

from enum import StrEnum
from typing import Literal, TypeAlias

from modeldex.vocabulary.fields import Field
from modeldex.vocabulary.frozen_model import FrozenModel

Words: TypeAlias = frozenset[str]

class QualityTier(StrEnum):
    BEST = "best"
    BALANCED = "balanced"
    CHEAP = "cheap"
    UNKNOWN = "unknown"

class CapabilityFields(FrozenModel):
'''
FIELDS_TAIL = """
def annotation(row: Field) -> str: ...
def description(row: Field) -> str: ...
"""


def keyword(row: Criterion) -> str:
    """Return the type that a keyword accepts: also 128k, a tier as a word, any collection."""
    if row.kind in ("tokens", "days"):
        return "int | str | None"
    if row.kind == "tier":
        return quoted(f"Literal{list(row.choices)} | QualityTier | None")
    return quoted(annotation(row)).replace("frozenset", "Collection")


def quoted(kind: str) -> str:
    """Return the source text of a type with double quotes, as `ruff format` writes it."""
    return kind.replace("'", '"')


def stub() -> str:
    """Return the text of the stub, formatted as `ruff format` does."""
    page = [
        f'    {name}: {kind}\n    """{ModelQuery.model_fields[name].description}"""'
        for name, kind in (("limit", "int | None"), ("offset", "int"))
    ]
    keywords = [f'    {row.name}: {keyword(row)}\n    """{row.meaning}"""' for row in TABLE]
    attributes = [f"    {row.name}: {quoted(annotation(row))}" for row in TABLE]
    return (
        HEAD
        + "\n".join(["class Criteria(TypedDict, total=False):", *keywords, *page])
        + "\n\n"
        + "\n".join(["class ModelQuery(FrozenModel):", *attributes, *page])
        + "\n    def __init__(self, **criteria: Unpack[Criteria]) -> None: ...\n"
        "    def matches(self, model: ModelWithCapabilities) -> bool: ...\n\n"
        "def annotation(row: Criterion) -> str: ...\n"
    )


def fields_stub() -> str:
    """Return the text of the stub with the fields of capabilities and their meanings."""
    lines = [
        f"    {row.name}: {quoted(capability_fields.annotation(row))} = ...\n"
        f'    """{capability_fields.description(row)}"""\n'
        for row in FIELDS
    ]
    return FIELDS_HEAD + "".join(lines) + FIELDS_TAIL


if __name__ == "__main__":
    sys.exit(write({STUB: stub(), FIELDS_STUB: fields_stub()}, __doc__))
