"""Reading and searching as FHIR R4."""

from collections.abc import Iterator
from typing import Any

import fhirkit
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.fhir.queries import KINDS
from firstlight.fhir.rules.outcomes import Refusal
from firstlight.fhir.rules.searching import in_period, wanted_of
from firstlight.imaging.models import Study
from tests.cast import Cast
from tests.fhir.conftest import HIDDEN, PUBLIC, outcome
from tests.order_systems.conftest import ROOT, publish


def empties(value: Any, path: str = "") -> Iterator[str]:
    if value is None or value in ("", [], {}):
        yield path
    for name, each in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from empties(each, f"{path}.{name}")


def check(response: Any) -> Any:
    """A good answer, by validation that nobody here wrote."""
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "application/fhir+json; charset=utf-8"
    assert [str(each) for each in fhirkit.validate(response.content)] == []
    found = response.json()
    assert list(empties(found)) == []
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_searched_and_read(kind: str, client: Client, guidelines: object, studies: object) -> None:
    found = check(client.get(f"/fhir/{kind}?_count=100"))
    assert found["total"] == len(found["entry"]) > 0
    for entry in found["entry"][:12]:
        assert entry["fullUrl"] == f"{ROOT}/fhir/{kind}/{entry['resource']['id']}"
        assert check(client.get(f"/fhir/{kind}/{entry['resource']['id']}")) == entry["resource"]


def test_the_statement_says_what_there_is(client: Client, db: None) -> None:
    found = check(client.get("/fhir/metadata"))
    assert [each["type"] for each in found["rest"][0]["resource"]] == list(KINDS)
    assert found["fhirVersion"] == "4.0.1"


def test_a_stranger_reads_published_studies_and_an_editor_all(
    client: Client, cast: Cast, studies: dict[str, Study]
) -> None:
    assert [each["resource"]["id"] for each in client.get("/fhir/ImagingStudy").json()["entry"]] == [PUBLIC]
    assert outcome(client.get(f"/fhir/ImagingStudy/{HIDDEN}"))["code"] == "not-found"
    bearer = {"Authorization": f"Bearer {cast.token(cast.haneul)}"}
    assert client.get("/fhir/ImagingStudy", headers=bearer).json()["total"] == 2
    assert client.get(f"/fhir/ImagingStudy/{HIDDEN}", headers=bearer).status_code == 200
    refused = client.get("/fhir/ImagingStudy", headers={"Authorization": "Bearer wrong"})
    assert (refused.status_code, outcome(refused)["code"]) == (401, "login")


def test_a_study_says_where_its_images_are_and_not_whose(client: Client, studies: object) -> None:
    found = check(client.get(f"/fhir/ImagingStudy/{PUBLIC}"))
    assert found["subject"]["identifier"]["value"] == "FL-0001"
    assert found["contained"][0]["address"] == f"{ROOT}/dicom-web"
    assert found["series"][0]["instance"][1]["uid"] == f"{PUBLIC}.1.2"
    assert "number" not in found["series"][0], "a negative series number is no unsignedInt"
    assert "&lt;CT&gt;" in found["text"]["div"]


SEARCHES = [
    ("ImagingStudy?identifier=urn:dicom:uid|urn:oid:" + PUBLIC, 1),
    ("ImagingStudy?identifier=urn:oid:1.2", 0),
    ("ImagingStudy?modality=CT", 1),
    ("ImagingStudy?modality=http://dicom.nema.org/resources/ontology/DCM|DX,CR", 0),
    ("ImagingStudy?started=2020-02-03", 1),
    ("ImagingStudy?started=ge2020-02&started=lt2020-03", 1),
    ("ImagingStudy?started=gt2020-02-03", 0),
    ("ImagingStudy?started=2020", 1),
    (f"ImagingStudy?series={PUBLIC}.1", 1),
    ("ImagingStudy?outbreak=novel-2031&status=available", 1),
    ("ImagingStudy?_lastUpdated=ge2020", 1),
    (f"ImagingStudy?_id={HIDDEN}", 0),
    ("PlanDefinition?title=who", 0),
    ("PlanDefinition?title:contains=COVID", 5),
    ("PlanDefinition?status=active&_id=novel-2031.who-2020", 1),
    ("PlanDefinition?url=" + ROOT + "/fhir/PlanDefinition/novel-2031.who-2020", 1),
    ("PlanDefinition?url:below=" + ROOT + "/fhir", 5),
    ("PlanDefinition?date=lt2000", 0),
    ("ResearchStudy?identifier=novel-2031", 1),
    ("ResearchStudy?nonsense=1", 1),
]


def test_searches_find_what_they_ask_for(client: Client, guidelines: object, studies: object) -> None:
    assert {query: check(client.get(f"/fhir/{query}"))["total"] for query, _total in SEARCHES} == dict(SEARCHES)


def test_pages_lead_to_each_other_and_hold_each_once(client: Client, guidelines: object) -> None:
    seen, address = [], "/fhir/ActivityDefinition?_count=7&status=active"
    total = 0
    while address:
        page = check(client.get(address))
        total = page["total"]
        seen += [each["resource"]["id"] for each in page["entry"]]
        links = {each["relation"]: each["url"] for each in page["link"]}
        assert "status=active" in links["self"]
        address = links.get("next", "").removeprefix(ROOT)
    assert len(seen) == len(set(seen)) == total > 14
    counted = check(client.get("/fhir/ActivityDefinition?_summary=count"))
    assert set(counted) == {"resourceType", "type", "total"}
    assert check(client.get("/fhir/ActivityDefinition?_count=0"))["total"] == total


def test_a_summary_is_marked_as_a_part(client: Client, guidelines: object, studies: object) -> None:
    short = check(client.get("/fhir/PlanDefinition/novel-2031.who-2020?_summary=true"))
    assert "action" not in short
    assert short["meta"]["tag"][0]["code"] == "SUBSETTED"
    assert "instance" not in check(client.get(f"/fhir/ImagingStudy/{PUBLIC}?_summary=true"))["series"][0]
    assert "text" not in check(client.get("/fhir/PlanDefinition/novel-2031.who-2020?_summary=data"))


def test_what_has_not_changed_is_not_sent_again(client: Client, guidelines: object, cast: Cast) -> None:
    address = "/fhir/PlanDefinition/novel-2031.who-2020"
    first = client.get(address)
    assert first.headers["ETag"] == 'W/"1"'
    assert "Last-Modified" in first.headers
    again = client.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    publish(cast, guidelines["who-2020"].text, slug="who-2020", number=2)  # type: ignore[index]
    assert client.get(address, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    old = check(client.get(f"{address}/_history/1"))
    assert (old["version"], old["status"]) == ("1", "retired")
    assert outcome(client.get(f"{address}/_history/9"))["code"] == "not-found"
    assert outcome(client.get(f"{address}/_history/x"))["code"] == "not-found"


def test_forms_of_answers(client: Client, db: None) -> None:
    for accept in ("*/*", "application/json", "application/fhir+json; fhirVersion=4.0", "text/html, */*;q=0.1"):
        assert client.get("/fhir/metadata", headers={"Accept": accept}).status_code == 200
    for accept in ("application/fhir+xml", "text/turtle", "application/fhir+json; fhirVersion=5.0"):
        refused = client.get("/fhir/metadata", headers={"Accept": accept})
        assert (refused.status_code, outcome(refused)["code"]) == (406, "not-supported")
    assert client.get("/fhir/metadata?_format=json", headers={"Accept": "text/xml"}).status_code == 200
    assert client.get("/fhir/metadata?_format=application/fhir+json").status_code == 200
    assert client.get("/fhir/metadata?_format=xml").status_code == 406


REFUSED = [
    ("GET", "/fhir/Patient", 404, "not-supported"),
    ("GET", "/fhir/", 404, "not-supported"),
    ("GET", "/fhir/Patient/1/_history/2/3", 404, "not-supported"),
    ("GET", "/fhir/ImagingStudy/nothing", 404, "not-found"),
    ("GET", "/fhir/CodeSystem/ratings/_history/1", 404, "not-supported"),
    ("GET", "/fhir/PlanDefinition?_count=many", 400, "value"),
    ("GET", "/fhir/PlanDefinition?_summary=short", 400, "value"),
    ("GET", "/fhir/PlanDefinition?date=yesterday", 400, "value"),
    ("GET", "/fhir/ImagingStudy?started=2020-13-45", 400, "value"),
    ("GET", "/fhir/PlanDefinition?title:above=x", 400, "not-supported"),
    ("GET", "/fhir/PlanDefinition?_id=%ff", 400, "invalid"),
    ("GET", "/fhir/PlanDefinition?" + "x" * 9000, 414, "too-long"),
    ("GET", "/fhir/PlanDefinition?" + "a=1&" * 200, 400, "invalid"),
    ("POST", "/fhir/PlanDefinition", 405, "not-supported"),
    ("PUT", "/fhir/PlanDefinition/x", 405, "not-supported"),
    ("DELETE", "/fhir/ImagingStudy/x", 405, "not-supported"),
    ("GET", "/fhir/PlanDefinition/_search/x", 404, "not-supported"),
]


def test_refusals_are_outcomes(client: Client, db: None) -> None:
    for method, address, status, code in REFUSED:
        refused = client.generic(method, address)
        assert (refused.status_code, outcome(refused)["code"]) == (status, code), address


def test_an_unknown_parameter_is_ignored_unless_it_must_not_be(client: Client, guidelines: object) -> None:
    assert client.get("/fhir/PlanDefinition?colour=red").status_code == 200
    assert client.get("/fhir/PlanDefinition?colour=red", headers={"Prefer": "handling=strict"}).status_code == 400


def test_a_search_may_be_posted(client: Client, guidelines: object) -> None:
    found = client.post("/fhir/PlanDefinition/_search", "_id=novel-2031.who-2020", "application/x-www-form-urlencoded")
    assert found.json()["total"] == 1
    assert client.post("/fhir/PlanDefinition/_search", {}, "application/json").status_code == 415


@given(query=st.lists(st.tuples(st.sampled_from(["_id", "date", "title:contains", "_count", "_summary", "x"]),
                                st.text(max_size=20)), max_size=4))  # fmt: skip
def test_any_query_is_understood_or_refused(query: list[tuple[str, str]]) -> None:
    for kind in KINDS.values():
        try:
            wanted_of(query, kind.parameters, strict=False)
        except Refusal as refusal:
            assert refusal.status == 400


@given(first=st.dates(), other=st.dates())
def test_days_are_compared_as_days(first: Any, other: Any) -> None:
    a, b = first.isoformat(), other.isoformat()
    if first.year in {1, 9999} or other.year in {1, 9999}:
        return
    assert in_period(a, f"eq{b}") == (first == other)
    assert in_period(a, f"ge{b}") == (first >= other)
    assert in_period(a, f"lt{b}") == (first < other)
    assert in_period(a, f"ne{b}") == (first != other)
