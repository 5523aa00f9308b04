"""What several threads want at the same time is done once for all of them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass
class _Wish(Generic[T, R]):
    items: Sequence[T]
    done: bool = False
    results: list[R] = field(default_factory=list)
    error: Exception | None = None


class Together(Generic[T, R]):
    """An action on many items: who comes while it runs waits, and the next run does what all of these brought.

    One thread's fault is not the others': where a common run fails, each wish is done alone.
    """

    def __init__(self, act: Callable[[Sequence[T]], list[R]]) -> None:
        self._act = act
        self._turn = Lock()
        self._mutex = Lock()
        self._waiting: list[_Wish[T, R]] = []

    def __call__(self, items: Sequence[T]) -> list[R]:
        if not items:
            return []
        wish: _Wish[T, R] = _Wish(items)
        with self._mutex:
            self._waiting.append(wish)
        with self._turn:
            if not wish.done:
                with self._mutex:
                    group, self._waiting = self._waiting, []
                self._do(group)
        if wish.error is not None:
            raise wish.error
        return wish.results

    def _do(self, group: Sequence[_Wish[T, R]]) -> None:
        try:
            results = self._act([item for wish in group for item in wish.items])
        except Exception as error:  # noqa: BLE001 — whatever it is, it goes to the thread whose wish it was
            if len(group) == 1:
                group[0].error, group[0].done = error, True
                return
            for wish in group:
                self._do([wish])
            return
        place = 0
        for wish in group:
            wish.results, wish.done = results[place : place + len(wish.items)], True
            place += len(wish.items)
