"""Read the settings that come from outside, and refuse loudly what cannot be meant."""

import math
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import dj_database_url

from firstlight.delivery.rules.carrier_names import carrier_slug
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports.bounces import check_mailbox
from firstlight.delivery.transports.interface import Carrier
from firstlight.delivery.transports.opening import open_carrier
from firstlight.delivery.transports.smtp import SmtpCarrier
from firstlight.objects.opening import open_objects


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
        "CONN_MAX_AGE": 60,  # opening a file and setting its pragmas costs more than most queries
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 30,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        },
    }


def storage(environ: Mapping[str, str], data: Path) -> str:
    """The address of the store that instances are kept in, a folder beside the data unless it says otherwise."""
    url = environ.get("FIRSTLIGHT_STORAGE") or f"file://{quote(str(data / 'store'))}"
    try:
        open_objects(url)
    except ValueError as error:
        raise BadSetting(f"FIRSTLIGHT_STORAGE: {error}") from error
    return url


def carriers(environ: Mapping[str, str], data: Path) -> dict[str, list[str]]:
    """The carriers' URLs by channel, the one that is used first at the front; each can be opened."""
    return {
        "email": _carriers(environ, "FIRSTLIGHT_EMAIL", Channel.EMAIL, data),
        "sms": _carriers(environ, "FIRSTLIGHT_SMS", Channel.SMS, data),
    }


def _carriers(environ: Mapping[str, str], setting: str, channel: Channel, data: Path) -> list[str]:
    given = environ.get(setting, "").strip(" ,\t\r\n") or "console://"
    # A comma may also stand in an option: only one before the next scheme parts two carriers.
    urls = re.split(r"[\s,]+(?=[a-z][a-z0-9+.-]*://)", given)
    names = [_opened(setting, url, channel, data).name for url in urls]
    if len({carrier_slug(name) for name in names}) < len(names):
        raise BadSetting(f"{setting}: two carriers have one name; give one of them the option name=")
    return urls


def _opened(setting: str, url: str, channel: Channel, data: Path) -> Carrier:
    try:
        return open_carrier(url, data=data, host="localhost", channel=channel, sign=str)
    except ValueError as error:
        # The sentence of a carrier never holds its password.
        raise BadSetting(f"{setting}: {error}; {_HINTS[channel]}") from None


_HINTS = {
    Channel.EMAIL: "use console:// or smtp://USER:PASSWORD@HOST:PORT?tls=1",
    Channel.SMS: "use console://, kannel://, smpp:// or a provider's address, several by a blank",
}


def email(environ: Mapping[str, str], data: Path) -> dict[str, Any]:
    """Django's own mail settings, after the first carrier of e-mail; without a server mails go to the outbox page."""
    url = carriers(environ, data)["email"][0]
    carrier = _opened("FIRSTLIGHT_EMAIL", url, Channel.EMAIL, data)
    if not isinstance(carrier, SmtpCarrier):
        return {"EMAIL_BACKEND": "firstlight.delivery.transports.console.OutboxBackend"}
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": carrier.server,
        "EMAIL_PORT": carrier.port,
        "EMAIL_HOST_USER": carrier.user,
        "EMAIL_HOST_PASSWORD": carrier.password,
        "EMAIL_USE_TLS": carrier.secured == "starttls",
        "EMAIL_USE_SSL": carrier.secured == "implicit",
        "EMAIL_TIMEOUT": 20,
    }


def bounces(environ: Mapping[str, str]) -> str:
    """The mailbox that bounced e-mails come to, or none."""
    url = environ.get("FIRSTLIGHT_BOUNCES", "").strip()
    try:
        if url:
            check_mailbox(url)
    except ValueError as error:
        raise BadSetting(f"FIRSTLIGHT_BOUNCES: {error}; use imaps://USER:PASSWORD@HOST/FOLDER") from None
    return url


def number(environ: Mapping[str, str], name: str, default: float, *, least: float, most: float) -> float:
    """A number from outside, within its bounds."""
    text = environ.get(name, "")
    try:
        value = float(text) if text else default
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise BadSetting(f"{name}: use a number from {least:g} to {most:g}")
    return value


def origin(environ: Mapping[str, str]) -> str:
    """The public URL, without a trailing slash."""
    url = environ.get("FIRSTLIGHT_ORIGIN", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
        raise BadSetting("FIRSTLIGHT_ORIGIN: use https://HOST without a path")
    return url


def cors_origins(environ: Mapping[str, str]) -> list[str]:
    """The sites whose pages may read DICOMweb here: origins with commas or blanks between them, or * for any."""
    given = re.split(r"[\s,]+", environ.get("FIRSTLIGHT_CORS_ORIGINS", "").strip())
    origins = [each.rstrip("/") for each in given if each]
    for each in origins:
        parts = urlsplit(each)
        is_origin = parts.scheme in {"http", "https"} and parts.netloc and each == f"{parts.scheme}://{parts.netloc}"
        if each != "*" and not (is_origin and "@" not in parts.netloc and "*" not in parts.netloc):
            raise BadSetting("FIRSTLIGHT_CORS_ORIGINS: use https://HOST[:PORT] without a path, apart by commas, or *")
    if "*" in origins and len(origins) > 1:
        raise BadSetting("FIRSTLIGHT_CORS_ORIGINS: * stands alone")
    return origins


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
