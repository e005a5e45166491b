"""A server behind a proxy that speaks TLS, as teams run it."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from command_line import environment, piped, small_catalog
from custom_parts import sql
from modeldex.storage.location import Place
from running_server import TOKEN, Serving
from tls_front import TlsFront, certificate

pytestmark = pytest.mark.sqlite_only("TLS is the same in front of every engine")

MODELS: dict[str, dict[str, object]] = {"acme/alpha": {"max_context": 128_000}}
OWN: dict[str, dict[str, object]] = {"acme/beta": {}}


class Team(NamedTuple):
    """A team's registry as its members see it."""

    url: str
    authority: str


@pytest.fixture
def team(catalog_path: Path, tmp_path: Path) -> Iterator[Team]:
    """A registry with one model and a token, behind TLS."""
    pem = certificate(tmp_path)
    with (
        Serving(small_catalog(catalog_path, MODELS), token=TOKEN) as server,
        TlsFront(server.port, pem) as front,
    ):
        yield Team(front.url, str(pem))


def refreshed(own: Place, team: Team, authority: str | None = None) -> tuple[int, str]:
    """The exit code and stderr of a refresh that reads the team's registry alone."""
    env = environment(
        MODELDEX_DB=str(own), MODELDEX_REGISTRIES=f"team={team.url}",
        MODELDEX_REGISTRY_TOKEN=TOKEN, SSL_CERT_FILE=authority,
    )  # fmt: skip
    done = piped("refresh", "--source", "remote:team", env=env)
    return done.code, done.err


def test_a_registry_is_read_by_tls(team: Team, tmp_path: Path) -> None:
    """With the team's authority in SSL_CERT_FILE its facts arrive."""
    own = small_catalog(tmp_path / "own.db", OWN)
    code, _ = refreshed(own, team, team.authority)
    said = sql(own, "SELECT max_context FROM capabilities WHERE resolver LIKE 'remote:%'")
    assert (code, said) == (0, [(128_000,)])


def test_a_certificate_of_nobody_is_refused(team: Team, tmp_path: Path) -> None:
    """Without it the connection is refused with the reason, and the token is not told."""
    code, err = refreshed(small_catalog(tmp_path / "own.db", OWN), team)
    assert code != 0
    assert "no trusted TLS connection" in err
    assert TOKEN not in err
