"""The AWS and Google Cloud accounts of an environment: variables and files, without a socket.

Which account it is and whether its files can be read; never what a secret of it is.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from modeldex.vocabulary.bounded_file import read_bounded
from modeldex.vocabulary.providers import first_set_variable

REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_LONG_LIVED = "AKIA"
"""How the id of an access key begins that is not made anew every few hours."""

_OF_A_ROLE = (
    "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)  # fmt: skip
_CREDENTIALS = frozenset({
    "aws_access_key_id", "role_arn", "sso_session", "sso_account_id", "credential_process",
    "web_identity_token_file", "credential_source",
})  # fmt: skip
"""Settings of a profile that say how to get credentials."""

_GOOGLE_TYPES = frozenset({
    "service_account", "authorized_user", "external_account", "impersonated_service_account",
    "external_account_authorized_user", "gdch_service_account",
})  # fmt: skip


class Account(NamedTuple):
    """An account of a cloud: the variable or file that names it, and which one it is.

    `identity` tells accounts apart without being a secret; None where that changes every few hours.
    `problem` is why its file cannot be used.
    """

    named_by: str
    identity: str | None = None
    region: str | None = None
    problem: str | None = None


def account_of(provider: str, environ: Mapping[str, str]) -> Account | None:
    """The account through which a provider can be called; None if there is none."""
    find = {"bedrock": aws, "vertex": google}.get(provider)
    return find(environ) if find else None


def accounts(environ: Mapping[str, str]) -> Iterator[tuple[str, Account]]:
    """The provider ids and accounts of an environment."""
    for provider in ("bedrock", "vertex"):
        if (found := account_of(provider, environ)) is not None:
            yield provider, found


def aws(environ: Mapping[str, str]) -> Account | None:
    """The AWS account, found in the order of Amazon's own tools."""
    if id_ := environ.get("AWS_ACCESS_KEY_ID", "").strip():
        if not environ.get("AWS_SECRET_ACCESS_KEY", "").strip():
            return Account("AWS_ACCESS_KEY_ID", problem="AWS_SECRET_ACCESS_KEY is not set")
        identity = id_ if id_.startswith(_LONG_LIVED) else None
        return Account("AWS_ACCESS_KEY_ID", identity, aws_region(environ))
    if variable := first_set_variable(_OF_A_ROLE, environ):
        return Account(variable, environ.get("AWS_ROLE_ARN") or None, aws_region(environ))
    profile = environ.get("AWS_PROFILE", "").strip()
    settings, problem = _profile(environ)
    if settings.keys() & _CREDENTIALS:
        named_by = "AWS_PROFILE" if profile else "~/.aws"
        return Account(named_by, profile or "default", aws_region(environ))
    if problem or profile:
        reason = problem or f"no profile {profile} in the files of AWS has credentials"
        return Account("AWS_PROFILE" if profile else "~/.aws", problem=reason)
    return None


def aws_region(environ: Mapping[str, str]) -> str | None:
    """The region of the environment, else of the profile in use; None if neither names one."""
    variable = first_set_variable(REGIONS, environ)
    if variable is not None:
        return environ[variable].strip()
    return _profile(environ)[0].get("region") or None


def google(environ: Mapping[str, str]) -> Account | None:
    """The Google Cloud account of the application default credentials."""
    named = environ.get("GOOGLE_APPLICATION_CREDENTIALS", "").strip()
    folder = environ.get("CLOUDSDK_CONFIG", "").strip() or _at_home(environ, ".config/gcloud")
    path = named or (folder and os.path.join(folder, "application_default_credentials.json"))  # noqa: PTH118
    if not path or not (named or os.path.isfile(path)):  # noqa: PTH113 - False where it may not look
        return None
    named_by = "GOOGLE_APPLICATION_CREDENTIALS" if named else "~/.config/gcloud"
    region = environ.get("GOOGLE_CLOUD_LOCATION", "").strip() or None
    try:
        stated = json.loads(read_bounded(Path(path)))
    except (OSError, ValueError, RecursionError) as error:
        return Account(named_by, problem=f"its file cannot be read ({type(error).__name__})")
    kind = stated.get("type") if isinstance(stated, dict) else None
    if kind not in _GOOGLE_TYPES:
        return Account(named_by, problem="its file holds no credentials of Google Cloud")
    return Account(named_by, path, region)


def _profile(environ: Mapping[str, str]) -> tuple[Mapping[str, str], str | None]:
    """The settings of the profile in use, of both files, and why a file could not be read."""
    name = environ.get("AWS_PROFILE", "").strip() or "default"
    found: dict[str, str] = {}
    problem = None
    for variable, file in (
        ("AWS_CONFIG_FILE", ".aws/config"), ("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"),
    ):  # fmt: skip
        path = environ.get(variable, "").strip() or _at_home(environ, file)
        if not path or not os.path.exists(path):  # noqa: PTH110
            continue
        from configparser import ConfigParser, Error  # slow to import, and most have no file

        parser = ConfigParser(interpolation=None, strict=False)
        try:
            parser.read_string(read_bounded(Path(path)).decode())
        except (OSError, ValueError, Error) as error:
            problem = f"{file} cannot be read ({type(error).__name__})"
            continue
        for section in (name, f"profile {name}"):
            found |= dict(parser[section]) if parser.has_section(section) else {}
    return found, problem


def _at_home(environ: Mapping[str, str], file: str) -> str | None:
    home = environ.get("HOME") or environ.get("USERPROFILE")
    return os.path.join(home, file) if home else None  # noqa: PTH118
