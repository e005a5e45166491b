"""Every exception modeldex raises on purpose.

    ModeldexError
     +-- CatalogError            the catalog cannot be used: path, reason
     |    +-- NotACatalog        another program's database, or not a database
     |    +-- CatalogDamaged     SQLite reports corruption
     |    +-- CatalogTooNew      written by a newer modeldex: found, supported, needs
     |    +-- CatalogLocked      another process holds the write lock: waited, holder
     |    +-- CatalogReadOnly    no permission to write the file or its folder
     |    +-- CatalogFull        no space left on the disk
     +-- ModelNotFound           provider, name, near (similar names)
     |    +-- AmbiguousName      a bare name that fits several base models: candidates
     +-- NoMatch                 explanation, criterion (the one to relax), nearest (an id)
     +-- NoIdFor                 provider, name, client, reason, advice
     +-- InvalidQuery            field, value, reason
     +-- InvalidStatement        SQL that is refused or invalid: reason
     +-- StatementStopped        SQL that exceeded its time or memory: reason
     +-- InvalidOverrides        path, line, reason
     +-- InvalidProviders        path, line, reason
     +-- InvalidMeasurements     origin, reason, refused (row, field, reason of each)
     +-- NotInstalled            package, extra
     +-- NoHome                  `~` or a folder of the user without HOME and passwd entry
     +-- SourceFailed            a failed request or an invalid response: source, reason

The attributes follow the colon. Exceptions of SQLAlchemy, sqlite3, httpx and yaml are
translated to these.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modeldex.query.explain_query import QueryExplanation

_MOST_SHOWN = 10
"""Candidates in a message."""


class ModeldexError(Exception):
    """The root of all exceptions of modeldex."""


class CatalogError(ModeldexError):
    """The catalog cannot be used; `path` is its file, or its URL without password."""

    def __init__(self, path: object, reason: str) -> None:
        self.path = str(path) if "://" in str(path) else Path(str(path))
        self.reason = reason
        super().__init__(f"{path}: {reason}")


class NotACatalog(CatalogError):
    """The file is not a modeldex catalog; it was not changed."""


class CatalogDamaged(CatalogError):
    """SQLite reports that the file is corrupt; it was not changed."""


class CatalogTooNew(CatalogError):
    """The catalog was written by a newer modeldex; it was not changed.

    `found` is its schema, `supported` the newest schema of this modeldex, `needs` the oldest
    version of modeldex that reads it.
    """

    def __init__(self, path: object, found: int, supported: int, needs: str) -> None:
        self.found = found
        self.supported = supported
        self.needs = needs
        super().__init__(
            path,
            f"the catalog has schema {found}, this modeldex supports up to {supported}; "
            f"it needs modeldex {needs} or newer: pip install --upgrade modeldex",
        )


class CatalogLocked(CatalogError):
    """Another process held the write lock for `waited` seconds; `holder` describes it, if known."""

    def __init__(self, path: object, waited: float, holder: str | None = None) -> None:
        self.waited = waited
        self.holder = holder
        hint = holder or f"to see which process holds it run: fuser '{path}' or lsof '{path}'"
        super().__init__(path, f"locked by another process for {waited:.0f} s; {hint}")


class CatalogReadOnly(CatalogError):
    """There is no permission to write the file or its folder; reads still work."""


class CatalogFull(CatalogError):
    """The disk is full; what was committed before is still stored."""


class ModelNotFound(ModeldexError):
    """No such model; `near` lists similar ids, `provider/name`, best first."""

    def __init__(self, provider: str | None, name: str, near: tuple[str, ...] = ()) -> None:
        self.provider = provider
        self.name = name
        self.near = near
        wanted = f"{provider}/{name}" if provider else name
        hint = f"; did you mean {', '.join(near)}?" if near else ""
        super().__init__(f"no model {wanted} in the catalog{hint}")


class AmbiguousName(ModelNotFound):
    """A name that fits offers of several base models; `candidates` are their ids, best first."""

    def __init__(self, name: str, candidates: tuple[str, ...]) -> None:
        super().__init__(None, name)
        self.candidates = candidates
        shown, more = ", ".join(candidates[:_MOST_SHOWN]), len(candidates) - _MOST_SHOWN
        self.args = (
            f"{name} is the name of {len(candidates)} models; use one of these ids: {shown}"
            + (f" and {more} more" if more > 0 else ""),
        )


class NoMatch(ModeldexError):
    """No model meets the criteria.

    `explanation` is what `explain_query` returns for them, `criterion` the one without which the
    most models match, and `nearest` the id of the best model that misses only one requirement.
    The last two are None if every model misses several.
    """

    def __init__(
        self,
        reason: str,
        explanation: "QueryExplanation",
        criterion: str | None = None,
        nearest: str | None = None,
    ) -> None:
        self.explanation = explanation
        self.criterion = criterion
        self.nearest = nearest
        super().__init__(reason)


class NoIdFor(ModeldexError):
    """The client has no id for this offer; `advice` is what to do instead."""

    def __init__(self, provider: str, name: str, client: str, reason: str, advice: str) -> None:
        self.provider = provider
        self.name = name
        self.client = client
        self.reason = reason
        self.advice = advice
        super().__init__(f"{client} has no id for {provider}/{name}: {reason}; {advice}")


class InvalidQuery(ModeldexError):
    """A criterion or another argument has an invalid value."""

    def __init__(self, field: str, value: object, reason: str) -> None:
        self.field = field
        self.value = value
        self.reason = reason
        super().__init__(f"{field}={value!r}: {reason}")


class InvalidStatement(ModeldexError):
    """A statement that is not a SELECT or is invalid SQL; it was not run."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class StatementStopped(ModeldexError):
    """A statement exceeded its limit of time or memory."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"statement stopped: {reason}")


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
    """No sample was stored: the file cannot be read, or a row is invalid and `strict` was set.

    `origin` is the file, None if there is none; `refused` lists row, field and reason of the
    first thousand invalid rows.
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
    """An optional package is missing; `extra` is the extra of modeldex that installs it."""

    def __init__(self, package: str, extra: str) -> None:
        self.package = package
        self.extra = extra
        super().__init__(f"{package} is not installed; run: pip install 'modeldex[{extra}]'")


class NoHome(ModeldexError, RuntimeError):
    """A folder of the user is needed, and neither HOME nor an entry in passwd tells of one."""

    def __init__(self) -> None:
        super().__init__("the home folder is unknown: set HOME, or give full paths")


class SourceFailed(ModeldexError):
    """A source or resolver failed; the reason never contains a key.

    `problem` is the kind of failure, a value of `run_steps.problem`; `retry_at` is the UTC time
    of the server's Retry-After, before which no request is sent.
    """

    problem: str = "answer"
    retry_at: str | None = None

    def __init__(self, source: str, reason: str) -> None:
        self.source = source
        self.reason = reason
        super().__init__(f"{source}: {reason}")
