"""
Proof that who exchanges a code is who asked for it (RFC 7636, S256).
"""

import hmac
import re
from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Final

#: RFC 7636, 4.1 and 4.2.
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_CHALLENGE: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def challenge_of(verifier: str) -> str:
    """
    The challenge that a verifier answers.
    """
    digest = sha256(verifier.encode("ascii")).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def is_challenge(text: str) -> bool:
    """
    Whether a text can be a challenge.
    """
    return _CHALLENGE.fullmatch(text) is not None


def answers(verifier: str, challenge: str) -> bool:
    """
    Whether a verifier, whatever a stranger takes for one, answers a challenge.
    """
    if _VERIFIER.fullmatch(verifier) is None:
        return False
    return hmac.compare_digest(challenge_of(verifier), challenge)
