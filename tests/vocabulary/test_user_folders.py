"""Where the user's files are."""

import platformdirs
import pytest

from modeldex.vocabulary.user_folders import user_folder

ENVIRONMENTS = [
    {"HOME": "/home/ada"},
    {"HOME": "/home/ada", "XDG_CONFIG_HOME": "/conf", "XDG_DATA_HOME": "/data"},
    {"HOME": "/home/ada", "XDG_CONFIG_HOME": "conf", "XDG_DATA_HOME": "data"},
    {"HOME": "/home/ada", "XDG_CONFIG_HOME": "", "XDG_DATA_HOME": ""},
    {"HOME": "ada"},
    {"XDG_CONFIG_HOME": "/conf"},
    {},
]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_they_are_where_platformdirs_says(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folders are those of the library, with or without a home and XDG variables."""
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert user_folder("config") == platformdirs.user_config_path("modeldex")
    assert user_folder("data") == platformdirs.user_data_path("modeldex")
