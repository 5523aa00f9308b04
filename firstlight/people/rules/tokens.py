import hashlib


def token_digest(token: str) -> str:
    """What is kept of a token: enough to recognise it, useless to whoever reads the database."""
    return hashlib.sha256(token.encode()).hexdigest()
