"""A real Postfix takes our letters, and sends back a bounce that we understand."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from email import message_from_bytes, policy
from hashlib import sha256
from pathlib import Path

import pytest

from firstlight.delivery.rules.messages import Answer, Fate, Message
from firstlight.delivery.transports.bounces import read_bounce
from firstlight.delivery.transports.opening import open_carrier
from tests.conftest import missing
from tests.delivery.kannel import own_network

pytestmark = pytest.mark.interop

PORT = 2525
MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file = {folder}/log/postfix.log
maillog_file_prefixes = {folder}
myhostname = mail.example.test
mydestination = mail.example.test
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtpd_recipient_restrictions =
    check_recipient_access inline:{{ {{refused@fl.example.test = REJECT no such reader}} }}
    permit_mynetworks, reject
alias_maps =
alias_database =
local_recipient_maps =
notify_classes =
recipient_delimiter = +
virtual_mailbox_domains = fl.example.test
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
virtual_minimum_uid = 100
"""
MASTER = """\
127.0.0.1:2525 inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def sign(client_id: str) -> str:
    return sha256(client_id.encode()).hexdigest()[:12]


def verify(client_id: str, signature: str) -> bool:
    return sign(client_id) == signature


@pytest.fixture
def postfix(program: Callable[[str], str]) -> Iterator[Path]:
    """The mail folder of a Postfix that listens on port 2525 of a network of its own."""
    command = program("postfix")
    # Its daemons give up root, so the folders that pytest keeps to its user are closed to them
    folder = Path(tempfile.mkdtemp(prefix="firstlight-postfix-"))
    _lay_out(folder)
    try:
        with own_network():
            run = [command, "-c", str(folder / "etc")]
            subprocess.run([*run, "start"], check=True, capture_output=True, timeout=30)
            try:
                yield folder / "mail" / "all" / "new"
            finally:
                subprocess.run([*run, "stop"], check=False, capture_output=True, timeout=30)
    except PermissionError:
        missing("root, for a network of Postfix's own,")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lay_out(folder: Path) -> None:
    folder.chmod(0o755)
    for name in ("etc", "spool", "data", "mail", "log"):
        (folder / name).mkdir(mode=0o755)
    (folder / "etc" / "main.cf").write_text(MAIN.format(folder=folder))
    (folder / "etc" / "master.cf").write_text(MASTER)
    if os.geteuid() == 0:
        shutil.chown(folder / "data", "postfix")
        shutil.chown(folder / "mail", 65534, 65534)


def arrived(folder: Path, count: int) -> list[bytes]:
    """The mails in a Maildir once there are so many; waits at most 20 seconds."""
    for _ in range(200):
        found = sorted(folder.glob("*")) if folder.is_dir() else []
        if len(found) >= count:
            return [each.read_bytes() for each in found]
        time.sleep(0.1)
    return []


def test_a_letter_is_delivered_and_a_bounce_is_read_back(postfix: Path) -> None:
    url = f"smtp://127.0.0.1:{PORT}?sender=Firstlight%20<alerts@fl.example.test>&bounces=bounces@fl.example.test"
    line = open_carrier(url, data=Path("/nowhere"), host="fl.example.test", sign=sign).connect()
    letters = [
        Message("good1", "reader@fl.example.test", "흉부 소견\n.\n..\n", subject="새 소견 " * 12, html="<p>소견</p>"),
        Message("gone2", "nobody-here@mail.example.test", "흉부 소견", subject="새 소견"),
        Message("refused3", "refused@fl.example.test", "흉부 소견", subject="새 소견"),
    ]
    outcomes = line.send(letters)
    assert [each.answer for each in outcomes] == [Answer.TAKEN, Answer.TAKEN, Answer.NEVER]
    assert all(each.carrier_id for each in outcomes[:2])
    assert outcomes[2].reason.startswith("554 5.7.1") and "refused@" not in outcomes[2].reason
    assert line.send([Message("good5", "reader@fl.example.test", "x", subject="s")])[0].answer is Answer.TAKEN
    line.close()

    mails = arrived(postfix, 3)
    assert mails, "three mails came: two letters and the bounce"
    reports = [report for report in (read_bounce(mail, verify=verify) for mail in mails) if report]
    gone = next(report for report in reports if report.client_id == "gone2")
    assert (gone.fate, gone.is_address_dead, gone.at is not None) == (Fate.FAILED, True, True)
    assert gone.reason.startswith("5.1.1") and "nobody" not in gone.reason
    letter = next(mail for mail in mails if b"Message-ID: <good1@" in mail and b"report-type" not in mail)
    read = message_from_bytes(letter, policy=policy.default)
    assert str(read["Subject"]).split() == letters[0].subject.split()
    assert read["Return-Path"] == f"<bounces+good1.{sign('good1')}@fl.example.test>"
    plain, html = (part.get_content().split() for part in read.iter_parts())
    assert (plain, html) == (["흉부", "소견", ".", ".."], ["<p>소견</p>"])
