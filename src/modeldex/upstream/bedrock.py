"""Lists the models of Amazon Bedrock by boto3, for an AWS account without a Bedrock API key.

boto3 comes with the extra `modeldex[bedrock]` and is imported on first use.
"""

import asyncio
import logging
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from modeldex.http.failures import NotConfigured, NotPermitted, Unreachable
from modeldex.vocabulary.providers import first_set_variable

_REGION = ("AWS_REGION", "AWS_DEFAULT_REGION")
_ACCOUNT = ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE")
_SECRETS = {
    "aws_access_key_id": "AWS_ACCESS_KEY_ID",
    "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY",
    "aws_session_token": "AWS_SESSION_TOKEN",
}


def is_configured(environ: Mapping[str, str]) -> bool:
    """Whether the environment names an AWS account and a region, and boto3 is installed."""
    named = first_set_variable(_ACCOUNT, environ) and first_set_variable(_REGION, environ)
    return bool(named) and find_spec("boto3") is not None


async def lists(
    provider: str, environ: Mapping[str, str], endpoint: str | None, seconds: float
) -> dict[str, object]:
    """Fetch models and inference profiles as one payload, for `formats.bedrock`.

    `seconds` is the read timeout per page. Raises NotConfigured if boto3 or the region is missing,
    NotPermitted if AWS rejects the request, Unreachable if there is no response.
    """
    region = first_set_variable(_REGION, environ)
    if region is None:
        raise NotConfigured(provider, f"no region: set {' or '.join(_REGION)}")
    try:
        boto3, config, errors = map(
            import_module, ("boto3", "botocore.config", "botocore.exceptions")
        )
    except ImportError:
        reason = "set AWS_BEARER_TOKEN_BEDROCK, or install modeldex[bedrock]"
        raise NotConfigured(provider, reason) from None
    # At DEBUG botocore logs signed requests, whose headers hold credentials.
    for name in ("boto3", "botocore", "urllib3"):
        logging.getLogger(name).setLevel(logging.WARNING)
    settings = config.Config(
        connect_timeout=5, read_timeout=seconds, retries={"total_max_attempts": 3}
    )
    try:
        return await asyncio.to_thread(
            _lists, boto3.Session(region_name=environ[region].strip(), **_account(environ)),
            endpoint, settings,
        )  # fmt: skip
    except errors.ClientError as error:
        code = error.response.get("Error", {}).get("Code", "no reason given")
        reason = f"this AWS account is not allowed to list the models ({code})"
        raise NotPermitted(provider, reason) from None
    except errors.BotoCoreError as error:
        raise Unreachable(provider, f"boto3 got no response ({type(error).__name__})") from None


def _lists(session: Any, endpoint: str | None, settings: object) -> dict[str, object]:
    client = session.client("bedrock", endpoint_url=endpoint, config=settings)
    profiles = client.get_paginator("list_inference_profiles")
    return {
        "modelSummaries": client.list_foundation_models()["modelSummaries"],
        "inferenceProfileSummaries": [
            profile
            for kind in ("SYSTEM_DEFINED", "APPLICATION")
            for page in profiles.paginate(typeEquals=kind)
            for profile in page["inferenceProfileSummaries"]
        ],
    }


def _account(environ: Mapping[str, str]) -> dict[str, str]:
    secrets = {name: environ[key] for name, key in _SECRETS.items() if environ.get(key)}
    if "aws_access_key_id" in secrets:
        return secrets
    return {"profile_name": environ["AWS_PROFILE"]} if environ.get("AWS_PROFILE") else {}
