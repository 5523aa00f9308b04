"""QIDO-RS: every required match, what is included, how much comes, and what is refused."""

from xml.etree import ElementTree

import numpy as np
import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from firstlight.imaging.rules.matching import LEVELS, Manner, NotMatchable, condition
from tests.imaging.kept import image, items, keep, made

PIXELS = np.zeros((8, 8), "<i2")
SQLITE = Manner(is_sqlite=True)
CODE = items(CodeValue="T-28000", CodingSchemeDesignator="SRT", CodeMeaning="Lung")


@pytest.fixture
def depository(db: None) -> None:
    """Three studies: two CT of one patient a year apart, the later with a second series, and one radiograph."""
    keep(
        image(PIXELS, 1, study=1, StudyDescription="Chest CT [low dose]", Manufacturer="Maker", KVP=120),
        image(PIXELS, 2, study=1, StudyDescription="Chest CT [low dose]"),
        image(PIXELS, 1, study=2, StudyDate="20210120", StudyTime="1405", PatientID="FL-0001", PatientName="FL-0001",
              AnatomicRegionSequence=Sequence([CODE])),
        image(PIXELS, 1, study=2, series=2, StudyDate="20210120", PatientID="FL-0001", SeriesDescription="Lung"),
        image(np.zeros((4, 6), "<u2"), 1, study=3, Modality="CR", StudyDate="20200301", StudyTime="",
              PatientID="gil_dong%", PatientName="gil_dong%", BodyPartExamined="CHEST"),
    )  # fmt: skip


def found(client: Client, query: str, level: str = "studies", tag: str = "0020000D") -> list[str]:
    answer = client.get(f"/dicom-web/{level}?{query}")
    assert answer.status_code in (200, 204), answer.content
    return sorted(each[tag]["Value"][0] for each in answer.json()) if answer.status_code == 200 else []


ONE, TWO, THREE = "2.25.1", "2.25.2", "2.25.3"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", [ONE, TWO, THREE]),
        ("PatientID=*", [ONE, TWO, THREE]),
        ("PatientID=FL-0001", [ONE, TWO]),
        ("00100020=FL-0001", [ONE, TWO]),
        ("PatientID=FL-000?", [ONE, TWO]),
        ("PatientID=*1", [ONE, TWO]),
        ("PatientID=fl-0001", []),
        ("PatientID=gil_dong%25", [THREE]),
        ("PatientID=gil?dong%25", [THREE]),
        ("PatientID=gilXdong*", []),
        ("PatientID=gil_don*", [THREE]),
        ("PatientName=FL-0001^^^", [ONE, TWO]),
        ("PatientName=fl-0001", []),
        ("PatientName=fl-0001&fuzzymatching=true", [ONE, TWO]),
        ("PatientName=fl-0001&fuzzymatching=false", []),
        ("PatientName=dong%25^gil&fuzzymatching=true", [THREE]),
        ("PatientName=*&fuzzymatching=true", [ONE, TWO, THREE]),
        ("StudyDate=20200120", [ONE]),
        ("StudyDate=20200120-20200301", [ONE, THREE]),
        ("StudyDate=20200302-", [TWO]),
        ("StudyDate=-20200119", []),
        ("StudyTime=0930", [ONE]),
        ("StudyTime=09", [ONE]),
        ("StudyTime=14-", [TWO]),
        ("StudyTime=-0930", [ONE]),
        ("StudyTime=0930-1405", [ONE, TWO]),
        ("StudyDate=20200101-20201231&StudyTime=0900-1000", [ONE]),
        (f"StudyInstanceUID={ONE}", [ONE]),
        (f"StudyInstanceUID={ONE},{THREE}", [ONE, THREE]),
        (f"StudyInstanceUID={ONE}%5C{TWO}", [ONE, TWO]),
        (f"StudyInstanceUID={ONE}&StudyInstanceUID={TWO}", []),
        ("ModalitiesInStudy=CR", [THREE]),
        ("ModalitiesInStudy=CR%5CCT", [ONE, TWO, THREE]),
        ("ModalitiesInStudy=C?", [ONE, TWO, THREE]),
        ("StudyDescription=Chest*[low*", [ONE]),
        ("AccessionNumber=1", []),
        ("AccessionNumber=", [ONE, TWO, THREE]),
        ("ReferringPhysicianName=Seo", []),
        ("StudyID=7", []),
        ('StudyDescription=""&emptyvaluematching=true', [TWO, THREE]),
        ('StudyDescription=""', []),
        ("PatientID=FL-0001%5Cnobody&multiplevaluematching=true", [ONE, TWO]),
        ("PatientID=FL-0001%5Cnobody", []),
        ("limit=1&offset=3", []),
        ("limit=0", []),
    ],
)
def test_studies_are_found(depository: None, client: Client, query: str, expected: list[str]) -> None:
    assert found(client, query) == expected


@pytest.mark.parametrize(
    ("level", "query", "count"),
    [
        ("series", "", 4),
        ("series", "Modality=CT", 3),
        ("series", "Modality=CT&PatientID=FL-0001&SeriesNumber=2", 1),
        ("series", "SeriesDescription=Lung", 1),
        ("series", "BodyPartExamined=CHEST", 1),
        ("series", f"StudyInstanceUID={TWO}", 2),
        ("series", "SeriesInstanceUID=2.25.1.1,2.25.3.1", 2),
        ("series", "PerformedProcedureStepStartDate=20200101-", 0),
        ("series", "RequestAttributesSequence.ScheduledProcedureStepID=1", 0),
        ("series", "00400275.00401001=1", 0),
        (f"studies/{TWO}/series", "", 2),
        (f"studies/{TWO}/series", "SeriesNumber=99999999999", 0),
        ("studies/9.9/series", "", 0),
        ("instances", "", 5),
        ("instances", "Rows=4&Columns=6", 1),
        ("instances", "SOPClassUID=1.2.840.10008.5.1.4.1.1.2", 5),
        ("instances", "SOPInstanceUID=2.25.1.1.1,2.25.1.1.2", 2),
        ("instances", "InstanceNumber=2", 1),
        ("instances", "NumberOfFrames=1", 5),
        (f"studies/{TWO}/instances", "", 2),
        (f"studies/{ONE}/series/2.25.1.1/instances", "InstanceNumber=1", 1),
        (f"studies/{TWO}/series/2.25.1.1/instances", "", 0),
    ],
)
def test_series_and_instances_are_found(depository: None, client: Client, level: str, query: str, count: int) -> None:
    assert len(found(client, query, level)) == count


@pytest.mark.parametrize(
    "query",
    [
        "Favourite=1", "StudyDate=soon", "StudyDate=2020012", "StudyDate=-", "StudyTime=25", "StudyTime=noon",
        "limit=many", "limit=-1", "offset=-1", "fuzzymatching=maybe", "includefield=Favourite", "SeriesNumber=1",
        "PatientID=%00", "RequestAttributesSequence=1", "Manufacturer=Maker",
        "includefield=0008103E&includefield=nothing",
    ],
)  # fmt: skip
def test_what_cannot_be_searched_for_is_refused(depository: None, client: Client, query: str) -> None:
    answer = client.get(f"/dicom-web/studies?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


def test_more_than_is_sent_is_told(depository: None, client: Client) -> None:
    first, rest = (client.get(f"/dicom-web/studies?limit=2&offset={each}") for each in (0, 2))
    assert first["Warning"].startswith("299 ")
    assert "Warning" not in rest
    uids = [each["0020000D"]["Value"][0] for each in [*first.json(), *rest.json()]]
    assert sorted(uids) == [ONE, TWO, THREE]


def test_fields_are_included_that_are_asked_for(depository: None, client: Client) -> None:
    [plain] = client.get(f"/dicom-web/studies?StudyInstanceUID={ONE}").json()
    assert "00101010" not in plain
    [one] = client.get(f"/dicom-web/studies?StudyInstanceUID={ONE}&includefield=PatientAge,00080070").json()
    assert one["00101010"]["Value"] == ["050Y"]
    assert one["00080070"]["Value"] == ["Maker"]
    [every] = client.get(f"/dicom-web/studies?StudyInstanceUID={ONE}&includefield=all").json()
    assert {"00101010", *plain} <= every.keys()
    assert "00180060" not in every, "an attribute of the instance is none of the study"
    assert "7FE00010" not in every


def test_every_field_of_an_instance_is_included(depository: None, client: Client) -> None:
    address = f"/dicom-web/studies/{ONE}/series/2.25.1.1/instances"
    first, second = client.get(f"{address}?includefield=all").json()
    assert (first["00180060"]["Value"], "00180060" in second) == ([120.0], False)
    assert "7FE00010" not in first
    assert list(first) == sorted(first)


def test_a_field_inside_a_sequence_is_included_alone(depository: None, client: Client) -> None:
    query = "includefield=AnatomicRegionSequence.CodeMeaning"
    [found_] = client.get(f"/dicom-web/studies/{TWO}/series/2.25.2.1/instances?{query}").json()
    assert found_["00082218"]["Value"] == [{"00080104": {"vr": "LO", "Value": ["Lung"]}}]


def test_answers_come_as_xml_too(depository: None, client: Client) -> None:
    answer = client.get("/dicom-web/studies", headers={"Accept": 'multipart/related; type="application/dicom+xml"'})
    sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    documents = [
        each[each.index(b"<?xml") : each.rindex(b">") + 1] for each in sent.split(b"\r\n--") if b"<?xml" in each
    ]
    assert len(documents) == 3
    assert all(ElementTree.fromstring(each).tag.endswith("NativeDicomModel") for each in documents)
    assert client.get("/dicom-web/studies", headers={"Accept": "image/png"}).status_code == 406


@given(st.sampled_from(sorted(LEVELS["instances"])), st.text(max_size=40), st.booleans(), st.booleans())
def test_no_value_breaks_the_matching(path: str, value: str, fuzzy: bool, multiple: bool) -> None:
    try:
        sql, parameters = condition(path, value, level="instances", manner=Manner(True, fuzzy, True, multiple))
    except NotMatchable:
        return
    assert sql.count("%s") == len(parameters)


@given(st.text(alphabet="ab*?[]%_\\^", max_size=12), st.text(alphabet="ab[]%_\\^", max_size=6))
def test_wildcards_match_like_the_standard_says(pattern: str, text: str) -> None:
    import re
    import sqlite3

    sql, parameters = condition("PatientID", pattern, level="studies", manner=SQLITE)
    with sqlite3.connect(":memory:") as connection:
        query = f"SELECT {sql.replace('%s', '?')} FROM (SELECT ? AS patient_id) study"
        [(matched,)] = connection.execute(query, [*parameters, text]).fetchall()
    connection.close()
    expected = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
    assert bool(matched) == (pattern in ("", "*") or bool(re.fullmatch(expected, text, re.DOTALL)))


def test_a_presentation_without_pixels_is_found_too(db: None, client: Client) -> None:
    keep(made("1.2.840.10008.5.1.4.1.1.88.11", 1, Modality="SR"))
    [answer] = client.get("/dicom-web/instances").json()
    assert (answer["00080060"]["Value"], "Value" in answer["00280008"]) == (["SR"], False)
    assert isinstance(answer, dict)
    assert Dataset.from_json(answer).Modality == "SR"
