"""Every exception modeldex raises on purpose.

    ModeldexError
     +-- CatalogError            the file cannot be used; carries path
     |    +-- NotACatalog        another program's file, or no database at all
     |    +-- CatalogDamaged     SQLite calls the file corrupt
     |    +-- CatalogTooNew      made by a newer modeldex; carries found, supported
     |    +-- CatalogLocked      another process holds the write lock; carries waited
     |    +-- CatalogReadOnly    a write was asked of a file or folder we may not write
     |    +-- CatalogFull        no space left on the disk
     +-- ModelNotFound           carries provider, name, near (names that look alike)
     +-- NoIdFor                 carries provider, name, client, reason, advice
     +-- InvalidQuery            carries field, value, reason
     +-- InvalidStatement        SQL that is refused or makes no sense; carries reason
     +-- StatementStopped        SQL that took too much time or memory; carries reason
     +-- InvalidOverrides        carries path, line, reason
     +-- InvalidProviders        carries path, line, reason
     +-- InvalidMeasurements     carries origin, reason, refused (row, field, reason of each)
     +-- NotInstalled            carries package, extra
     +-- SourceFailed            a fetch or its answer; carries source, reason

Exceptions of SQLAlchemy, sqlite3, httpx and yaml never leave the package bare.
"""

from pathlib import Path


class ModeldexError(Exception):
    """The root: catch this to catch everything modeldex raises on purpose."""


class CatalogError(ModeldexError):
    """The catalog cannot be used as asked; `path` names the file, or the URL without password."""

    def __init__(self, path: object, reason: str) -> None:
        self.path = str(path) if "://" in str(path) else Path(str(path))
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class NotACatalog(CatalogError):
    """The file is not a modeldex catalog; it was not touched."""


class CatalogDamaged(CatalogError):
    """SQLite reports the file as corrupt; it was not touched."""


class CatalogTooNew(CatalogError):
    """The catalog was written by a newer modeldex; it was not touched."""

    def __init__(self, path: object, found: int, supported: int, needs: str) -> None:
        self.found = found
        self.supported = supported
        self.needs = needs
        super().__init__(
            path,
            f"the catalog has schema {found}, this modeldex knows up to {supported}; "
            f"it needs modeldex {needs} or newer: pip install --upgrade modeldex",
        )


class CatalogLocked(CatalogError):
    """Another process held the write lock for longer than we wait; `waited` is in seconds."""

    def __init__(self, path: object, waited: float, holder: str | None = None) -> None:
        self.waited = waited
        self.holder = holder
        who = holder or f"run: fuser '{path}' or lsof '{path}' to see which process holds it"
        super().__init__(path, f"locked by another process for {waited:.0f} s; {who}")


class CatalogReadOnly(CatalogError):
    """The file or its folder may not be written; reads still work."""


class CatalogFull(CatalogError):
    """The disk is full; everything committed earlier is still there."""


class ModelNotFound(ModeldexError):
    """No such model; `near` lists `provider/name` texts that look alike, best first."""

    def __init__(self, provider: str | None, name: str, near: tuple[str, ...] = ()) -> None:
        self.provider = provider
        self.name = name
        self.near = near
        asked = f"{provider}/{name}" if provider else name
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"no model {asked} in the catalog{hint}")


class NoIdFor(ModeldexError):
    """There is no string that a client would take for this offer; `advice` says what to do."""

    def __init__(self, provider: str, name: str, client: str, reason: str, advice: str) -> None:
        self.provider = provider
        self.name = name
        self.client = client
        self.reason = reason
        self.advice = advice
        super().__init__(f"no id for {client} of {provider}/{name}: {reason}; {advice}")


class InvalidQuery(ModeldexError):
    """A query asks for something that has no meaning."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        self.field = field
        self.value = value
        self.reason = reason
        super().__init__(f"{field}={value!r}: {reason}")


class InvalidStatement(ModeldexError):
    """A statement that writes, is not one, or makes no sense to SQLite; nothing came of it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class StatementStopped(ModeldexError):
    """A statement took more time or memory than it may."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"stopped: {reason}")


class InvalidOverrides(ModeldexError):
    """The override file cannot be used; `line` counts from 1, None when unknown."""

    def __init__(self, path: str | Path, line: int | None, reason: str) -> None:
        self.path = Path(path)
        self.line = line
        self.reason = reason
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {reason}")


class InvalidProviders(ModeldexError):
    """The user's providers.toml cannot be used; `line` counts from 1, None when unknown."""

    def __init__(self, path: str | Path, line: int | None, reason: str) -> None:
        self.path = Path(path)
        self.line = line
        self.reason = reason
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {reason}")


class InvalidMeasurements(ModeldexError):
    """Samples of which none was kept: no such file, or rows that had to be right throughout.

    `origin` is the file, None where there is none; `refused` lists row, field and reason of
    each row that is wrong, the first thousand of them.
    """

    def __init__(
        self,
        reason: str,
        origin: str | None = None,
        refused: tuple[tuple[int, str, str], ...] = (),
    ) -> None:
        self.origin = origin
        self.reason = reason
        self.refused = refused
        super().__init__(f"{origin}: {reason}" if origin else reason)


class NotInstalled(ModeldexError):
    """A package that modeldex works with but does not bring; `extra` is the one that does."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed; run: pip install 'modeldex[{extra}]'")


class SourceFailed(ModeldexError):
    """A source or resolver could not answer; the reason never holds a key.

    `problem` is the kind of failure, one of the words of `run_steps.problem`; `retry_at` the
    time in UTC before which a server asked not to be asked again.
    """

    problem: str = "answer"
    retry_at: str | None = None

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")
