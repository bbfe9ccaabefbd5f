"""The server's keys: signatures and encryption, each use under a subkey of its own.

The first secret signs and encrypts, every secret verifies and decrypts: a new one put in front rotates the key without
ending what the old one signed.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MIN_SECRET_LENGTH = 32


class WeakSecret(ValueError):
    """A server secret is missing or too short."""


class Undecipherable(ValueError):
    """The ciphertext was not made with any of the server's secrets for this purpose."""


@lru_cache(maxsize=256)
def _subkey(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=b"chatwootai:" + purpose.encode()).derive(
        secret.encode()
    )


class Keyring:
    def __init__(self, secrets: Sequence[str]) -> None:
        """:raises WeakSecret: without a secret, or with one of fewer than 32 characters"""
        if not secrets or any(len(secret) < _MIN_SECRET_LENGTH for secret in secrets):
            raise WeakSecret(
                f"secret_key in [chatwootai] needs one or more secrets of at least {_MIN_SECRET_LENGTH} characters,"
                " separated by commas; make one with: openssl rand -hex 32"
            )
        self._secrets = tuple(secrets)

    def sign(self, purpose: str, message: bytes) -> bytes:
        """HMAC-SHA256 of the message, 32 bytes."""
        return hmac.digest(_subkey(self._secrets[0], purpose), message, hashlib.sha256)

    def verify(self, purpose: str, message: bytes, mac: bytes) -> bool:
        # Every secret is tried, whatever the first says: the time must not tell which one signed.
        checks = [
            hmac.compare_digest(hmac.digest(_subkey(secret, purpose), message, hashlib.sha256), mac)
            for secret in self._secrets
        ]
        return any(checks)

    def encrypt(self, purpose: str, text: str) -> str:
        return self._fernet(purpose).encrypt(text.encode()).decode()

    def decrypt(self, purpose: str, token: str) -> str:
        """:raises Undecipherable: for anything this server did not encrypt for this purpose"""
        try:
            return self._fernet(purpose).decrypt(token.encode()).decode()
        except InvalidToken as error:
            raise Undecipherable(
                "A stored secret cannot be read with the server's secret_key; enter it again, or put the old key back"
                " behind the new one."
            ) from error

    def renewed(self, purpose: str, token: str) -> str | None:
        """The ciphertext under the first secret; None when it is under that already.

        :raises Undecipherable: for anything this server did not encrypt for this purpose
        """
        try:
            self._fernet(purpose, self._secrets[:1]).decrypt(token.encode())
        except InvalidToken:
            return self.encrypt(purpose, self.decrypt(purpose, token))
        return None

    @property
    def mark(self) -> str:
        """Tells which secret signs, and nothing of the secret."""
        return hashlib.sha256(_subkey(self._secrets[0], "mark")).hexdigest()[:12]

    def _fernet(self, purpose: str, secrets: Sequence[str] = ()) -> MultiFernet:
        chosen = secrets or self._secrets
        return MultiFernet(
            [Fernet(base64.urlsafe_b64encode(_subkey(secret, "encrypt:" + purpose))) for secret in chosen]
        )
