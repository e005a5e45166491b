"""Which schema and which derived objects this program needs; compared at every opening."""

SCHEMA = 7
"""The schema version, stored in `PRAGMA user_version`; one per migration."""

APPLICATION_ID = 0x6D646578
"""SQLite application id of a modeldex catalog, shown by `file`; ASCII for `mdex`."""

DERIVED = (1, "eb0ad314dff10a19")
"""Version and digest of views, triggers and functions; stored in table `about`.

A change of `schema.derived` changes the digest: enter the one that the test reports, and with a
release the next version.
"""


def derived_text() -> str:
    """The value of key `derived` in table `about` after this program has made its objects."""
    version, digest = DERIVED
    return f"{version} {digest}"


def is_outdated(stored: str) -> bool:
    """Whether views and triggers are to be made again; never those of a newer program."""
    version, _, digest = stored.partition(" ")
    found = int(version) if version.isdecimal() else 0
    return found < DERIVED[0] or (found == DERIVED[0] and digest != DERIVED[1])
