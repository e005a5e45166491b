"""Error responses, all of one JSON shape: `{"error": {"code", "message", "detail"}}`.

`code` is stable across versions, `message` is one sentence for people, `detail` is the error's
data, if any. 4xx: the request must change; 5xx: a failure of the server or its catalog.
"""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field
from pydantic_core import to_json

from modeldex import errors
from modeldex.server.json_types import ResponseModel
from modeldex.server.parameters import InvalidParameter
from modeldex.storage.location import Place

_DETAILS = ("field", "value", "reason", "provider", "name", "near", "refused")
_RETRY_LATER = {"retry-after": "5"}

_STATUS: Mapping[type[errors.ModeldexError], int] = {
    InvalidParameter: 400,
    errors.ModelNotFound: 404,
    errors.InvalidQuery: 409,
    errors.InvalidMeasurements: 409,
    errors.CatalogError: 503,
    errors.StatementStopped: 503,
}
"""HTTP status by exception class; the first matching class counts, so subclasses come first."""


class ErrorDetail(ResponseModel):
    """An error."""

    code: str = Field(description="stable identifier, for programs")
    message: str = Field(description="one sentence, for people")
    detail: dict[str, Any] | None = Field(
        default=None, description="data of the error, by its code"
    )


class Error(ResponseModel):
    """Body of every response with status 400 or above."""

    error: ErrorDetail


class Fault(Exception):
    """An error response; `headers` are sent with it."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        detail: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.detail = detail
        self.headers = dict(headers or {})

    @property
    def body(self) -> bytes:
        """The response body, JSON."""
        more = {"detail": self.detail} if self.detail else {}
        error = {"code": self.code, "message": self.message, **more}
        return to_json({"error": error}, inf_nan_mode="null")


def fault(error: errors.ModeldexError, place: Place) -> Fault:
    """Convert an error of the library; the catalog's path or URL is not disclosed."""
    status = next((s for kind, s in _STATUS.items() if isinstance(error, kind)), 500)
    name = re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()
    text = error.reason if isinstance(error, errors.CatalogError) else str(error)
    message = text.replace(str(place), "the catalog")
    detail = {key: _plain(value) for key, value in vars(error).items() if key in _DETAILS}
    if isinstance(error, errors.CatalogError):
        detail = {}
    return Fault(status, name, message, detail, _RETRY_LATER if status == 503 else None)  # noqa: PLR2004


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        named = getattr(value, "_asdict", None)
        return named() if named else [_plain(each) for each in value]
    plain = value is None or isinstance(value, bool | int | float | str)
    return value if plain else str(value)
