"""Whether a webhook was signed by Chatwoot with one of our secrets, and lately.

``X-Chatwoot-Signature: sha256=<hex HMAC-SHA256(secret, "{timestamp}.{raw body}")>``, ``X-Chatwoot-Timestamp`` in unix
seconds. Over the raw bytes: a body parsed and written again is another body.
"""

import hashlib
import hmac
from collections.abc import Iterable

MAX_AGE = 300  # seconds, in the past and in the future
_PREFIX = "sha256="


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """The header's value for a body."""
    mac = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256)
    return _PREFIX + mac.hexdigest()


def is_signed(body: bytes, signature: str, timestamp: str, secrets: Iterable[str], now: float) -> bool:
    """True when one of the secrets made the signature and its timestamp is near enough to now.

    Every secret is tried, whichever matches, and compared in constant time.
    """
    # isdecimal knows more digits than ASCII has, which int() would take: the header must be what was signed.
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12 and signature.isascii()):
        return False
    matches = [hmac.compare_digest(sign(secret, timestamp, body), signature) for secret in secrets]
    return any(matches) and abs(now - int(timestamp)) <= MAX_AGE
