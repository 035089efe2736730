"""Encrypts what must not lie about readable: Fernet (AES-128-CBC and HMAC), with keys that can be rotated.

The first key encrypts, every key decrypts: a new key is put in front, `python -m backend rotate-keys` encrypts all
that is stored anew, and then the old key can go.
"""

from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from backend.errors import SecretUnreadable


class FernetBox:
    """Fulfils `SecretBox` with the keys from the settings, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._fernet = MultiFernet([Fernet(key) for key in keys])

    def seal(self, plain: bytes) -> bytes:
        """Encrypt with the newest key."""
        return self._fernet.encrypt(plain)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt with whichever key fits. Raises SecretUnreadable."""
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as problem:
            raise SecretUnreadable from problem

    def rotate(self, sealed: bytes) -> bytes:
        """Encrypt anew with the newest key. Raises SecretUnreadable."""
        try:
            return self._fernet.rotate(sealed)
        except InvalidToken as problem:
            raise SecretUnreadable from problem
