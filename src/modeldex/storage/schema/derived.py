"""Views and triggers of a SQLite catalog, which are made from code and not by migrations."""

from modeldex.storage.schema.triggers import TRIGGERS
from modeldex.storage.schema.views import VIEWS

DERIVED_OBJECTS: dict[str, str] = {**VIEWS, **TRIGGERS}
"""DDL by name, in the order in which it is run."""
