"""The form made from the vocabulary, and the two public pages."""

import re

import pytest
from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.reading.forms import as_initial, findings_form
from firstlight.reading.rules.contradictions import contradictions
from firstlight.reading.rules.findings import BadFindings, Findings, read_findings
from firstlight.reading.rules.schemes import schemes
from firstlight.reading.rules.vocabulary import vocabulary
from tests.reading.strategies import MODALITIES, findings


def posted(given: Findings) -> QueryDict:
    """What a browser sends for these findings: everything else empty."""
    data = QueryDict(mutable=True)
    for each in vocabulary().findings_for(given.modality):
        value = given.get(each.key)
        data.setlist(each.key, list(value) if isinstance(value, tuple) else ["" if value is None else str(value)])
        if value is None and each.kind == "several_of":
            del data[each.key]
    return data


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(MODALITIES).flatmap(findings))
def test_what_goes_through_the_form_comes_out_the_same(given: Findings) -> None:
    form = findings_form(given.modality)(posted(given))
    if contradictions(given):
        assert form.errors
    else:
        assert form.is_valid(), form.errors
        assert form.findings == given


def test_a_form_asks_only_what_was_chosen_by_finding_or_by_family() -> None:
    form_class = findings_form("ct", ["opacities", "extent", "region_extent_rul_apical"])
    lobes = [f"extent_{lobe}" for lobe in ("rul", "rml", "rll", "lul", "lll")]
    assert list(form_class.base_fields) == ["opacities", *lobes, "region_extent_rul_apical"]
    assert [section.group.key for section in form_class().sections()] == ["opacities", "extent", "regions"]


def test_a_form_can_insist() -> None:
    form = findings_form("ct", ["opacities", "cavity"], required=["cavity"])({"opacities": ["none"]})
    assert list(form.errors) == ["cavity"]
    assert form.fields["cavity"].choices[0][0] == "yes", "“not given” is no answer here"


@pytest.mark.parametrize(("modality", "keys"), [("mri", None), ("ct", ["lung_extent"]), ("ct", ["fog"])])
def test_a_form_of_unknown_findings_cannot_be_made(modality: str, keys: list[str] | None) -> None:
    with pytest.raises(BadFindings):
        findings_form(modality, keys)


def test_none_beside_something_is_asked_again_in_the_readers_language() -> None:
    form = findings_form("ct")({"opacities": ["none", "consolidation"]})
    with override("en"):
        assert form.errors["opacities"] == ["“None” goes with no other choice."]
    form = findings_form("ct")({"opacities": ["none", "consolidation"]})
    with override("ko"):
        assert "“없음” 항목은" in form.errors["opacities"][0]


def test_what_cannot_be_at_once_is_asked_again_where_it_was_given() -> None:
    form = findings_form("ct")({"laterality": "right", "lobes": ["lll"]})
    assert list(form.errors) == ["lobes"]
    apart = findings_form("ct", ["laterality"])({"laterality": "right"})
    assert apart.is_valid()


def test_findings_given_before_fill_the_form_again() -> None:
    before = read_findings({"modality": "ct", "values": {"opacities": ["ground_glass"], "extent_lll": "5-25"}})
    form = findings_form("ct")(initial=as_initial(before))
    assert (form["opacities"].value(), form["extent_lll"].value()) == (["ground_glass"], "5-25")


def test_folded_groups_open_when_something_stands_in_them() -> None:
    form_class = findings_form("ct", ["opacities", "region_extent"])
    assert [section.open for section in form_class().sections()] == [True, False]
    assert [section.open for section in form_class({"region_extent_rul_apical": "0"}).sections()] == [True, True]


CLASSIC = "modality=ct&opacities=ground_glass&opacities=consolidation&laterality=bilateral&location=peripheral"
PAGES = {
    "ko": ("구조화 판독", "전형적", "근거:", "말초에 있는 양측성 간유리음영", "임상 확인 필요", "민감도 86%"),
    "en": (
        "Structured reading",
        "Typical",
        "Because of:",
        "Peripheral, bilateral ground-glass",
        "Needs clinical",
        "86 %",
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_page_computes_every_scheme_and_says_why(client: Client, language: str) -> None:
    page = client.get(f"/reading/?{CLASSIC}", headers={"Accept-Language": language}).content.decode()
    assert f'<html lang="{language}">' in page
    assert all(words in page for words in PAGES[language])
    assert 'href="#id_craniocaudal"' in page, "what is missing leads to its place on the form"
    assert 'id="id_craniocaudal"' in page
    assert re.search(r'value="bilateral"[^>]* checked', page), "the form keeps what was given"


@pytest.mark.django_db
def test_the_page_begins_empty_and_keeps_nothing(client: Client) -> None:
    with CaptureQueriesContext(connection) as asked:
        page = client.get("/reading/", headers={"Accept-Language": "en"}).content.decode()
        client.get(f"/reading/?{CLASSIC}")
    assert [each["sql"] for each in asked if not each["sql"].startswith("SELECT")] == []
    assert "What the schemes say" not in page
    assert client.cookies.keys() <= {"csrftoken"}, "no session: nobody is followed"


@pytest.mark.django_db
def test_a_radiograph_is_asked_other_things(client: Client) -> None:
    page = client.get("/reading/?modality=radiograph", headers={"Accept-Language": "en"}).content.decode()
    assert 'name="zone_pattern_left_lower"' in page
    assert "crazy_paving" not in page
    digits = "&".join(f"zone_pattern_{each}=mostly_alveolar" for each in ("right_upper", "right_middle", "right_lower"))
    digits += "&" + "&".join(f"zone_pattern_{each}=none" for each in ("left_upper", "left_middle", "left_lower"))
    page = client.get(f"/reading/?modality=radiograph&{digits}", headers={"Accept-Language": "en"}).content.decode()
    assert "3 3 3 | 0 0 0" in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [
        "modality=mri",
        "modality=ct&opacities=fog",
        "modality=ct&lesion_count=many",
        "laterality=<script>alert(1)</script>",
    ],
)
def test_a_crooked_address_gets_the_form_back(client: Client, query: str) -> None:
    response = client.get(f"/reading/?{query}", headers={"Accept-Language": "en"})
    assert response.status_code == 200
    assert "<script>alert" not in response.content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_reference_shows_every_scheme_with_its_sources_and_how_sure_it_is(client: Client, language: str) -> None:
    page = client.get("/reading/schemes/", headers={"Accept-Language": language}).content.decode()
    for key, scheme in schemes().items():
        assert f'id="{key}"' in page
        assert getattr(scheme, f"name_{language}") in page
        assert all(source.url in page for source in scheme.sources)
    assert page.count({"ko": "임상 확인 필요", "en": "Needs clinical sign-off"}[language]) == len(schemes())
    assert {"ko": "검증되지 않음", "en": "Not verified"}[language] in page


@pytest.mark.django_db
def test_every_input_has_a_name_and_every_id_stands_once(client: Client) -> None:
    page = client.get(f"/reading/?{CLASSIC}").content.decode()
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    described = " ".join(re.findall(r'aria-describedby="([^"]+)"', page)).split()
    assert set(described) <= set(ids)
