"""Carriers from the settings: read, refused by name, tried."""

import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from firstlight.cli.commands import app
from firstlight.config import environment
from firstlight.config.environment import BadSetting
from firstlight.delivery.models import Delivery
from firstlight.delivery.queries.reachability import unreachable_carriers
from firstlight.delivery.rules.client_ids import sign_return, write_client_id
from tests.delivery.conftest import Post


def test_without_settings_messages_are_kept_here(tmp_path: Path) -> None:
    assert environment.carriers({}, tmp_path) == {"email": ["console://"], "sms": ["console://"]}
    assert environment.carriers({"FIRSTLIGHT_SMS": " "}, tmp_path)["sms"] == ["console://"]


@pytest.mark.parametrize("between", [" ", ",", ", ", "\n  "])
def test_several_carriers_stand_in_one_setting(tmp_path: Path, between: str) -> None:
    urls = ["http+sms://t@127.0.0.1/send?accepted=a,b", "kannel://u:p@127.0.0.1:13013?name=second"]
    assert environment.carriers({"FIRSTLIGHT_SMS": between.join(urls)}, tmp_path)["sms"] == urls


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("FIRSTLIGHT_SMS", "smtp://user:hush-hush@127.0.0.1?sender=a@example.org"),
        ("FIRSTLIGHT_SMS", "pigeon://user:hush-hush@127.0.0.1"),
        ("FIRSTLIGHT_SMS", "http+sms://hush-hush@127.0.0.1/a http+sms://hush-hush@127.0.0.1/b"),
        ("FIRSTLIGHT_EMAIL", "kannel://user:hush-hush@127.0.0.1"),
        ("FIRSTLIGHT_EMAIL", "smtp://user:hush-hush@127.0.0.1?sender=a@example.org&colour=blue"),
        ("FIRSTLIGHT_EMAIL", "hush-hush"),
    ],
)
def test_a_bad_setting_is_named_without_its_password(tmp_path: Path, setting: str, value: str) -> None:
    with pytest.raises(BadSetting, match=setting) as refusal:
        environment.carriers({setting: value}, tmp_path)
    assert "hush" not in str(refusal.value)


@pytest.mark.parametrize("text", ["0", "73", "a day", "nan", "inf"])
def test_a_number_out_of_bounds_is_refused(text: str) -> None:
    with pytest.raises(BadSetting, match="HOURS: use a number from 1 to 72"):
        environment.number({"HOURS": text}, "HOURS", 24, least=1, most=72)


def test_a_carrier_that_does_not_answer_is_named(settings: object) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        closed = probe.getsockname()[1]
    settings.CARRIERS = {  # type: ignore[attr-defined]
        "email": ["console://"],
        "sms": [f"http+sms://hush@127.0.0.1:{closed}/send?name=quiet one", f"kannel://u:hush@127.0.0.1:{closed}"],
    }
    found = unreachable_carriers()
    assert [(channel, name) for channel, name, _ in found] == [("sms", "quiet one"), ("sms", "kannel:127.0.0.1")]
    assert "hush" not in str(found)


@pytest.mark.parametrize(("is_forged", "told", "state"), [(False, "failed", "failed"), (True, "ignored", "sent")])
def test_a_bounce_on_standard_input(post: Post, settings: object, is_forged: bool, told: str, state: str) -> None:
    post.mailing(post.members(1), "email")
    row = Delivery.objects.get()
    Delivery.objects.update(state="sent", sent_at=post.at)
    key = "another" if is_forged else settings.SECRET_KEY  # type: ignore[attr-defined]
    name = write_client_id(row.mailing_id, row.pk, key=settings.SECRET_KEY)  # type: ignore[attr-defined]
    address = f"bounces+{name}.{sign_return(name, key=key)}@example.org"
    bounce = (
        f"Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.example\r\nTo: {address}\r\n"
        "Subject: Undelivered\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nSorry.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n"
        "Reporting-MTA: dns; mx.example\r\n\r\nFinal-Recipient: rfc822; someone@example.org\r\nAction: failed\r\n"
        "Status: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 someone@example.org unknown\r\n\r\n--b--\r\n"
    )
    answer = CliRunner().invoke(app, ["bounce"], input=bounce.encode())
    assert (answer.exit_code, answer.stdout.strip()) == (0, told)
    row.refresh_from_db()
    assert row.state == state and "someone" not in row.reason
    assert (row.contact.dead_since is None) == is_forged  # type: ignore[union-attr]
