"""A crowd of readers, robots and impatient fingers, made so that its true numbers are known while it is made."""

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

CASES = 14
OUTBREAK = "outbreak:novel-2031"
HOUR = 3600
BROWSERS = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 Version/17.2 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
]  # fmt: skip
ROBOTS = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "Mozilla/5.0 (compatible; Yeti/1.1)",
    "curl/8.5.0", "python-requests/2.31.0", "Wget/1.21.4", "facebookexternalhit/1.1", "",
]  # fmt: skip
COUNTRIES = ["KR"] * 6 + ["US", "US", "JP", "DE", "IT", "CN", "VN", "IR", ""]
ITEMS = [*(f"case:{number}" for number in range(1, CASES + 1)), "page:cases"]


@dataclass(frozen=True)
class Person:
    """One visitor of one day, as the server may know them."""

    address: str
    user_agent: str
    country: str


@dataclass(frozen=True)
class Step:
    """A request: when on the told clock, for what, with which headers."""

    second: int
    path: str
    headers: dict[str, str]
    method: str = "GET"


@dataclass
class Crowd:
    """The steps of one day, and the truth about them."""

    day: datetime
    seed: int
    steps: list[Step] = field(default_factory=list)
    # (what of, country, measure) → number; '' stands for the whole site.
    truth: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self._free: dict[tuple[Person, str], int] = {}
        self._hours: defaultdict[tuple[Person, str], set[int]] = defaultdict(set)
        self._seen: set[tuple[Person, str]] = set()
        self._people = 0

    def person(self) -> Person:
        """Somebody new: some share an address with another browser, many share a browser."""
        self._people += 1
        number = self._people // 2 if self._people % 5 == 0 else self._people
        address = f"100.{64 + number // 65536 % 64}.{number // 256 % 256}.{number % 256}"
        version = self._people % 7 if self._people % 5 == 0 else 100 + self._people % 3
        browser = f"{self.chance.choice(BROWSERS)} Edition/{version}.{self._people if number != self._people else 0}"
        return Person(address, browser, COUNTRIES[number % len(COUNTRIES)])

    def view(self, person: Person, item: str) -> None:
        """One view, often after one or more impatient clicks, sometimes from a private window."""
        early, late = 11 * HOUR, 20 * HOUR
        began = self._free.get((person, item)) or early + self.chance.randrange(late - early)
        second = began
        for _click in range(self.chance.choice([0, 0, 0, 1, 1, 2, 4])):
            self._ask(second, item, person)
            self._add("double_clicks", item, person.country)
            second += self.chance.choice([0, 1, 2, 9, 29, 30])
        self._ask(second, item, person)
        self._add("views", item, person.country)
        self._free[person, item] = second + self.chance.choice([31, 32, 60, 1000, HOUR])
        hours = self._hours[person, item]
        if second // HOUR not in hours:
            hours.add(second // HOUR)
            self._add("unique_views", item, person.country)
        for name in things(item):
            if (person, name) not in self._seen:
                self._seen.add((person, name))
                self.truth[name, person.country, "visitors"] += 1

    def robot(self, item: str) -> None:
        """A robot's request."""
        person = Person(f"203.0.113.{self.chance.randrange(200)}", self.chance.choice(ROBOTS), "US")
        self._ask(self._any_second(), item, person)
        self._add("robots", item, "US")

    def guess(self, person: Person, item: str) -> None:
        """A browser fetches a page before it is asked for."""
        header = self.chance.choice(
            [{"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}, {"X-Moz": "prefetch"}]
        )
        self._ask(self._any_second(), item, person, **header)
        self._add("ahead", item, person.country)

    def left_alone(self, item: str) -> None:
        """Somebody whose browser asks not to track."""
        person = Person("198.51.100.7", BROWSERS[1], "DE")
        self._ask(self._any_second(), item, person, **self.chance.choice([{"Sec-GPC": "1"}, {"DNT": "1"}]))
        self._add("unmarked", item, "DE")

    def noise(self, person: Person) -> None:
        """What is no view at all."""
        path, method, more = self.chance.choice(
            [
                ("/gone/", "GET", {}),
                ("/unmarked/", "GET", {}),
                ("/page/case:1/", "HEAD", {}),
                ("/page/case:2/", "GET", {"Sec-Fetch-Dest": "empty"}),
            ]
        )
        self.steps.append(Step(self._at(self._any_second()), path, {**self._headers(person), **more}, method))

    def _ask(self, second: int, item: str, person: Person, **more: str) -> None:
        on = "?on=2020-03-12" if self.chance.random() < 0.1 else ""
        self.steps.append(Step(self._at(second), f"/page/{item}/{on}", {**self._headers(person), **more}))

    def _headers(self, person: Person) -> dict[str, str]:
        # What stands left of the proxy's own entry was written by the client, who may write anything.
        forged = self.chance.choice(["", "", "8.8.8.8, ", f"10.0.0.{self.chance.randrange(9)}, "])
        headers = {"X-Forwarded-For": forged + person.address, "CF-IPCountry": person.country or "XX"}
        window = self.chance.choice(["", "", "sessionid=a-window", "sessionid=a-private-window"])
        return {**headers, "User-Agent": person.user_agent, **({"Cookie": window} if window else {})}

    def _any_second(self) -> int:
        return self.chance.randrange(24 * HOUR)

    def _at(self, second: int) -> int:
        return int(self.day.timestamp()) + second

    def _add(self, measure: str, item: str, country: str) -> None:
        for name in things(item):
            self.truth[name, country, measure] += 1


def things(item: str) -> list[str]:
    """What a request for the item is counted under."""
    return [item, ""] if item == "page:home" else [item, OUTBREAK, ""]


def crowd(day: datetime, *, seed: int, visitors: int, views: int, noise: float = 0.2) -> Crowd:
    """A day with exactly that many visitors of the site and that many views of the outbreak's pages."""
    made = Crowd(day, seed)
    people = [made.person() for _each in range(visitors)]
    readers = made.chance.sample(people, max(visitors // 5, 1))
    for _view in range(views):
        made.view(made.chance.choice(readers), made.chance.choice(ITEMS))
    came = {person for person, _item in made._free}
    for person in people:
        if person not in came or made.chance.random() < 0.1:
            made.view(person, "page:home")
    for _each in range(int(noise * (visitors + views))):
        made.robot(made.chance.choice([*ITEMS, "page:home"]))
    for _each in range(int(noise * visitors / 5)):
        made.guess(made.chance.choice(people), made.chance.choice(ITEMS))
        made.left_alone(made.chance.choice(ITEMS))
        made.noise(made.chance.choice(people))
    made.steps.sort(key=lambda step: step.second)
    return made


def queues(steps: list[Step], clients: int) -> list[list[Step]]:
    """The steps dealt out to clients, each in its own order."""
    return [steps[number::clients] for number in range(clients)]


def midnight(year: int, month: int, day: int) -> datetime:
    """Midnight of a day in Seoul."""
    return datetime.fromtimestamp(datetime(year, month, day, tzinfo=UTC).timestamp() - 9 * HOUR, UTC)


def truth_rows(*crowds: Crowd) -> Iterator[tuple[str, str, str, str, int]]:
    """(day, what of, country, measure, number) of every crowd, but for zeros."""
    for each in crowds:
        day = datetime.fromtimestamp(each.day.timestamp() + 9 * HOUR, UTC).date().isoformat()
        for (name, country, measure), number in each.truth.items():
            if number:
                yield day, name, country, measure, number
