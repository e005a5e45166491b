"""Which listing a process asks for: an API at an address, with the key of a variable."""

from typing import NamedTuple


class Asked(NamedTuple):
    """One API as an environment has it configured.

    `address` is the root of the API without credentials, `variable` the one that holds the key.
    `key` is never stored or shown; without one, the account that `variable` names is meant. `local`
    is a server of one's own.
    """

    provider: str
    address: str
    variable: str | None = None
    key: str | None = None
    local: bool = False

    def __repr__(self) -> str:
        return f"<Asked {self.provider} at {self.address} with {self.variable}>"

    def fingerprint(self, salt: str) -> int | None:
        """16 bits of a hash of the key, which tell a few keys apart; None without a key."""
        if self.key is None:
            return None
        from hashlib import blake2b  # slow to import, and an environment without keys needs none

        salted = blake2b(self.key.encode("utf-8", "surrogateescape"), key=salt.encode()[:64],
                         digest_size=2)  # fmt: skip
        return int.from_bytes(salted.digest(), "big")
