"""Which schema and which derived objects this program needs; compared at every opening."""

SCHEMA = 7
"""The schema version, stored in `PRAGMA user_version`; one per migration."""

APPLICATION_ID = 0x6D646578
"""SQLite application id of a modeldex catalog, shown by `file`; ASCII for `mdex`."""

DERIVED = (1, "cab33533bf9da8d6")
"""Version and digest of views, triggers and functions; stored in table `about`.

A change of `schema.derived` changes the digest: enter the one that the test reports, and with a
release the next version.
"""


LOADED_AFTER = "derived_after_run"
"""In table `about`: the newest run when the derived objects and shipped rows were made."""


CHANGES_ON = "changes_on"
"""In table `about`: the day on which something else follows, as the price of an offer changes."""


def marked() -> tuple[str, ...]:
    """SQL that says in table `about` that this program has made its objects, and after which run.

    What follows from the shipped rows for each offer is stated by a later run.
    """
    version, digest = DERIVED
    newest = "SELECT CAST(coalesce(max(id), 0) AS TEXT) FROM runs"
    return (
        f"DELETE FROM about WHERE key IN ('derived', '{LOADED_AFTER}')",
        f"INSERT INTO about (key, value) VALUES ('derived', '{version} {digest}')",
        f"INSERT INTO about (key, value) SELECT '{LOADED_AFTER}', ({newest})",
    )


def is_outdated(stored: str) -> bool:
    """Whether views and triggers are to be made again; never those of a newer program."""
    version, _, digest = stored.partition(" ")
    found = int(version) if version.isdecimal() else 0
    return found < DERIVED[0] or (found == DERIVED[0] and digest != DERIVED[1])
