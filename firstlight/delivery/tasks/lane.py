"""One channel's sending: claims ahead, feeds the lines of its carriers, and writes down what they answer."""

import logging
import threading
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import close_old_connections, connections

from firstlight.delivery.actions.alarms import TOO_MANY_FAILURES, pause_for
from firstlight.delivery.actions.claims import Claimed, claim, give_back
from firstlight.delivery.actions.lines import Standing, note_line
from firstlight.delivery.actions.outcomes import Settled, settle
from firstlight.delivery.actions.replies import take_replies
from firstlight.delivery.actions.reports import take_reports
from firstlight.delivery.actions.shifts import LEASE, leave_shift, take_shift
from firstlight.delivery.models import Mailing
from firstlight.delivery.queries.sending import ids_without_fate
from firstlight.delivery.rules.alarm import is_alarming_lately
from firstlight.delivery.rules.circuit import Trust
from firstlight.delivery.rules.messages import Answer, Channel, Report
from firstlight.delivery.rules.states import State
from firstlight.delivery.rules.verdicts import verdict
from firstlight.delivery.tasks.line import Answered, Clock, Line
from firstlight.delivery.tasks.pile import Parcel
from firstlight.delivery.tasks.script import Script, report_link, script_of
from firstlight.delivery.transports.interface import Asked, Carrier

log = logging.getLogger(__name__)

# A row is claimed for longer than it may wait here and be answered in, so that nobody else has it meanwhile.
CLAIMED_FOR = timedelta(minutes=5)
HANDED_OVER_WITHIN_SECONDS = 120.0
SHORTEST_PAUSE_SECONDS = 0.05
LOOK_EVERY_SECONDS = 0.5
TELL_EVERY_SECONDS = 2.0
NOTE_EVERY_SECONDS = 10.0
AHEAD_SECONDS = 1.5
LEAST_AHEAD = 500
MOST_AHEAD = 2000
ANSWERS_AT_ONCE = 2000
REPORTS_KEPT = 10_000
REPORTS_KEPT_SECONDS = 600.0
UNSURE_STAYS_SECONDS = 600.0
GONE = "the address is gone"
NO_WORDS = "no wording for this channel"


class ThreadLost(RuntimeError):
    """A thread of this lane ended by a fault of ours."""


class Lane:
    """All carriers of one channel; `turn` does everything once, and may be called without threads."""

    def __init__(
        self, channel: Channel, carriers: Sequence[Carrier], *, sender: str, clock: Clock, chance: Callable[[], float]
    ) -> None:
        self.channel = channel
        self.news = threading.Event()
        self.lines = [Line(carrier, clock=clock, news=self.news) for carrier in carriers]
        self._sender = sender
        self._now = clock
        self._chance = chance
        # Mail servers report by bounces: only text messages carry an address to call.
        self._reports = {each.name: report_link(each.name) for each in carriers if channel is Channel.SMS}
        self._going: dict[int, tuple[Mailing, Script]] = {}
        self._lately: dict[int, deque[bool]] = {}
        self._unmatched: deque[tuple[float, str, Report]] = deque(maxlen=REPORTS_KEPT)
        self._on_duty_until = 0.0
        self._looked_at = 0.0
        self._told_at = clock()
        self._counted: dict[str, int] = {}
        self._noted: dict[str, tuple[Standing | None, float]] = {}

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop, or stand by while another process does."""
        is_open = False
        while not stop.is_set():
            try:
                is_open = self._run_once(is_open)
            except DatabaseError as error:
                log.error("%s: the database failed (%s); trying again", self.channel, type(error).__name__)  # noqa: TRY400
                connections.close_all()
                stop.wait(1.0)
            # Not too often: a commit for a few messages costs as much as one for a few hundred.
            stop.wait(SHORTEST_PAUSE_SECONDS)
            self.news.wait(0.25 if is_open else 1.0)
            self.news.clear()
        if is_open:
            self.end()
        connections.close_all()

    def _run_once(self, is_open: bool) -> bool:
        close_old_connections()
        if not self.is_on_duty():
            if is_open:
                log.warning("%s: another process sends now", self.channel)
                self._shut()
            return False
        if not is_open:
            for line in self.lines:
                self._ask_again(line.carrier)
                line.open()
        elif any(line.has_lost_a_thread() for line in self.lines):
            # With fewer threads it would go on, ever slower, and look well: a new process is better.
            raise ThreadLost(self.channel)
        self.turn()
        return True

    def _ask_again(self, carrier: Carrier) -> None:
        """What an earlier process handed over, a carrier that does not call must be asked about."""
        if isinstance(carrier, Asked):
            carrier.resume(ids_without_fate(carrier.name, self.at))

    def turn(self) -> None:
        """Write down what was answered and told, and feed the lines."""
        self._listen()
        if self._now() - self._looked_at >= LOOK_EVERY_SECONDS:
            self._look()
        self._give_back_unused()
        self._feed()
        if self._now() - self._told_at >= TELL_EVERY_SECONDS:
            self._tell()

    def end(self) -> None:
        """Finish what is being handed over, give back the rest, and let another process go on."""
        self._shut()
        leave_shift(self.channel, by=self._sender)

    def is_on_duty(self) -> bool:
        """Whether this process sends on the channel; asked of the database a few times in the lease."""
        if self._now() < self._on_duty_until - LEASE.total_seconds() * 0.7:
            return True
        has_it = take_shift(self.channel, by=self._sender, at=self.at)
        self._on_duty_until = self._now() + LEASE.total_seconds() if has_it else 0.0
        return has_it

    @property
    def at(self) -> datetime:
        """Now."""
        return datetime.fromtimestamp(self._now(), UTC)

    def _shut(self) -> None:
        for line in self.lines:
            line.close()
        for line in self.lines:
            line.join(HANDED_OVER_WITHIN_SECONDS)
        for line in self.lines:
            line.unused.extend(line.withdraw(lambda _: True))
        while any(line.answered for line in self.lines):
            self._listen()
        self._give_back_unused()

    def _listen(self) -> None:
        for line in self.lines:
            # What was told is looked at after the answers that came before it.
            told = [line.inboxes[place] for place in range(len(line.inboxes))]
            self._write_answers(line)
            self._take_reports(line.carrier.name, [report for inbox in told for report in inbox.reports])
            take_replies([reply for inbox in told for reply in inbox.replies], at=self.at)
            # Only now: what the database did not take is read again, and read twice it changes nothing.
            _drop(line.inboxes, len(told))

    def _write_answers(self, line: Line) -> None:
        """Write one batch: those that come in meanwhile wait for the next, so that commits stay few."""
        batch = [line.answered.popleft() for _ in range(min(len(line.answered), ANSWERS_AT_ONCE))]
        if not batch:
            return
        try:
            settle([self._settled(line, each) for each in batch], by=self._sender, at=self.at)
        except DatabaseError:
            line.answered.extendleft(reversed(batch))
            raise
        self._watch(batch)

    def _settled(self, line: Line, answered: Answered) -> Settled:
        (row, _, _, _), outcome = answered
        if outcome.answer is Answer.TAKEN:
            carrier = line.carrier.name
            return Settled(row.delivery_id, row.contact_id, Answer.TAKEN, State.SENT, carrier, outcome.carrier_id)
        known = self._going.get(row.mailing_id)
        step = verdict(
            outcome,
            attempts=row.attempts + 1,
            now=self.at,
            expires_at=known[1].expires_at if known else None,
            chance=self._chance(),
        )
        return Settled(
            row.delivery_id,
            row.contact_id,
            outcome.answer,
            step.state,
            line.carrier.name,
            # Where nobody knows whether it was taken, the next attempt goes to the same carrier.
            stays=outcome.answer is Answer.UNSURE or step.state is not State.CREATED,
            reason=outcome.reason,
            due_at=step.due_at,
        )

    def _watch(self, batch: list[Answered]) -> None:
        """Pause what fails too often of late."""
        share, least = settings.DELIVERY_ALARM_SHARE, settings.DELIVERY_ALARM_OUTCOMES
        failing = set()
        for (row, _, _, _), outcome in batch:
            if row.mailing_id not in self._lately:
                self._lately[row.mailing_id] = deque(maxlen=least)
            if outcome.answer in {Answer.TAKEN, Answer.NEVER}:
                self._lately[row.mailing_id].append(outcome.answer is Answer.NEVER)
            if outcome.answer is Answer.NEVER:
                failing.add(row.mailing_id)
        for mailing_id in failing & self._going.keys():
            if is_alarming_lately(self._lately[mailing_id], share=share, at_least=least):
                pause_for(self._going[mailing_id][0], TOO_MANY_FAILURES, self.at)
                self._looked_at = 0.0

    def _take_reports(self, carrier: str, reports: list[Report]) -> None:
        if reports:
            unknown = take_reports(carrier, reports, at=self.at)
            # A report may be quicker than the answer that brings the carrier's id.
            keep_until = self._now() + REPORTS_KEPT_SECONDS
            self._unmatched.extend((keep_until, carrier, report) for report in unknown)

    def _take_reports_again(self) -> None:
        by_carrier = defaultdict(list)
        kept = [self._unmatched.popleft() for _ in range(len(self._unmatched))]
        for until, carrier, report in kept:
            by_carrier[carrier].append((until, report))
        for carrier, waiting in by_carrier.items():
            unknown = {id(report) for report in take_reports(carrier, [each for _, each in waiting], at=self.at)}
            still = [(until, carrier, each) for until, each in waiting if id(each) in unknown and until > self._now()]
            self._unmatched.extend(still)

    def _look(self) -> None:
        """See which mailings may leave now, and take back what may not any more."""
        self._looked_at = self._now()
        at = self.at
        found = [each for each in Mailing.objects.going_out(at) if each.expires_at is None or each.expires_at > at]
        new = [each for each in found if each.pk not in self._going]
        scripts = {pk: script for pk, (_, script) in self._going.items()} | self._scripts(new)
        self._going = {each.pk: (each, scripts[each.pk]) for each in found}
        self._lately = {pk: window for pk, window in self._lately.items() if pk in self._going}
        for line in self.lines:
            line.unused.extend(line.withdraw(lambda parcel: parcel.row.mailing_id not in self._going))

    def _scripts(self, mailings: list[Mailing]) -> dict[int, Script]:
        return {each.pk: script_of(each, self.channel, each.wordings.all()) for each in mailings}

    def _give_back_unused(self) -> None:
        for line in self.lines:
            rows = [line.unused[place].row for place in range(len(line.unused))]
            if rows:
                give_back(rows, by=self._sender)
                _drop(line.unused, len(rows))

    def _feed(self) -> None:
        """Give the first trusted carrier what is due; one that is tried again gets a single message, others their own.

        Their own are messages that a carrier may have taken already.
        """
        is_fed = False
        for line in self.lines:
            trust = line.trust()
            if trust is Trust.OPEN:
                line.unused.extend(line.withdraw(lambda _: True))
            elif trust is Trust.HALF_OPEN:
                self._claim(line, ahead=1, only_own=is_fed)
            else:
                self._claim(line, ahead=_ahead(line), only_own=is_fed)
                is_fed = True
        self._give_back_unused()

    def _claim(self, line: Line, *, ahead: int, only_own: bool) -> None:
        """Claim tier by tier, so that a pile full of what can wait never keeps out what presses."""
        name = line.carrier.name
        for severity, tier in groupby(self._going.values(), key=lambda each: each[0].severity):
            waiting = line.waiting(severity)
            if waiting > ahead // 2:
                continue
            rows = claim(
                channel=self.channel,
                mailings=[mailing.pk for mailing, _ in tier],
                carrier=name,
                by=self._sender,
                at=self.at,
                until=self.at + CLAIMED_FOR,
                limit=ahead - waiting,
                not_of=[] if only_own else self._left_to_others(line),
                only_of=name if only_own else None,
            )
            self._lay_out(line, rows)

    def _left_to_others(self, line: Line) -> list[str]:
        """The other carriers that are there, or were a short while ago: what they may have taken is left to them."""
        long_ago = self._now() - UNSURE_STAYS_SECONDS
        others = [each for each in self.lines if each is not line]
        return [each.carrier.name for each in others if (each.circuit.down_since or self._now()) > long_ago]

    def _lay_out(self, line: Line, rows: list[Claimed]) -> None:
        report = self._reports.get(line.carrier.name)
        until = self._now() + HANDED_OVER_WITHIN_SECONDS
        parcels, unsendable = [], []
        for row in rows:
            script = self._going[row.mailing_id][1]
            why_not = _why_not(row, script)
            if why_not:
                unsendable.append(_unsendable(row, why_not))
            else:
                message = script.message(row, row.address or "", report)
                parcels.append(Parcel(row, message, script.severity, until))
        line.add(parcels)
        if unsendable:
            settle(unsendable, by=self._sender, at=self.at)

    def _tell(self) -> None:
        passed, self._told_at = self._now() - self._told_at, self._now()
        for place, line in enumerate(self.lines):
            before = self._counted.get(line.carrier.name, 0)
            line.per_second = (line.handed_over - before) / passed
            self._counted[line.carrier.name] = line.handed_over
            self._note(line, place)
        self._take_reports_again()

    def _note(self, line: Line, place: int) -> None:
        """Tell people how a carrier does: at once when it changed, now and then when it did not."""
        standing, (before, noted_at) = _standing(line), self._noted.get(line.carrier.name, (None, 0.0))
        if standing != before or self._now() - noted_at >= NOTE_EVERY_SECONDS:
            note_line(line.carrier.name, self.channel, place, standing, at=self.at)
            self._noted[line.carrier.name] = standing, self._now()


def _drop(queue: deque[Any], count: int) -> None:
    for _ in range(count):
        queue.popleft()


def _ahead(line: Line) -> int:
    """How many messages to have ready: enough for the next moments, few enough to change one's mind."""
    return min(MOST_AHEAD, max(LEAST_AHEAD, int(line.per_second * AHEAD_SECONDS)))


def _why_not(row: Claimed, script: Script) -> str:
    if not row.can_be_reached:
        return GONE
    return "" if script.parts else NO_WORDS


def _unsendable(row: Claimed, why_not: str) -> Settled:
    state = State.STOPPED if why_not == GONE else State.FAILED
    return Settled(row.delivery_id, row.contact_id, None, state, "", reason=why_not)


def _standing(line: Line) -> Standing:
    trust = line.trust()
    return Standing(trust, _moment(line.circuit.down_since), line.trouble, _moment(line.trouble_at), line.per_second)


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
