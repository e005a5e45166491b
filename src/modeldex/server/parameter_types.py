"""Types of the parameters, with their bounds and patterns."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from modeldex.vocabulary.fields import MAX_TOKENS
from modeldex.vocabulary.text import MAX_TEXT
from modeldex.vocabulary.workloads import MAX_REQUESTS

MAX_NUMBER = 1_000_000_000
PAGE = 100
MAX_PAGE = 1000
"""Results per page: the default (PAGE) and the maximum (MOST)."""


def _integral(value: object) -> object:
    """Accept 8192.0 for an integer: JSON does not distinguish the two."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


INTEGRAL = BeforeValidator(_integral)
Text = Annotated[
    str, StringConstraints(min_length=1, max_length=MAX_TEXT, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Words = Annotated[tuple[Text, ...], Field(max_length=50)]
Count = Annotated[int, Field(ge=0, le=MAX_NUMBER), INTEGRAL]
Amount = Annotated[float, Field(ge=0, le=MAX_NUMBER, allow_inf_nan=False)]
Span = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}[smhdw]$")]
Moment = Annotated[
    str,
    StringConstraints(
        pattern=r"^([0-9]{1,4}[smhdw]|20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"(T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
        r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?)?)$"
    ),
]
Time = Annotated[
    str,
    StringConstraints(
        pattern=r"^20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
        r"T([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?"
        r"(Z|[+-](0[0-9]|1[0-4]):[0-5][0-9])?$"
    ),
]
Rate = Annotated[float, Field(gt=0, le=1_000_000)]
Cost = Annotated[float, Field(ge=0, le=1_000_000)]
Score = Annotated[float, Field(ge=-MAX_NUMBER, le=MAX_NUMBER)]
Duration = Annotated[float, Field(gt=0, le=10_000_000)]
Factor = Annotated[float, Field(ge=1, le=MAX_NUMBER)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[int, Field(ge=1, le=MAX_NUMBER), INTEGRAL]
Tokens = Annotated[int, Field(ge=0, le=MAX_TOKENS), INTEGRAL]
Requests = Annotated[int, Field(ge=1, le=MAX_REQUESTS), INTEGRAL]
Offset = Annotated[int, Field(ge=0, le=10_000_000), INTEGRAL]
Complaint = Annotated[
    str, StringConstraints(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Few = Annotated[int, Field(ge=1, le=PAGE), INTEGRAL]
PageLimit = Annotated[int, Field(ge=1, le=MAX_PAGE), INTEGRAL]
LongPageLimit = Annotated[int, Field(ge=1, le=10 * MAX_PAGE), INTEGRAL]
WholeDocument = Annotated[int, Field(ge=1, le=50 * MAX_PAGE), INTEGRAL]
