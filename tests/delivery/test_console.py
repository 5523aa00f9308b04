"""The outbox that stands in for a carrier."""

import json
import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection

from firstlight.delivery.rules.messages import Answer, Channel, Fate, Message
from firstlight.delivery.transports import CarrierDown, Connection
from firstlight.delivery.transports.console import outbox_folder, read_outbox
from firstlight.delivery.transports.opening import open_carrier


def line_to(data: Path, channel: Channel = Channel.SMS) -> Connection:
    return open_carrier("console://", data=data, host="h", channel=channel).connect()


def test_a_message_is_kept_taken_and_reported_delivered(tmp_path: Path) -> None:
    line = line_to(tmp_path)
    messages = [Message(f"m{place}", "+821012345678", f"글 {place} \ud800 \u2028", subject="s") for place in range(3)]
    assert {outcome.answer for outcome in line.send(messages)} == {Answer.TAKEN}
    reports = line.inbox().reports
    assert [(report.client_id, report.fate) for report in reports] == [(f"m{n}", Fate.DELIVERED) for n in range(3)]
    assert line.inbox().reports == ()
    newest = read_outbox(tmp_path)
    assert [entry.client_id for entry in newest] == ["m2", "m1", "m0"]
    assert (newest[0].text, newest[0].channel, newest[0].to) == (messages[2].text, Channel.SMS, "+821012345678")
    assert newest[0].at.tzinfo is not None
    line.close()


def test_only_this_user_may_read_the_outbox(tmp_path: Path) -> None:
    line_to(tmp_path).send([Message("m", "a@b.example", "t")])
    assert outbox_folder(tmp_path).stat().st_mode & 0o777 == 0o700
    assert (outbox_folder(tmp_path) / "messages.jsonl").stat().st_mode & 0o777 == 0o600


def _write(data: Path, place: int) -> None:
    line = line_to(data)
    for batch in range(20):
        line.send([Message(f"{place}-{batch}-{each}", "a@b.example", "글" * 5000) for each in range(5)])


def test_several_processes_write_without_tearing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    writers = [context.Process(target=_write, args=(tmp_path, place)) for place in range(4)]
    for each in writers:
        each.start()
    for each in writers:
        each.join(timeout=60)
    lines = (outbox_folder(tmp_path) / "messages.jsonl").read_bytes().splitlines()
    assert len({json.loads(line)["id"] for line in lines}) == len(lines) == 400
    assert [entry.client_id for entry in read_outbox(tmp_path, newest=400)] == [
        json.loads(line)["id"] for line in reversed(lines)
    ]


def test_the_newest_are_read_without_reading_the_rest(tmp_path: Path) -> None:
    line_to(tmp_path).send([Message(f"m{place}", "a@b.example", "x" * 300) for place in range(3000)])
    path = outbox_folder(tmp_path) / "messages.jsonl"
    with path.open("r+b") as file:
        # A hole of a gigabyte before the lines would take long to read
        kept = file.read()
        file.truncate(0)
        file.seek(2**30)
        file.write(b"\n" + kept)
    assert [entry.client_id for entry in read_outbox(tmp_path, newest=2)] == ["m2999", "m2998"]
    os.truncate(path, 0)


def test_damaged_lines_are_passed_over(tmp_path: Path) -> None:
    assert read_outbox(tmp_path) == []
    line_to(tmp_path).send([Message("a", "a@b.example", "t")])
    path = outbox_folder(tmp_path) / "messages.jsonl"
    with path.open("ab") as file:
        file.write(b'not json\n[]\n{"id": 1}\n"x"\n\n\xff\n')
    line_to(tmp_path).send([Message("b", "a@b.example", "t")])
    assert [entry.client_id for entry in read_outbox(tmp_path)] == ["b", "a"]


def test_an_outbox_that_cannot_be_written_is_a_carrier_that_is_down(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("in the way")
    with pytest.raises(CarrierDown, match="cannot be written") as down:
        line_to(tmp_path).send([Message("a", "a@b.example", "t")])
    assert "@" not in str(down.value)


def test_a_full_disk_leaves_no_torn_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = line_to(tmp_path)
    line.send([Message("a", "a@b.example", "t")])
    real = os.write

    def full(handle: int, lines: bytes) -> int:
        if len(lines) < 20:
            raise OSError(28, "No space left on device")
        return real(handle, lines[: len(lines) - 10])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(CarrierDown):
        line.send([Message("b", "a@b.example", "t")])
    monkeypatch.undo()
    line.send([Message("c", "a@b.example", "t")])
    assert [entry.client_id for entry in read_outbox(tmp_path)] == ["c", "a"]


def test_the_servers_own_mails_are_on_the_same_page(tmp_path: Path, settings: object) -> None:
    settings.DATA = tmp_path  # type: ignore[attr-defined]
    mail = EmailMultiAlternatives("Sign in", "link", "no-reply@h.example", ["a@b.example", "c@d.example"])
    mail.attach_alternative("<p>link</p>", "text/html")
    backend = get_connection("firstlight.delivery.transports.console.OutboxBackend")
    before = datetime.now(UTC)
    assert backend.send_messages([mail]) == 1
    entries = read_outbox(tmp_path)
    assert [entry.to for entry in entries] == ["c@d.example", "a@b.example"]
    assert (entries[0].subject, entries[0].text, entries[0].html) == ("Sign in", "link", "<p>link</p>")
    assert entries[0].client_id and entries[0].channel is Channel.EMAIL and entries[0].at >= before


def test_nobody_calls_for_a_console(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="does not call"):
        open_carrier("console://", data=tmp_path, host="h").read_call({}, b"")
