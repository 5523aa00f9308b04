"""The rules, against what COUNTER writes and against an oracle that knows no cleverness."""

import itertools
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.visits.rules.counting import Cell, Thing, counted, day_numbers, numbers_of, things_of
from firstlight.visits.rules.lines import Event, line_of, read_line
from firstlight.visits.rules.requests import Kind, asks_to_be_left_alone, check_name, is_page, is_robot, kind_of
from firstlight.visits.rules.visitors import Origin, mark_of, origin_of

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36"
)
KEY = b"k" * 32


def test_counter_s_own_examples_of_a_double_click() -> None:
    """10:01:00 and 10:01:29 are one action, 10:01:00 and 10:01:35 two (Code of Practice 5.1, 7.2)."""
    assert counted([0, 29]) == [29]
    assert counted([0, 35]) == [0, 35]
    assert counted([0, 30]) == [30]
    assert counted([0, 31]) == [0, 31]
    assert counted([]) == []


def test_a_row_of_clicks_is_the_last_one_however_long() -> None:
    assert counted([0, 20, 40, 60, 80]) == [80]
    assert counted([0, 20, 40, 71]) == [40, 71]


@given(st.lists(st.integers(0, 400), max_size=25))
def test_double_clicks_as_the_code_says_it_click_by_click(seconds: list[int]) -> None:
    """Remove the first and keep the second of any two within 30 seconds, until there are none."""
    left = sorted(seconds)
    while any(later - each <= 30 for each, later in itertools.pairwise(left)):
        first = next(i for i, (each, later) in enumerate(itertools.pairwise(left)) if later - each <= 30)
        del left[first]
    assert counted(set(seconds)) == left


events = st.builds(
    Event,
    day=st.just(date(2031, 3, 1)),
    second=st.integers(10_000, 10_000 + 8000),
    kind=st.just(Kind.VIEW),
    visitor=st.sampled_from(["", "a" * 24, "b" * 24, "c" * 24]),
    country=st.just("KR"),
    item=st.sampled_from(["case:1", "case:2"]),
    group=st.sampled_from(["outbreak:x", ""]),
)


@given(st.lists(events, max_size=30))
def test_a_day_s_numbers_hold_together(day: list[Event]) -> None:
    numbers = day_numbers(day)

    def of(group: str, item: str, measure: str) -> int:
        return numbers[Cell(Thing(group, item), "KR", measure)]  # type: ignore[arg-type]

    marked = [event for event in day if event.visitor]
    assert of("", "", "visitors") == len({event.visitor for event in marked})
    assert of("", "", "views") + of("", "", "double_clicks") == len(marked)
    assert of("", "", "unmarked") == len(day) - len(marked)
    assert of("", "", "unique_views") <= of("", "", "views")
    assert of("outbreak:x", "", "views") == sum(of("outbreak:x", f"case:{number}", "views") for number in (1, 2))


def test_a_person_s_hours_are_told_apart_and_two_items_are_two() -> None:
    thing, other = Thing("outbreak:x", "case:1"), Thing("outbreak:x", "case:2")
    numbers = numbers_of({thing: {3590: 1, 3610: 1, 7300: 3}, other: {3590: 1}}, "KR")
    assert numbers[Cell(thing, "KR", "views")] == 2
    assert numbers[Cell(thing, "KR", "unique_views")] == 2
    assert numbers[Cell(thing, "KR", "double_clicks")] == 3
    whole = Thing("", "")
    assert (numbers[Cell(whole, "KR", "views")], numbers[Cell(whole, "KR", "visitors")]) == (3, 1)


def test_a_page_without_group_is_of_the_site_alone() -> None:
    assert things_of(Thing("", "page:home")) == {Thing("", "page:home"), Thing("", "")}


@pytest.mark.parametrize(
    ("user_agent", "is_one"),
    [
        ("", True),
        ("curl/8.5.0", True),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", True),
        ("W3C_Validator/1.3", True),
        ("SLURP", True),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/120.0.0.0", True),
        (CHROME, False),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Version/17.0 Safari/604.1",
            False,
        ),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:121.0) Gecko/20100101 Firefox/121.0", False),
    ],
)
def test_counter_s_lists_are_read_without_minding_case(user_agent: str, is_one: bool) -> None:
    assert is_robot(user_agent) is is_one


@pytest.mark.parametrize(
    ("method", "status", "content_type", "headers", "is_one"),
    [
        ("GET", 200, "text/html; charset=utf-8", {}, True),
        ("GET", 304, "", {}, True),
        ("GET", 200, "text/html", {"HTTP_SEC_FETCH_DEST": "document"}, True),
        ("GET", 200, "text/html", {"HTTP_SEC_FETCH_DEST": "iframe"}, True),
        ("GET", 200, "text/html", {"HTTP_SEC_FETCH_DEST": "empty"}, False),
        ("HEAD", 200, "text/html", {}, False),
        ("POST", 200, "text/html", {}, False),
        ("GET", 404, "text/html", {}, False),
        ("GET", 302, "text/html", {}, False),
        ("GET", 206, "text/html", {}, False),
        ("GET", 200, "text/csv", {}, False),
        ("GET", 200, "application/atom+xml", {}, False),
    ],
)
def test_what_a_page_is(method: str, status: int, content_type: str, headers: dict[str, str], is_one: bool) -> None:
    assert is_page(method, status, content_type, headers) is is_one


@pytest.mark.parametrize("header", ["HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_PURPOSE", "HTTP_X_MOZ"])
@pytest.mark.parametrize("value", ["prefetch", "prefetch;prerender", "preview"])
def test_a_guess_of_the_browser_is_no_view(header: str, value: str) -> None:
    assert kind_of({"HTTP_USER_AGENT": CHROME, header: value}) is Kind.AHEAD
    assert kind_of({"HTTP_USER_AGENT": "curl/8", header: value}) is Kind.ROBOT
    assert kind_of({"HTTP_USER_AGENT": CHROME}) is Kind.VIEW


def test_who_asks_to_be_left_alone() -> None:
    assert asks_to_be_left_alone({"HTTP_DNT": "1"}) and asks_to_be_left_alone({"HTTP_SEC_GPC": "1"})
    assert not asks_to_be_left_alone({"HTTP_DNT": "0"}) and not asks_to_be_left_alone({})


@pytest.mark.parametrize(
    ("proxies", "remote", "forwarded", "expected"),
    [
        (0, "192.0.2.1", "", Origin("192.0.2.1", "")),
        (0, "192.0.2.1", "8.8.8.8", Origin("192.0.2.1", "")),
        (1, "10.0.0.1", "192.0.2.1", Origin("192.0.2.1", "KR")),
        (1, "10.0.0.1", "8.8.8.8, 192.0.2.1", Origin("192.0.2.1", "KR")),
        (2, "10.0.0.1", "8.8.8.8, 192.0.2.1, 10.0.0.9", Origin("192.0.2.1", "KR")),
        (2, "10.0.0.1", "192.0.2.1", Origin("10.0.0.1", "")),
        (1, "10.0.0.1", "nonsense", Origin("10.0.0.1", "")),
        (1, "10.0.0.1", "", Origin("10.0.0.1", "")),
        (1, "10.0.0.1", "192.0.2.1:4711", Origin("192.0.2.1", "KR")),
        (1, "10.0.0.1", "[2001:db8::1]:4711", Origin("2001:db8::1", "KR")),
        (1, "10.0.0.1", "2001:0DB8:0:0::1", Origin("2001:db8::1", "KR")),
        (1, "10.0.0.1", "::ffff:192.0.2.1", Origin("192.0.2.1", "KR")),
        (0, "", "", Origin("", "")),
    ],
)
def test_only_what_our_own_proxies_wrote_is_believed(
    proxies: int, remote: str, forwarded: str, expected: Origin
) -> None:
    headers = {"REMOTE_ADDR": remote, "HTTP_X_FORWARDED_FOR": forwarded, "HTTP_CF_IPCOUNTRY": "kr"}
    assert origin_of(headers, proxies=proxies, country_header="HTTP_CF_IPCOUNTRY") == expected


@pytest.mark.parametrize(("told", "country"), [("KR", "KR"), ("XX", ""), ("T1", ""), ("", ""), ("ZZ", ""), ("KOR", "")])
def test_a_country_is_two_letters_or_unknown(told: str, country: str) -> None:
    headers = {"HTTP_X_FORWARDED_FOR": "192.0.2.1", "HTTP_C": told}
    assert origin_of(headers, proxies=1, country_header="HTTP_C").country == country


def test_a_mark_is_of_address_browser_country_and_day() -> None:
    one = mark_of(Origin("192.0.2.1", "KR"), CHROME, key=KEY)
    assert one == mark_of(Origin("192.0.2.1", "KR"), CHROME, key=KEY)
    others = {
        mark_of(Origin("192.0.2.2", "KR"), CHROME, key=KEY),
        mark_of(Origin("192.0.2.1", "JP"), CHROME, key=KEY),
        mark_of(Origin("192.0.2.1", "KR"), CHROME + " ", key=KEY),
        mark_of(Origin("192.0.2.1", "KR"), CHROME, key=b"l" * 32),
    }
    assert len(others | {one}) == 5


names = st.from_regex(r"[a-z][a-z-]*:[A-Za-z0-9_.-]{1,80}", fullmatch=True)


@given(
    st.builds(
        Event,
        day=st.dates(date(1990, 1, 1)),
        second=st.integers(0, 2**40),
        kind=st.sampled_from(Kind),
        visitor=st.just("") | st.from_regex(r"[0-9a-f]{24}", fullmatch=True),
        country=st.sampled_from(["", "KR"]),
        item=names,
        group=st.just("") | names,
    )
)
def test_a_line_says_what_was_written(event: Event) -> None:
    line = line_of(event)
    assert line.endswith(b"\n") and line.count(b"\n") == 1 and len(line) < 4096
    assert read_line(line.removesuffix(b"\n")) == event


@given(st.binary(max_size=120))
def test_no_line_can_stop_the_reader(line: bytes) -> None:
    event = read_line(line)
    assert event is None or line_of(event).split() == line.split()


@pytest.mark.parametrize("name", ["", "case", "case:", "Case:1", "case:a b", "case:1\n", "case:" + "1" * 81, "case:가"])
def test_a_name_that_would_spoil_a_line_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="case:12"):
        check_name(name)
