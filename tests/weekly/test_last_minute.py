"""Many people answer at once while the round closes: what was taken is there, what came later is not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connections

from firstlight.people.models import Member
from firstlight.weekly.actions import reveal_due, submit_answers
from firstlight.weekly.models import SETTLING, Entry, Round, Score
from firstlight.weekly.queries import ranking
from firstlight.weekly.rules.ranking import placed
from tests.cast import Cast
from tests.drafts import draft_case
from tests.weekly.rounds import CLOSES, scheduled

PEOPLE, AT_ONCE = 120, 8
ANSWERS = (["Viral pneumonia"], ["Sarcoidosis", "viral pneumonia"], ["Sarcoidosis"])


@pytest.fixture
def crowd(many_connections: None) -> tuple[Round, list[Member]]:
    """A round and many members."""
    cast = Cast()
    round_ = scheduled(cast, draft_case(cast))
    Member.objects.bulk_create(
        Member(email=f"crowd-{number}@example.org", name=f"Crowd {number}", joined_at=CLOSES)
        for number in range(PEOPLE)
    )
    return round_, list(Member.objects.filter(name__startswith="Crowd").order_by("pk"))


def test_none_is_lost_and_none_comes_after(crowd: tuple[Round, list[Member]]) -> None:
    round_, people = crowd
    # Every third arrives in time twice, every third in time, every third in the closing moment or later.
    moments = [CLOSES + timedelta(seconds=second) for second in (-2, -1, 0)]
    taken, refused, lock = set(), set(), threading.Lock()

    def send(number: int) -> None:
        member, at = people[number], moments[number % 3]
        try:
            for step in range(1 + (number % 3 == 0)):
                submit_answers(
                    round_, ANSWERS[(number + step) % 3], by=member, at=at + step * timedelta(milliseconds=5)
                )
            with lock:
                taken.add(member.pk)
        except PermissionDenied:
            with lock:
                refused.add(member.pk)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(send, range(PEOPLE)))
    assert len(taken) == 2 * PEOPLE // 3 and len(refused) == PEOPLE // 3
    assert set(Entry.objects.values_list("member", flat=True)) == taken
    assert not Entry.objects.filter(submitted_at__gte=CLOSES).exists()
    assert reveal_due(CLOSES + SETTLING) == 1
    lines = ranking(2031, at=CLOSES + SETTLING)
    assert {line.tally.who for line in lines} == taken
    points = {
        who: {0: 100, 1: 70, 2: 0}[_last(number)]
        for number, who in enumerate(each.pk for each in people)
        if who in taken
    }
    assert {line.tally.who: line.tally.points for line in lines} == points
    assert [line.place for line in lines] == [row.place for row in placed([line.tally for line in lines])]


def _last(number: int) -> int:
    """Which of the answers somebody sent last."""
    return (number + (number % 3 == 0)) % 3


def test_the_reveal_and_the_answers_that_wait_for_it_do_not_cross(crowd: tuple[Round, list[Member]]) -> None:
    """An answer in time whose turn comes only after the reveal is refused, never silently left out of the points."""
    round_, people = crowd
    results: list[str] = []

    def send(member: Member, at: datetime) -> None:
        try:
            submit_answers(round_, ["Viral pneumonia"], by=member, at=at)
            results.append("taken")
        except PermissionDenied:
            results.append("refused")
        finally:
            connections.close_all()

    def reveal() -> None:
        reveal_due(CLOSES + SETTLING)
        connections.close_all()

    threads = [threading.Thread(target=send, args=(each, CLOSES - timedelta(seconds=1))) for each in people[:20]]
    threads.insert(10, threading.Thread(target=reveal))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    round_.refresh_from_db()
    assert round_.revealed_at and len(results) == 20
    assert Entry.objects.count() == results.count("taken") == Score.objects.count() == round_.entry_count
