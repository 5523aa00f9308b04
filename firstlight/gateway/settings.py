"""What a gateway is told when it starts."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One gateway: where it listens, where it sends, and how it keeps things in between."""

    data: Path
    ae_title: str
    host: str
    port: int
    server: str
    outbreak: str
    secret_file: Path
    calling: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    tls_ca: Path | None = None
    status_port: int = 0
    receivers: int = 2
    workers: int = 1
    quiet_seconds: float = 20.0
    keep_identified_seconds: float = 0.0
    keep_free_bytes: int = 512 << 20
    looks: Path | None = None

    @property
    def spool(self) -> Path:
        """What came and is still identified."""
        return self.data / "spool"

    @property
    def held(self) -> Path:
        """What is kept back for a person of the hospital, still identified."""
        return self.data / "held"

    @property
    def outbox(self) -> Path:
        """What is de-identified and waits to be sent."""
        return self.data / "outbox"

    @property
    def log(self) -> Path:
        """One JSON object a line, never a value."""
        return self.data / "gateway.log"
