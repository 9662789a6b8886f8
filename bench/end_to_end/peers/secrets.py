"""Fixed keys for the peers: no time goes into making them, and nothing of theirs is kept."""

from __future__ import annotations

from base64 import urlsafe_b64encode

AES = bytes(range(32))
AES_TEXT = bytes(range(16)).hex()
FERNET = urlsafe_b64encode(AES)
SIV = bytes(range(64))
HMAC = bytes(range(32, 64))
HMAC_TEXT = bytes(range(16, 32)).hex()
SALT = bytes(range(8)).hex()
