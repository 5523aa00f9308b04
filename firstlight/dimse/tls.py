"""TLS as BCP 195 has it (PS3.15 B.9): 1.2 or newer."""

import ssl


def server_tls(cert: str, key: str, ca: str = "") -> ssl.SSLContext:
    """For a door; with `ca`, peers must show a certificate that it signed.

    Raises:
        OSError: when a file cannot be read or is no certificate (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(cert, key or cert)
    if ca:
        context.load_verify_locations(ca)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_tls(ca: str, cert: str = "", key: str = "") -> ssl.SSLContext:
    """For calling a peer, whose certificate `ca` has signed and bears its name; with our own where it asks for one.

    Raises:
        OSError: when a file cannot be read or is no certificate (ssl.SSLError).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca:
        context.load_verify_locations(ca)
    else:
        context.load_default_certs()
    if cert:
        context.load_cert_chain(cert, key or cert)
    return context
