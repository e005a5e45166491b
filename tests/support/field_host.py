"""A host that answers as a case of the field says."""

from typing import Any

from misbehaving_host import Reply, StandIn, ok


class Field(StandIn):
    """A host that answers as a case says; `*` is every other path."""

    def answer(self, seen: Any) -> Reply:
        """The payload with a 200, or with the status beside it."""
        other = self.routes.get("*", {"status": 404, "json": {}})
        found: Any = self.routes.get(seen.path.partition("?")[0], other)
        status, _, text = ok(found["json"] if "status" in found else found)
        return found.get("status", status), {}, text
