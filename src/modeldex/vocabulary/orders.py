"""The words that say how answers are sorted and grouped, as types."""

from typing import Literal

Sort = Literal["quality", "cost", "value", "newest", "speed"]
"""What decides first; `modeldex.query.rank` says how."""
Distinct = Literal["provider", "family", "base"]
"""Of what only the best is returned."""
