"""Read the settings that come from outside, and refuse loudly what cannot be meant."""

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import dj_database_url


class BadSetting(ValueError):
    """A setting from outside that cannot be used; the message names it and says what to do."""


def data_folder(environ: Mapping[str, str]) -> Path:
    """The folder of the embedded parts."""
    return Path(environ.get("FIRSTLIGHT_DATA", "firstlight-data")).absolute()


def database(environ: Mapping[str, str], data: Path) -> dict[str, Any]:
    """Django's settings for the database; SQLite in the data folder unless DATABASE_URL says otherwise."""
    url = environ.get("DATABASE_URL", "")
    if not url:
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": data / "firstlight.sqlite3", **_sqlite()}
    try:
        settings: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60))
    except (ValueError, KeyError) as error:
        raise BadSetting("DATABASE_URL: use sqlite:///PATH or postgres://USER:PASSWORD@HOST/NAME") from error
    engine = settings["ENGINE"].rsplit(".", 1)[-1]
    if engine not in {"sqlite3", "postgresql"}:
        raise BadSetting("DATABASE_URL: only sqlite:// and postgres:// are supported")
    return {**settings, **_sqlite()} if engine == "sqlite3" else settings


def _sqlite() -> dict[str, Any]:
    return {
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    }


def storage_folder(environ: Mapping[str, str], data: Path) -> Path:
    """Where instances are kept; only folders are supported by this version."""
    url = urlsplit(environ.get("FIRSTLIGHT_STORAGE", f"file://{data / 'store'}"))
    if url.scheme != "file" or url.netloc not in {"", "localhost"} or not url.path.startswith("/"):
        raise BadSetting("FIRSTLIGHT_STORAGE: use file:///ABSOLUTE/PATH; this version keeps instances in a folder")
    return Path(unquote(url.path))


def email(environ: Mapping[str, str], data: Path) -> dict[str, Any]:
    """Django's mail settings; without a server, messages are kept as files in the data folder's outbox."""
    url = urlsplit(environ.get("FIRSTLIGHT_EMAIL", "console://"))
    if url.scheme == "console":
        backend = "django.core.mail.backends.filebased.EmailBackend"
        return {"EMAIL_BACKEND": backend, "EMAIL_FILE_PATH": data / "outbox"}
    if url.scheme != "smtp" or not url.hostname:
        raise BadSetting("FIRSTLIGHT_EMAIL: use console:// or smtp://USER:PASSWORD@HOST:PORT?tls=1")
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": url.hostname,
        "EMAIL_PORT": url.port or 25,
        "EMAIL_HOST_USER": unquote(url.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(url.password or ""),
        "EMAIL_USE_TLS": parse_qs(url.query).get("tls") == ["1"],
        "EMAIL_TIMEOUT": 20,
    }


def origin(environ: Mapping[str, str]) -> str:
    """The public URL, without a trailing slash."""
    url = environ.get("FIRSTLIGHT_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise BadSetting("FIRSTLIGHT_ORIGIN: use https://HOST without a path")
    return url


def secret_key(environ: Mapping[str, str], data: Path) -> str:
    """The key that signs sessions: given, or generated once into the data folder with mode 600."""
    given = environ.get("FIRSTLIGHT_SECRET_KEY", "")
    if given:
        return given
    if "DATABASE_URL" in environ and not environ["DATABASE_URL"].startswith("sqlite"):
        raise BadSetting("FIRSTLIGHT_SECRET_KEY: required when the database is not embedded")
    path = data / "secret-key"
    if not path.exists():
        data.mkdir(parents=True, exist_ok=True)
        _write_once(path, secrets.token_urlsafe(50))
    return path.read_text().strip()


def _write_once(path: Path, text: str) -> None:
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return
    with os.fdopen(handle, "w") as file:
        file.write(text)
