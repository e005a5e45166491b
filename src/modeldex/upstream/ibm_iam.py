"""Exchanges the API key of an IBM Cloud account for a bearer token."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from modeldex.errors import SourceFailed
from modeldex.http.client import fetch_json

if TYPE_CHECKING:
    from modeldex.http.client import Client

_URL = "https://iam.cloud.ibm.com/identity/token"


async def token(
    source: str, key: str, environ: Mapping[str, str], client: "Client", seconds: float
) -> str:
    """The token, which IBM issues for one hour; the address may be set in MODELDEX_IBM_IAM_URL.

    Raises SourceFailed.
    """
    answer = await fetch_json(
        environ.get("MODELDEX_IBM_IAM_URL", "").strip() or _URL,
        source=source, method="POST", client=client, deadline=seconds,
        form={"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": key},
    )  # fmt: skip
    found = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(found, str):
        raise SourceFailed(source, "the token exchange returned no token")
    return found
