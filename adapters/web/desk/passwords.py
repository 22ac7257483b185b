"""Passwords of the desk: which are taken, and how they are kept (Argon2id with the parameters that argon2-cffi advises)."""

import asyncio
import unicodedata
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from argon2 import PasswordHasher

MIN_CHARS, MAX_CHARS = 12, 1_000
MIN_DIFFERENT = 5  # characters, besides what everybody tries first
RUN_SHARE = 0.7  # of steps from one character to the next that are one up, one down or none, as in "123456789012"
# What guesses are made of. They count for nothing in a password, so that a rule does instead of a list of thousands.
_STEMS = ("password", "passwort", "passw0rd", "qwertyuiop", "qwerty", "qwertz", "letmein", "welcome", "iloveyou", "handrail")


def fault_of(password: str, *names: str) -> str | None:
    """Return what is wrong with a password in one sentence; None when it may be used.

    Args:
        password: as it was typed.
        names: what the person is called, which must not be the password or all that it consists of.
    """
    if len(password) < MIN_CHARS:
        return f"Use at least {MIN_CHARS} characters. Four words that do not belong together are good, and easy to keep."
    if len(password) > MAX_CHARS:
        return f"Use at most {MAX_CHARS} characters."
    rest = password.casefold()
    for known in (*sorted((name.casefold() for name in names if name), key=len, reverse=True), *_STEMS):
        rest = rest.replace(known, "")
    if len(set(rest)) < MIN_DIFFERENT or _is_run(rest):
        return "That is one of the first that is tried. Take words that do not belong together, without your name."
    return None


def _is_run(text: str) -> bool:
    steps = [abs(ord(one) - ord(two)) <= 1 for one, two in pairwise(text)]
    return sum(steps) >= RUN_SHARE * len(steps)


class Passwords:
    """Hashes passwords and looks whether one is right, in a thread: it is slow on purpose."""

    def __init__(self) -> None:
        """Begin without the library, which the first log-in needs and no start."""
        self._dummy = ""

    @cached_property
    def _hasher(self) -> "PasswordHasher":
        from argon2 import PasswordHasher

        return PasswordHasher()

    async def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        return await asyncio.to_thread(self._hasher.hash, _normal(password))

    async def is_right(self, kept: str, password: str) -> bool:
        """Whether a password is the kept one; without a kept one it takes as long, and is wrong."""
        if not self._dummy:  # in any case, or the first to try an unknown name would wait longer
            self._dummy = await self.hash("nobody's")
        return await asyncio.to_thread(self._verify, kept or self._dummy, password[:MAX_CHARS]) and bool(kept)

    def is_outdated(self, kept: str) -> bool:
        """Whether it was hashed with other parameters than are advised by now."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError

        try:
            return self._hasher.verify(kept, _normal(password))
        except (VerificationError, InvalidHashError):
            return False


def _normal(password: str) -> str:
    """Return a password as it is hashed: another keyboard may compose the same letters otherwise."""
    return unicodedata.normalize("NFKC", password).encode("utf-8", "replace").decode()
