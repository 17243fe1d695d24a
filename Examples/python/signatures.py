"""Checks the signature of a request to a handler, as schemas/signatures.md has it."""

import hashlib
import hmac
import time


def is_ours(secrets, method, target, body, timestamp, signature, now=None, window=300):
    """True where one who knows one of the secrets signed just this, at most `window` seconds ago.

    `target` is the path with its query, `body` the bytes as they came. `timestamp` and `signature`
    are the headers `reprise-timestamp` and `reprise-signature`; None where they are missing.
    """
    if not timestamp or not signature or not (timestamp.isascii() and timestamp.isdigit()):
        return False
    # So long a time is none; and Python refuses to read very long numbers.
    if len(timestamp) > 15 or str(int(timestamp)) != timestamp:
        return False
    now = int(time.time()) if now is None else now
    message = f"v1\n{timestamp}\n{method}\n{target}\n".encode() + body
    versions = [one.strip() for one in signature.split(",")]
    given = [one[3:].lower() for one in versions if one.startswith("v1=")]
    known = False
    for secret in secrets:
        code = hmac.new(secret.strip().encode(), message, hashlib.sha256).hexdigest()
        for one in given:
            known |= hmac.compare_digest(code.encode(), one.encode())
    return known and abs(now - int(timestamp)) <= window


def read_secrets(path):
    """One a line: two while one replaces the other."""
    with open(path) as file:
        return [line.strip() for line in file if line.strip()]
