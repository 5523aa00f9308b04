"""Until the reveal nothing tells the answer: no page, feed, address, header or size, to a stranger or a member."""

import gzip
import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from firstlight.imaging.models import Instance, Series, Study
from firstlight.imaging.veil import SHOWN, Veil, shown, veiled_series
from firstlight.library import actions as library
from firstlight.library.models import Case
from firstlight.people.models import Member
from firstlight.weekly.models import Round
from firstlight.weekly.queries import veil_of
from tests.cast import DAWN, PASSWORD, Cast
from tests.weekly.rounds import AFTER, OPEN, RIGHT, answer, revealed, scheduled

CANARIES = {
    "title_en": "Canary title of a traveller",
    "findings_en": "Canary findings [here](key:1)",
    "diagnosis_en": "Canary diagnosis of the week",
    "discussion_en": "Canary discussion",
    "teaching_points_en": "Canary teaching points",
    "references": "Canary reference",
}


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The round is open now."""
    monkeypatch.setattr(timezone, "now", lambda: OPEN)


@pytest.fixture
def hidden(cast: Cast, case: Case, at_noon: None) -> Round:
    """A round whose case and headers are full of words that must not be seen."""
    library.write_case(case, by=cast.haneul, at=DAWN, **CANARIES)
    case.key_images.update(caption_en="Canary caption")
    Study.objects.update(description="Canary study", patient_id="CANARYPATIENT")
    Series.objects.update(description="Canary series")
    return scheduled(cast, case, right=["Canary diagnosis of the week", *RIGHT])


def secrets_of(round_: Round) -> set[str]:
    study = Study.objects.get()
    uids = {study.study_instance_uid, *Series.objects.values_list("series_instance_uid", flat=True)}
    uids |= set(Instance.objects.values_list("sop_instance_uid", flat=True))
    return {"canary", *(each.lower() for each in uids), round_.case.outbreak.slug if round_.case.outbreak else "canary"}


def everything(round_: Round) -> dict[str, list[str]]:
    """Every value that a parameter of an address can take."""
    series = Series.objects.get()
    veil = veil_of(round_)
    instance = series.instances.all()[1]
    return {
        "key": [round_.key],
        "number": [str(round_.case.number), "1"],
        "year": ["2031"],
        "member": ["1"],
        "slug": [round_.case.outbreak.slug if round_.case.outbreak else "x"],
        "study": [series.study.study_instance_uid, veil.root],
        "series": [series.series_instance_uid, veil.series_uid(1)],
        "sop": [instance.sop_instance_uid, veil.instance_uid(1, 1)],
        "numbers": ["1"],
        "frame": ["1"],
        "path": ["00280010"],
    }


def addresses(values: dict[str, list[str]]) -> Iterator[str]:
    """Every address of the site, filled with real values; what has parameters of other kinds is filled with '1'."""
    for pattern in patterns(get_resolver().url_patterns, ""):
        names = re.findall(r"\(\?P<(\w+)>", pattern)
        for which in (0, -1):
            filled = pattern
            for name in names:
                filled = _filled(filled, values.get(name, ["1"])[which])
            yield "/" + re.sub(r"\(\?:.*?\)\*?|[\^$\\]|\\Z|\?$", "", filled).replace("Z", "")


def _filled(pattern: str, value: str) -> str:
    """The pattern with its first named group replaced."""
    begin = pattern.index("(?P<")
    depth = 0
    for end in range(begin, len(pattern)):
        depth += {"(": 1, ")": -1}.get(pattern[end], 0)
        if depth == 0:
            return pattern[:begin] + value + pattern[end + 1 :]
    raise AssertionError(pattern)


def patterns(entries: list[URLPattern | URLResolver], before: str) -> Iterator[str]:
    for entry in entries:
        path = before + entry.pattern.regex.pattern.removeprefix("^").removesuffix("\\Z")
        if isinstance(entry, URLResolver):
            yield from patterns(entry.url_patterns, path)
        else:
            yield path


def body(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    if response.headers.get("Content-Encoding") == "gzip":
        content = gzip.decompress(content)
    return (str(response.headers) + content.decode("utf-8", "replace")).lower()


def signed_in(client: Client, member: Member | None) -> Client:
    if member:
        assert client.login(email=member.email, password=PASSWORD)
    return client


def told_by(client: Client, round_: Round, queries: tuple[str, ...]) -> tuple[list[tuple[str, str]], int]:
    """Every address that says a secret, and how many addresses answered at all."""
    secrets = secrets_of(round_)
    told, reached = [], 0
    for address in sorted(set(addresses(everything(round_)))):
        if address.startswith("/account/logout"):
            continue
        own = {part.lower() for part in address.split("/")}
        for query in queries:
            response = client.get(address + query)
            reached += response.status_code == 200
            # An outbreak's own pages name it, and an address may be said back: neither tells of this case.
            words = {each for each in secrets if each not in own and each != "novel-2031"}
            told += [(address + query, each) for each in words if each in body(response)]
    return told, reached


@pytest.mark.parametrize("name", ["stranger", "Noel", "Sora"])
def test_no_address_tells(cast: Cast, hidden: Round, name: str) -> None:
    answer(hidden, cast.maru, "Viral pneumonia", at=OPEN)
    client = signed_in(Client(), cast.everyone()[name])
    told, reached = told_by(client, hidden, ("", "?on=2031-03-09", "?on=2040-01-01", "?format=json"))
    assert told == []
    assert reached > 60, "the walk should reach the site's pages"


@pytest.mark.parametrize("name", ["stranger", "Noel"])
def test_no_search_finds_it(cast: Cast, hidden: Round, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(Client(), cast.everyone()[name])
    asked = ("/cases/?q={}", "/cases/suggestions/?q={}", "/api/cases?q={}", "/api/cases/suggestions?q={}")
    words = ("canary", "canary diagnosis", "canar", "canray")

    def found() -> set[str]:
        pages = {each.format(word): client.get(each.format(word)) for each in asked for word in words}
        return {at for at, page in pages.items() if re.search("canary (title|diagnosis) of", body(page))}

    assert found() == set()
    monkeypatch.setattr(timezone, "now", lambda: AFTER)
    client.get("/weekly/")
    assert {"/cases/?q=canary", "/api/cases?q=canray", "/api/cases/suggestions?q=canar"} <= found()


def test_the_walk_would_have_found_it(hidden: Round, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: AFTER)
    Client().get("/weekly/")
    told, _reached = told_by(Client(), hidden, ("",))
    where = {address for address, _word in told}
    assert {"/weekly/", f"/cases/{hidden.case.number}/", "/dicom-web/studies"} <= where


def test_the_outbreak_is_not_named_beside_the_case(cast: Cast, hidden: Round, client: Client) -> None:
    assert "novel" not in body(client.get(f"/weekly/{hidden.key}/"))


@pytest.mark.parametrize("name", ["stranger", "Noel"])
def test_dicomweb_knows_nothing_of_the_study(cast: Cast, hidden: Round, name: str) -> None:
    client = signed_in(Client(), cast.everyone()[name])
    series = Series.objects.get()
    study = series.study.study_instance_uid
    for search in (
        "studies",
        "series",
        "instances",
        "studies?PatientID=CANARYPATIENT",
        f"series?StudyInstanceUID={study}",
    ):
        assert client.get(f"/dicom-web/{search}").status_code == 204
    sop = series.instances.all()[0].sop_instance_uid
    base = f"/dicom-web/studies/{study}"
    deep = f"{base}/series/{series.series_instance_uid}/instances/{sop}"
    absent = client.get("/dicom-web/studies/1.2.3.4/metadata").content
    for address in (
        base,
        f"{base}/metadata",
        deep,
        f"{deep}/metadata",
        f"{deep}/frames/1",
        f"{deep}/rendered",
        f"{deep}/thumbnail",
    ):
        response = client.get(address)
        assert (response.status_code, response.content) == (404, absent)
    assert client.get(f"/studies/{study}/receipt/").status_code == 404


def test_the_names_of_the_veil_lead_nowhere_in_the_depository(hidden: Round, client: Client) -> None:
    veil = veil_of(hidden)
    assert client.get(f"/dicom-web/studies/{veil.root}/metadata").status_code == 404
    assert (
        client.get(f"/weekly/{hidden.key}/dicom-web/studies/{veil.root}/series/{veil.series_uid(1)}").status_code == 404
    )


def test_behind_the_veil_there_are_images_and_what_draws_them(hidden: Round, client: Client) -> None:
    veil = veil_of(hidden)
    base = f"/weekly/{hidden.key}/dicom-web/studies/{veil.root}/series/{veil.series_uid(1)}"
    documents = json.loads(gzip.decompress(client.get(f"{base}/metadata", headers={"accept-encoding": "gzip"}).content))
    assert [each["00080018"]["Value"][0] for each in documents] == [veil.instance_uid(1, index) for index in range(3)]
    assert all(set(each) <= SHOWN | {"0020000D", "0020000E", "00080018", "00200013", "00200052"} for each in documents)
    assert documents[0]["00280010"]["Value"] and documents[0]["00200032"]["Value"]
    whole = Instance.objects.order_by("stack_index")
    stored = client.get(
        f"{base}/instances/{veil.instance_uid(1, 0)}/frames/1", headers={"accept": "application/octet-stream"}
    )
    assert stored.status_code == 200
    assert len(stored.content) == whole[0].frames[0][0][1]
    picture = client.get(f"{base}/instances/{veil.instance_uid(1, 2)}/rendered")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/jpeg")
    for wrong in (veil.instance_uid(1, 3), veil.instance_uid(2, 0), f"{veil.series_uid(1)}.01", "1.2.3"):
        assert client.get(f"{base}/instances/{wrong}/frames/1").status_code == 404


def test_no_value_of_a_hidden_element_is_in_the_veiled_metadata(hidden: Round, client: Client) -> None:
    from firstlight.imaging import store

    documents = json.loads(gzip.decompress(store.read(Series.objects.get().metadata_object, room="metadata")))
    veil = veil_of(hidden)
    address = f"/weekly/{hidden.key}/dicom-web/studies/{veil.root}/series/{veil.series_uid(1)}/metadata"
    veiled = client.get(address).content.decode()
    hidden_values = {
        str(value)
        for each in documents
        for tag, element in each.items()
        if tag not in SHOWN
        for value in element.get("Value", [])
        if isinstance(value, str) and len(value) >= 6
    }
    assert len(hidden_values) > 8
    assert [each for each in hidden_values if each in veiled] == []


def test_before_it_opens_there_is_nothing(hidden: Round, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(timezone, "now", lambda: DAWN)
    veil = veil_of(hidden)
    metadata = f"dicom-web/studies/{veil.root}/series/{veil.series_uid(1)}/metadata"
    for below in ("", metadata, "answers/", "comments/"):
        assert client.get(f"/weekly/{hidden.key}/{below}").status_code in {404, 405, 302}
    there, absent = client.get(f"/weekly/{hidden.key}/"), client.get(f"/weekly/{'0' * 16}/")
    assert without_tokens(there).replace(hidden.key.encode(), b"0" * 16) == without_tokens(absent)


def without_tokens(response: Any) -> bytes:
    return re.sub(rb'(csrfmiddlewaretoken" value=")[^"]+', rb"\1", response.content)


def test_the_page_is_the_same_byte_for_byte_whatever_is_right(cast: Cast, hidden: Round) -> None:
    """Same bytes, same headers, same questions to the database: nothing to measure."""
    client = signed_in(Client(), cast.noel)
    address = f"/weekly/{hidden.key}/"
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as before:
        first = client.get(address)
    Round.objects.update(right_keys=["sarcoidosis", "lam"], right_names=[])
    Case.objects.update(diagnosis_en="Lymphangioleiomyomatosis, with more words", title_en="Short", tags=["a", "b"])
    with CaptureQueriesContext(connection) as after:
        second = client.get(address)
    assert without_tokens(first) == without_tokens(second)
    assert [each["sql"] for each in before] == [each["sql"] for each in after]
    assert {**first.headers, "Set-Cookie": ""} == {**second.headers, "Set-Cookie": ""}


def test_a_right_answer_is_taken_as_a_wrong_one_is(cast: Cast, hidden: Round) -> None:
    client = signed_in(Client(), cast.noel)
    client.post(f"/weekly/{hidden.key}/answers/", {"answer_1": "first"})
    shapes = []
    for text in ("viral pneumonia", "sarcoidosis xx."):
        with CaptureQueriesContext(connection) as asked:
            response = client.post(f"/weekly/{hidden.key}/answers/", {"answer_1": text})
        shapes.append(
            (response.status_code, response["Location"], [re.sub(r"'[^']*'|\d+", "?", each["sql"]) for each in asked])
        )
    assert shapes[0] == shapes[1]


def test_what_is_offered_is_the_whole_vocabulary_whatever_is_asked(cast: Cast, hidden: Round) -> None:
    page = signed_in(Client(), cast.noel).get(f"/weekly/{hidden.key}/").content.decode()
    offered = re.search(r"<datalist.*?</datalist>", page, re.DOTALL)
    assert offered and offered[0].count("<option") == 78


def test_a_day_to_come_shows_no_more_than_today(cast: Cast, hidden: Round, client: Client) -> None:
    now = client.get(f"/weekly/{hidden.key}/")
    then = client.get(f"/weekly/{hidden.key}/?on=2039-01-01")
    assert then.status_code == 200
    assert "diagnosis-title" not in now.content.decode() + then.content.decode()


def test_after_the_reveal_a_past_day_is_veiled_again(
    cast: Cast, weekly: Round, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    revealed(weekly)
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 4, 1, tzinfo=DAWN.tzinfo))
    assert "Fever in a traveller" in client.get(f"/weekly/{weekly.key}/").content.decode()
    assert "Fever in a traveller" not in client.get(f"/weekly/{weekly.key}/?on=2031-03-05").content.decode()


def test_the_chore_and_a_page_reveal_it_in_time(
    cast: Cast, hidden: Round, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timezone, "now", lambda: datetime(2031, 4, 1, tzinfo=DAWN.tzinfo))
    assert client.get(f"/cases/{hidden.case.number}/").status_code == 404
    assert "Canary diagnosis" in client.get("/weekly/").content.decode()
    assert client.get(f"/cases/{hidden.case.number}/").status_code == 200


LEAF = st.sampled_from([{"vr": "LO", "Value": ["words"]}, {"vr": "OW", "BulkDataURI": "somewhere"}, {"vr": "CS"}])
TAGS = st.sampled_from([*sorted(SHOWN), "00100010", "00081030", "0008103E", "00104000", "00204000"])


def _sequence(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"vr": "SQ", "Value": items}


DOCUMENTS = st.recursive(
    st.dictionaries(TAGS, LEAF, max_size=4),
    lambda inner: st.dictionaries(
        TAGS, st.lists(inner, max_size=2).map(lambda items: {"vr": "SQ", "Value": items}), max_size=2
    ),
    max_leaves=8,
)


def tags_in(document: dict[str, Any]) -> set[str]:
    inner = [item for element in document.values() if element["vr"] == "SQ" for item in element.get("Value", [])]
    return set(document).union(*(tags_in(item) for item in inner))


@given(DOCUMENTS)
def test_the_veil_lets_nothing_else_through_at_any_depth(document: dict[str, Any]) -> None:
    assert tags_in(shown(document)) <= SHOWN
    assert "BulkDataURI" not in json.dumps(shown(document))


@given(st.text(), st.integers(1, 30), st.integers(0, 4000))
def test_names_of_the_veil_lead_back_to_their_place(seed: str, place: int, index: int) -> None:
    veil = Veil(seed)
    assert veil.place_of_series(veil.series_uid(place)) == place
    assert veil.stack_index_of(veil.instance_uid(place, index), place) == index
    assert len(veil.frame_of_reference_uid("1.2.3")) <= 64 and len(veil.instance_uid(30, 4000)) <= 64


def test_one_frame_of_reference_stays_one() -> None:
    veil = Veil("x")
    documents = [{"00200052": {"vr": "UI", "Value": [uid]}} for uid in ("1.2", "1.2", "1.3")]
    named = [each["00200052"]["Value"][0] for each in veiled_series(documents, veil=veil, place=1)]
    assert named[0] == named[1] != named[2]
    assert all(each != "1.2" for each in named)
