"""All of an outbreak's series read again, by own processes or by a Dask cluster: stopped, and gone on with."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from multiprocessing import get_context
from typing import Any

from django.db.models import Q, QuerySet

from firstlight.audit.actions import record
from firstlight.imaging.elsewhere import depository, reread_there
from firstlight.imaging.models import Rereading, Series
from firstlight.outbreaks.models import Outbreak

WINDOW = 4  # series under way for each process: stopping waits for no more than these
Submit = Callable[..., "Future[Any]"]


@dataclass(frozen=True)
class Progress:
    """One series that was read again: how many of its instances could not be."""

    series: int
    failed: int


def begin_rereading(outbreak: Outbreak, *, cleans: bool, at: datetime) -> Rereading:
    """The reading that was stopped and is not finished, or a new one."""
    found, is_new = Rereading.objects.get_or_create(
        outbreak=outbreak, cleans=cleans, finished_at=None, defaults={"started_at": at}
    )
    if is_new:
        record("outbreak.reread", outbreak, by="server", at=at, cleans=cleans)
    return found


def left_of(rereading: Rereading) -> QuerySet[Series]:
    """The series that are still to be read."""
    not_yet = Q(reread_at=None) | Q(reread_at__lt=rereading.started_at)
    return Series.objects.filter(not_yet, study__outbreak=rereading.outbreak).order_by("pk")


def reread(rereading: Rereading, submit: Submit, *, processes: int, at: datetime) -> Iterator[Progress]:
    """Read what is left, each series in one place; whoever stops asking stops it after those under way."""
    keys = list(left_of(rereading).values_list("pk", flat=True))
    for key, failed in _done(submit, keys, WINDOW * processes, rereading.cleans, at):
        yield Progress(key, failed)
    rereading.finished_at = at
    rereading.save(update_fields=["finished_at"])


def _done(
    submit: Submit,
    keys: Iterable[int],
    window: int,
    cleans: bool,
    at: datetime,
) -> Iterator[tuple[int, int]]:
    rest, place = iter(keys), depository()
    under_way = {submit(reread_there, place, key, cleans, at): key for key in islice(rest, window)}
    while under_way:
        finished, _ = wait_for(under_way)
        for each in finished:
            yield under_way.pop(each), each.result()
        under_way |= {submit(reread_there, place, key, cleans, at): key for key in islice(rest, len(finished))}


def wait_for(under_way: Iterable[Any]) -> tuple[set[Any], set[Any]]:
    """The futures that are done, and the others; of a process pool or of Dask, which has its own."""
    each = list(under_way)
    if isinstance(each[0], Future):
        done, others = wait(each, return_when=FIRST_COMPLETED)
        return set(done), set(others)
    import distributed

    found = distributed.wait(each, return_when="FIRST_COMPLETED")  # type: ignore[no-untyped-call]
    return set(found.done), set(found.not_done)


@contextmanager
def own_processes(count: int) -> Iterator[Submit]:
    """Processes of this machine."""
    with ProcessPoolExecutor(count, mp_context=get_context("spawn")) as pool:
        try:
            yield pool.submit
        finally:
            pool.shutdown(cancel_futures=True)


@contextmanager
def cluster(address: str) -> Iterator[tuple[Submit, int]]:
    """A Dask cluster and how many threads it has; its workers have Firstlight, and the same two settings."""
    from distributed import Client

    with Client(address, timeout=20) as client:  # type: ignore[no-untyped-call]

        def submit(*given: Any) -> Any:
            return client.submit(*given, pure=False)

        yield submit, max(1, sum(client.nthreads().values()))
