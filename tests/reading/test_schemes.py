"""Every scheme: its worked examples, its edges, and what must hold whatever was seen."""

import tomllib
from copy import deepcopy

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from firstlight.reading.rules.findings import Findings, read_findings
from firstlight.reading.rules.results import Result, compute, compute_all
from firstlight.reading.rules.schemes import FOLDER, BadScheme, read_scheme, schemes, schemes_for
from firstlight.reading.rules.vocabulary import vocabulary
from tests.reading.strategies import MODALITIES, findings

LOBES = ("rul", "rml", "rll", "lul", "lll")
ZONES = ("right_upper", "right_middle", "right_lower", "left_upper", "left_middle", "left_lower")
QUADRANTS = ("right_upper", "right_lower", "left_upper", "left_lower")
KEYS = ["bsti", "co-rads", "covid-rads", "rsna"]
KEYS += ["brixia", "ct-severity-20", "ct-severity-25", "ct-severity-40", "mrale", "rale", "wong"]


def result(scheme: str, modality: str = "ct", **answers: object) -> Result:
    return compute(schemes()[scheme], read_findings({"modality": modality, "values": answers}))


def category(scheme: str, modality: str = "ct", **answers: object) -> str | None:
    reached = result(scheme, modality, **answers).category
    return reached.key if reached else None


CLEAR = {
    "opacities": ["none"],
    "further_signs": ["none"],
    "nodules": ["none"],
    "airways": ["none"],
    "cavity": "no",
    "septal_thickening": "none",
    "effusion": "none",
    "pleural_thickening": "none",
    "pneumothorax": "none",
    "lymph_nodes": "no",
    "pericardial_effusion": "no",
    "oedema": "no",
    "other_disease": ["none"],
    "distribution": ["random"],
    "severe_background": "no",
    "rounded": "no",
    "few_very_small": "no",
    "homogeneous_extensive": "no",
    "consolidation_shape": "none",
    "predominant_pattern": "ground_glass",
}
CLASSIC = {
    **CLEAR,
    "opacities": ["ground_glass", "crazy_paving"],
    "laterality": "bilateral",
    "location": "peripheral",
    "focality": "multifocal",
    "distribution": ["subpleural"],
    "craniocaudal": "lower",
}


def test_all_eleven_are_there_and_each_is_unsigned() -> None:
    assert list(schemes()) == KEYS
    assert all(scheme.needs_sign_off for scheme in schemes().values()), "a clinician signs, not a program"


def test_every_word_of_every_scheme_stands_in_both_languages() -> None:
    for scheme in schemes().values():
        pairs = [(scheme.name_ko, scheme.name_en), (scheme.made_for_ko, scheme.made_for_en)]
        pairs += [(each.text_ko, each.text_en) for each in (*scheme.performance, *scheme.signs.values())]
        pairs += [(each.label_ko, each.label_en) for each in scheme.categories]
        pairs += [(each.meaning_ko, each.meaning_en) for each in scheme.categories]
        assert all(ko.strip() and en.strip() for ko, en in pairs), scheme.key


@pytest.mark.parametrize("scheme", ["rsna", "co-rads", "covid-rads", "bsti"])
def test_a_clear_chest_and_the_classic_one(scheme: str) -> None:
    clear = {"rsna": "negative", "co-rads": "1", "covid-rads": "0", "bsti": "0"}[scheme]
    classic = {"rsna": "typical", "co-rads": "5", "covid-rads": "3", "bsti": "1"}[scheme]
    assert (category(scheme, **CLEAR), category(scheme, **CLASSIC)) == (clear, classic)


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ({"opacities": ["ground_glass"], "laterality": "bilateral", "location": "peripheral"}, "typical"),
        ({"opacities": ["ground_glass"], "focality": "multifocal", "rounded": "yes", "laterality": "right"}, "typical"),
        ({"opacities": ["reversed_halo"]}, "typical"),
        ({"opacities": ["organising"]}, "typical"),
        (
            {"opacities": ["ground_glass"], "focality": "diffuse", "laterality": "bilateral", "location": "both"},
            "indeterminate",
        ),
        (
            {"opacities": ["ground_glass"], "focality": "focal", "laterality": "left", "location": "central"},
            "indeterminate",
        ),
        (
            {
                "opacities": ["ground_glass"],
                "focality": "focal",
                "laterality": "bilateral",
                "location": "central",
                "distribution": ["random"],
                "rounded": "no",
                "few_very_small": "yes",
            },
            "indeterminate",
        ),
        ({"opacities": ["consolidation"], "consolidation_shape": "lobar_segmental"}, "atypical"),
        ({"opacities": ["none"], "nodules": ["tree_in_bud"]}, "atypical"),
        ({"opacities": ["none"], "cavity": "yes"}, "atypical"),
        ({"opacities": ["none"], "septal_thickening": "smooth", "effusion": "bilateral"}, "atypical"),
        ({"opacities": ["none"], "nodules": ["perifissural"], "cavity": "no", "septal_thickening": "none"}, "negative"),
    ],
)
def test_the_four_categories_as_their_table_words_them(answers: dict[str, object], expected: str) -> None:
    assert category("rsna", **answers) == expected


def test_typical_comes_before_atypical() -> None:
    assert category("rsna", **{**CLASSIC, "nodules": ["tree_in_bud"], "cavity": "yes"}) == "typical"


def test_an_opacity_that_the_table_does_not_word_fits_none() -> None:
    found = result("rsna", **{**CLEAR, "opacities": ["reticular"]})
    assert (found.fits_none, found.category, found.missing) == (True, None, ())


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"laboratory_test": "positive"}, "6"),
        ({"laboratory_test": "positive", "image_quality": "not_interpretable"}, "6"),
        ({"laboratory_test": "negative"}, "5"),
        ({"image_quality": "not_interpretable"}, "0"),
        ({"opacities": ["ground_glass"]}, "4"),
        ({"opacities": ["ground_glass"], "further_signs": ["spider_web"]}, "5"),
        ({"laterality": "right"}, "4"),
        ({"distribution": ["peribronchovascular"]}, "4"),
        ({"distribution": ["random"]}, "4"),
        ({"opacities": ["consolidation"], "consolidation_shape": "other"}, "4"),
        ({"distribution": ["perihilar"]}, "3"),
        ({"focality": "diffuse", "distribution": ["random"], "homogeneous_extensive": "yes"}, "3"),
        ({"focality": "diffuse", "distribution": ["random"], "septal_thickening": "smooth"}, "3"),
        ({"focality": "focal", "distribution": ["random"], "few_very_small": "yes"}, "3"),
        ({"opacities": ["consolidation"], "focality": "focal", "consolidation_shape": "organising"}, "3"),
        ({"opacities": ["consolidation"], "focality": "focal", "consolidation_shape": "lobar_segmental"}, "2"),
        ({"opacities": ["none"], "nodules": ["centrilobular"]}, "2"),
        ({"opacities": ["none"], "airways": ["bronchiectasis"]}, "2"),
        ({"opacities": ["none"], "cavity": "yes"}, "2"),
        ({"opacities": ["none"], "other_disease": ["emphysema"]}, "1"),
    ],
)
def test_suspicion_from_0_to_6(changes: dict[str, object], expected: str) -> None:
    assert category("co-rads", **{**CLASSIC, **changes}) == expected


def test_a_missing_laboratory_result_leaves_the_image_to_speak() -> None:
    assert category("co-rads", **CLASSIC) == "5"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "0"),
        ({"effusion": "left"}, "1"),
        ({"other_disease": ["fibrosis"]}, "1"),
        ({"pleural_thickening": "isolated"}, "1"),
        ({"opacities": ["ground_glass"], "focality": "focal"}, "2A"),
        ({"opacities": ["consolidation"], "predominant_pattern": "mixed"}, "2A"),
        ({"opacities": ["white_lung"]}, "2A"),
        ({"opacities": ["ground_glass"], "focality": "focal", "lymph_nodes": "yes"}, "2B"),
        ({"opacities": ["crazy_paving"], "focality": "multifocal", "effusion": "right"}, "2B"),
        ({"opacities": ["ground_glass"], "focality": "multifocal", "distribution": ["peribronchovascular"]}, "2B"),
        ({"opacities": ["ground_glass"], "focality": "multifocal"}, "3"),
        ({"opacities": ["ground_glass", "consolidation"], "focality": "focal"}, "3"),
        ({"opacities": ["melted_sugar"]}, "3"),
    ],
)
def test_five_grades_from_three_lists(changes: dict[str, object], expected: str) -> None:
    assert category("covid-rads", **{**CLEAR, **changes}) == expected


@pytest.mark.parametrize("modality", MODALITIES)
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "1"),
        ({"effusion": "right"}, "1"),
        ({"craniocaudal": "upper"}, "2"),
        ({"craniocaudal": "upper", "pneumothorax": "left"}, "3"),
        ({"laterality": "left", "oedema": "yes"}, "3"),
        ({"opacities": ["consolidation"], "laterality": "right", "consolidation_shape": "lobar_segmental"}, "3"),
        ({"opacities": ["none"]}, "0"),
        ({"opacities": ["none"], "cavity": "yes"}, "2"),
    ],
)
def test_the_four_british_codes(modality: str, changes: dict[str, object], expected: str) -> None:
    both = {key for key, each in vocabulary().findings.items() if modality in each.modalities}
    answers = {**CLASSIC, "opacities": ["ground_glass"], **changes}
    assert category("bsti", modality, **{key: value for key, value in answers.items() if key in both}) == expected


def extents(*classes: str) -> dict[str, object]:
    return {f"extent_{lobe}": each for lobe, each in zip(LOBES, classes, strict=True)}


@pytest.mark.parametrize(
    ("classes", "of_25", "of_20"),
    [
        (("0", "0", "0", "0", "0"), 0, 0),
        (("1-4", "5-25", "26-49", "51-75", "76-100"), 15, 11),
        (("50", "50", "50", "50", "50"), 20, 10),
        (("76-100", "76-100", "76-100", "76-100", "76-100"), 25, 20),
    ],
)
def test_lobar_scores(classes: tuple[str, ...], of_25: int, of_20: int) -> None:
    assert result("ct-severity-25", **extents(*classes)).score == of_25
    assert result("ct-severity-20", **extents(*classes)).score == of_20


def test_the_score_of_twenty_regions() -> None:
    keys = [each.key for each in vocabulary().families["region_extent"]]
    answers = {key: ("50-100" if number < 3 else "1-49" if number < 8 else "0") for number, key in enumerate(keys)}
    assert len(keys) == 20
    assert result("ct-severity-40", **answers).score == 3 * 2 + 5


def test_the_six_digits_and_their_total() -> None:
    patterns = ("none", "interstitial", "mostly_alveolar", "none", "mostly_interstitial", "mostly_alveolar")
    answers = {f"zone_pattern_{zone}": each for zone, each in zip(ZONES, patterns, strict=True)}
    found = result("brixia", "radiograph", **answers)
    assert ([term.points for term in found.terms], found.score) == ([0, 1, 3, 0, 2, 3], 9)


def test_extent_times_density() -> None:
    quadrants = {
        "right_upper": ("1-24", "hazy"),
        "right_lower": ("76-100", "dense"),
        "left_lower": ("25-49", "moderate"),
    }
    answers = {f"quadrant_extent_{place}": extent for place, (extent, _) in quadrants.items()}
    answers |= {f"quadrant_density_{place}": density for place, (_, density) in quadrants.items()}
    found = result("rale", "radiograph", **answers, quadrant_extent_left_upper="0")
    assert found.score == 1 * 1 + 4 * 3 + 2 * 2, "a quadrant without opacity needs no density"
    lungs = {"lung_extent_right": "50-75", "lung_density_right": "dense", "lung_extent_left": "1-24"}
    assert result("mrale", "radiograph", **lungs, lung_density_left="moderate").score == 3 * 3 + 1 * 2
    assert result("wong", "radiograph", **lungs).score == 4


@pytest.mark.parametrize(
    ("right", "left", "total"), [("1-24", "0", 1), ("25-49", "1-24", 3), ("1-24", "50-75", 4), ("76-100", "50-75", 7)]
)
def test_the_four_radiographs_of_the_papers_figure(right: str, left: str, total: int) -> None:
    """Figure 2c of PMC7233401: days 12, 5, 3 and 10."""
    assert result("wong", "radiograph", lung_extent_right=right, lung_extent_left=left).score == total


def test_a_score_that_lacks_a_lobe_says_which_and_between_what_it_will_lie() -> None:
    answers = {key: value for key, value in extents("5-25", "0", "50", "1-4", "0").items() if key != "extent_lll"}
    found = result("ct-severity-25", **answers)
    assert (found.score, [each.key for each in found.missing]) == (None, ["extent_lll"])
    assert (found.least, found.most) == (7, 12)


def test_a_category_that_waits_says_for_what_and_what_is_still_possible() -> None:
    found = result("rsna", opacities=["ground_glass"], laterality="bilateral")
    assert not found.decided
    assert {"location", "focality", "rounded"} <= {each.key for each in found.missing}
    assert found.possible[0].key == "typical"


def test_what_the_reader_could_not_tell_is_asked_for_and_not_guessed() -> None:
    found = result("rsna", **{**CLEAR, "cavity": "cannot_tell"})
    assert ([each.key for each in found.missing], found.category) == (["cavity"], None)


def test_a_result_tells_its_signs_and_the_answers_they_rest_on() -> None:
    found = result("rsna", **CLASSIC)
    assert [cause.sign.key for cause in found.because] == ["peripheral_bilateral"]
    assert {finding.key for finding, _value in found.because[0].answers} == {"opacities", "laterality", "location"}
    listed = result("covid-rads", **CLASSIC)
    assert [cause.sign.key for cause in listed.because] == ["multifocal_ground_glass", "crazy_paving"]


def test_a_scheme_is_not_bent_to_another_kind_of_image() -> None:
    with pytest.raises(ValueError, match="rsna is not made for a radiograph"):
        result("rsna", "radiograph")


def test_all_schemes_of_a_kind_of_image_or_the_ones_asked_for() -> None:
    seen = read_findings({"modality": "radiograph", "values": {}})
    assert [each.scheme.key for each in compute_all(seen)] == ["bsti", "brixia", "mrale", "rale", "wong"]
    assert [each.scheme.key for each in compute_all(seen, only=["wong", "rsna"])] == ["wong"]
    assert not any(each.begun or each.decided for each in compute_all(seen))


@pytest.mark.parametrize("modality", MODALITIES)
@settings(deadline=None)
@given(data=st.data())
def test_whatever_was_seen_every_scheme_answers_within_its_range(modality: str, data: st.DataObject) -> None:
    for found in compute_all(data.draw(findings(modality))):
        assert not (found.decided and found.missing)
        assert all(each.key in found.scheme.findings for each in found.missing)
        if found.scheme.score:
            low, high = found.scheme.score.minimum, found.scheme.score.maximum
            assert low <= found.least <= found.most <= high
            assert found.score is None or found.score == found.least == found.most


@pytest.mark.parametrize("modality", MODALITIES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_a_decision_stands_whatever_is_learnt_later(modality: str, data: st.DataObject) -> None:
    """But for the laboratory and the image's quality, which may come later by the scheme's own rule."""
    whole = data.draw(findings(modality, complete=True))
    overriding = {"laboratory_test", "image_quality"}
    kept = data.draw(st.sets(st.sampled_from([key for key, _ in whole.answers])))
    part = Findings(modality, tuple(each for each in whole.answers if each[0] in kept | overriding), whole.vocabulary)
    for early, late in zip(compute_all(part), compute_all(whole), strict=True):
        if early.decided:
            assert (early.category, early.score) == (late.category, late.score)
        elif late.category:
            assert late.category in early.possible
        elif late.score is not None:
            assert early.least <= late.score <= early.most


@pytest.mark.parametrize("modality", MODALITIES)
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_scores_never_fall_when_a_place_gets_worse(modality: str, data: st.DataObject) -> None:
    whole = data.draw(findings(modality, complete=True))
    for scheme in (each for each in schemes_for(modality) if each.score):
        asked = [each for term in scheme.score.terms for each in term]
        worse = data.draw(st.sampled_from(asked))
        steps = [option.key for option in worse.options]
        higher = steps[min(steps.index(whole.get(worse.key)) + 1, len(steps) - 1)]
        changed = tuple((key, higher if key == worse.key else value) for key, value in whole.answers)
        assert compute(scheme, Findings(modality, changed, whole.vocabulary)).score >= compute(scheme, whole).score


def raw(key: str) -> dict[str, object]:
    return tomllib.loads((FOLDER / f"{key}.toml").read_text(encoding="utf-8"))


def set_points(document: dict[str, object]) -> None:
    document["score"]["factors"][0]["points"]["0"] = 1


@pytest.mark.parametrize(
    ("key", "spoil", "why"),
    [
        ("rsna", lambda it: it.pop("name_ko"), "lacks 'name_ko'"),
        ("rsna", lambda it: it.update(order=["typical"]), "each category once"),
        ("rsna", lambda it: it.update(mark="sure"), "a mark is one of"),
        ("rsna", lambda it: it.update(sign_off="maybe"), "sign_off is one of"),
        ("rsna", lambda it: it.update(modalities=["ct", "radiograph"]), "cannot show"),
        (
            "rsna",
            lambda it: it["signs"][0].update(when={"finding": "opacities", "is": "ground_glass"}),
            "cannot be compared",
        ),
        ("rsna", lambda it: it["signs"][0].update(when={"finding": "opacities", "has": "fog"}), "no option fog"),
        ("rsna", lambda it: it["signs"][0].update(when={"finding": "fog", "is": "yes"}), "no finding fog"),
        ("rsna", lambda it: it["signs"][0].update(when={"maybe": []}), "a condition is one of"),
        ("rsna", lambda it: it["signs"][0].update(when={"sign": "cavity"}), "not defined before"),
        ("wong", set_points, "span its range"),
        ("wong", lambda it: it["score"]["factors"][0]["points"].pop("0"), "every answer needs points"),
        ("wong", lambda it: it.pop("score"), "either categories or a score"),
        ("wong", lambda it: it.update(source="nobody"), "lacks 'nobody'"),
    ],
)
def test_a_scheme_with_a_fault_names_it(key: str, spoil: object, why: str) -> None:
    document = deepcopy(raw(key))
    spoil(document)
    with pytest.raises(BadScheme, match=why):
        read_scheme(document, vocabulary())


def test_a_new_disease_brings_its_scheme_as_data_alone() -> None:
    document = {
        **{key: raw("wong")[key] for key in ("sources", "source", "mark", "sign_off", "notes_ko", "notes_en")},
        "key": "novel-2031",
        "name_ko": "새 분류",
        "name_en": "A new scheme",
        "made_for_ko": "새 감염병",
        "made_for_en": "A new disease",
        "modalities": ["ct"],
        "order": ["many", "few"],
        "signs": [{"key": "many", "ko": "많음", "en": "Many", "when": {"finding": "lesion_count", "at_least": 5}}],
        "categories": [
            {"key": "many", "ko": "많음", "en": "Many", "meaning_ko": "…", "meaning_en": "…", "when": {"sign": "many"}},
            {"key": "few", "ko": "적음", "en": "Few", "meaning_ko": "…", "meaning_en": "…", "otherwise": True},
        ],
    }
    scheme = read_scheme(document, vocabulary())
    counted = {count: read_findings({"modality": "ct", "values": {"lesion_count": count}}) for count in (4, 5)}
    assert [compute(scheme, each).category.key for each in counted.values()] == ["few", "many"]
