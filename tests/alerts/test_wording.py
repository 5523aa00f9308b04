"""Whether a notice is in the languages it claims, and says the same numbers in both."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.alerts.rules.numerals import find_lacking, read_numbers
from firstlight.alerts.rules.wording import Fault, Problem, check_language, check_wording, compare_languages

KOREAN = """발열과 기침이 있는 환자의 흉부 CT는 마지막 순서에 촬영합니다.
양측 하엽에 peripheral ground-glass opacity와 crazy-paving이 보이면 판독 전이라도 전화로 알리십시오.
Lopinavir/ritonavir 400/100 mg 투여 중인 환자도 같습니다. https://example.org/a doi:10.3348/kjr.2020.0132"""

ENGLISH = """Image patients with fever and cough last on the list.
Call before reporting when you see peripheral ground-glass opacity (간유리음영) or crazy paving.
The same holds under lopinavir/ritonavir 400/100 mg. https://example.org/a doi:10.3348/kjr.2020.0132"""

IN_KOREAN = {
    "prose with borrowed words": KOREAN,
    "short": "CT 촬영 전 손 소독",
    "decomposed": "\u1112\u1161\u11ab \u1100\u1173\u11af \u110b\u116c \u1106\u116e\u11ab",
    "abbreviations": "COVID-19 RT-PCR HRCT SpO2 PaO2/FiO2 KF94",
    "two words prove nothing": "Wash hands",
    "drugs and doses": "remdesivir 200 mg, dexamethasone 6 mg, tocilizumab 8 mg/kg",
    "addresses alone": "https://example.org/long/english/path editor@example.org {ack} 10.1148/radiol.2020200642",
    "terms with particles": "GGO with consolidation이 있고 reversed halo sign도 보임",
    "a paper's title and address": "새 논문입니다.\nChest radiographic and CT findings of nine patients doi:10.3348/x",
}

IN_ENGLISH = {
    "prose with a Korean name": ENGLISH,
    "short": "Disinfect hands",
    "one word": "Recalled",
    "abbreviations": "CT, MRI: PPE!",
    "names with accents": "Müller and Nuñez saw it first",
}


@pytest.mark.parametrize("text", IN_KOREAN.values(), ids=IN_KOREAN)
def test_korean_is_accepted(text: str) -> None:
    assert check_language(text, "ko") == []


@pytest.mark.parametrize("text", IN_ENGLISH.values(), ids=IN_ENGLISH)
def test_english_is_accepted(text: str) -> None:
    assert check_language(text, "en") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (ENGLISH, "ko"),
        (KOREAN, "en"),
        ("손 소독", "en"),
        ("Wash your hands before CT", "ko"),
        ("手を洗ってから 撮影して ください", "ko"),
        ("Вымойте руки перед съёмкой", "en"),
        ("请在拍摄前 洗手 谢谢", "ko"),
        (f"{ENGLISH}\n{ENGLISH}\n손을 씻으십시오.", "ko"),
    ],
)
def test_another_language_is_doubted(text: str, language: str) -> None:
    assert check_language(text, language) == [Problem(Fault.WRONG_LANGUAGE, language)]


@pytest.mark.parametrize("text", ["", " \n", "...", "\u200b\ufeff", "— ·"])
@pytest.mark.parametrize("language", ["ko", "en"])
def test_an_empty_text_is_named(text: str, language: str) -> None:
    assert check_language(text, language) == [Problem(Fault.EMPTY, language)]


def test_a_line_left_untranslated_is_pointed_at() -> None:
    text = f"{ENGLISH}\n촬영 전에 손을 소독하십시오.\n{ENGLISH}"
    assert check_language(text, "en") == [Problem(Fault.UNTRANSLATED_LINE, "en", ("4",))]
    left = "Call before reporting when you see peripheral opacities in the lower lobes"
    assert check_language(f"{left}\n{KOREAN}\n{KOREAN}", "ko") == [Problem(Fault.UNTRANSLATED_LINE, "ko", ("1",))]


def test_one_text_in_both_fields_is_doubted() -> None:
    assert compare_languages("Wash hands", "wash  hands\n") == [Problem(Fault.SAME_IN_BOTH, "")]
    assert compare_languages("COVID-19", "COVID-19") == []
    assert Problem(Fault.WRONG_LANGUAGE, "ko") in check_wording(ENGLISH, ENGLISH)


def test_a_missing_language_is_named_once() -> None:
    assert check_wording("환자 3명이 있습니다", "") == [Problem(Fault.EMPTY, "en")]


SAME_NUMBERS = [
    ("2월 23일", "23 Feb"),
    ("2020년 2월 23일", "February 23, 2020"),
    ("2020. 2. 23.", "23rd of February 2020"),
    ("2.23.(월)까지", "until Monday, 23 February"),
    ("2.23 공지", "the notice of 23 Feb"),
    ("3.3 공지", "the notice of 3 March"),
    ("2020-02-23", "23/02/2020"),
    ("02-23", "Feb 23"),
    ("Feb 23까지", "by 23 Feb"),
    ("5월에 시작", "starting in May"),
    ("오후 6시 30분부터", "from 6:30 pm"),
    ("18:00", "6 p.m."),
    ("18시", "6pm"),
    ("0시 집계", "counted at midnight"),
    ("24시간 안에", "within 24 hours"),
    ("문의 043-719-7979", "call +82-43-719-7979"),
    ("문의 043-719-7979", "call +82 (0)43 719 7979"),
    ("환자 4,212명, 12.5%", "4212 patients, 12.5 percent"),
    ("1만 2천 명", "12,000 people"),
    ("1만2345명", "12 345 people".replace(" ", ",", 1)),
    ("1억 2천만 명", "120 million people"),
    ("3백만 명", "3 million"),
    ("100만 명당", "per million"),
    ("환자 2명", "two patients"),
    ("환자 두 명", "2 patients"),
    ("44개 항목", "forty-four items"),
    ("하루 두 번", "twice a day"),
    ("1일 1회, 7일", "once daily for 7 days"),
    ("일주일", "7 days"),
    ("31번째 환자", "the 31st patient"),
    ("코로나19는 코로나19", "COVID-19 is what it is"),
    ("감염증-19(COVID-19)", "COVID-19"),
    ("5~10 mm", "5–10 mm"),
    ("①소독 ②환기", "1. disinfect 2. ventilate"),
    ("３８．０ ℃", "38 °C"),
    ("https://a.org/1 {ack1} doi:10.1/2", "https://a.org/english/2"),
    ("JAK2억제제, 3만성 질환", "a JAK2 inhibitor, 3 chronic diseases"),
]

OTHER_NUMBERS = [
    ("2월 23일", "24 Feb", ("24",), ("23",)),
    ("2월 23일", "23 March", ("March",), ("2",)),
    ("38.0도 이상", "over 37.5 degrees", ("37.5",), ("38.0",)),
    ("2.5 mm", "25 mm", ("25",), ("2.5",)),
    ("환자 3명, 3곳", "3 patients", (), ("3",)),
    ("발열 48시간 안", "fever lately", (), ("48",)),
    ("마스크", "an N95 mask", ("95",), ()),
    ("4천만 화소", "40,000 pixels", ("40,000",), ("4천만",)),
    ("문의 043-719-7979", "call 043-719-7970", ("7970",), ("7979",)),
    ("50%", "5%", ("5",), ("50",)),
    ("한국 병원", "1 hospital", ("1",), ()),
    ("오후 6시", "7 pm", ("7 pm",), ("6시",)),
    ("환자", "You may see 3 patients", ("3",), ()),
]


@pytest.mark.parametrize(("ko", "en"), SAME_NUMBERS)
def test_the_same_numbers_written_otherwise(ko: str, en: str) -> None:
    assert compare_languages(ko, en) == []


@pytest.mark.parametrize(("ko", "en", "not_in_ko", "not_in_en"), OTHER_NUMBERS)
def test_a_lost_number_is_named(ko: str, en: str, not_in_ko: tuple[str, ...], not_in_en: tuple[str, ...]) -> None:
    expected = [Problem(Fault.NUMBERS_MISSING, "ko", not_in_ko), Problem(Fault.NUMBERS_MISSING, "en", not_in_en)]
    assert compare_languages(ko, en) == [problem for problem in expected if problem.found]


@given(
    numbers=st.lists(st.integers(min_value=13, max_value=10**7), min_size=1, max_size=6), which=st.integers(min_value=0)
)
def test_a_changed_number_never_passes(numbers: list[int], which: int) -> None:
    index = which % len(numbers)
    changed = [*numbers[:index], max(numbers) + 1, *numbers[index + 1 :]]
    ko, en = (
        ", ".join(f"수치 {number}" for number in numbers),
        " and ".join(f"value {number:,}" for number in numbers),
    )
    assert compare_languages(ko, en) == []
    wrong = " and ".join(f"value {number}" for number in changed)
    assert {problem.language for problem in compare_languages(ko, wrong)} == {"ko", "en"}


@given(ko=st.text(), en=st.text(alphabet="0123456789.,:-만천억시분 JanFebMarpm+82()twenty-one"))
def test_any_text_can_be_checked(ko: str, en: str) -> None:
    assert all(problem.fault in Fault for problem in check_wording(ko, en))
    numbers = read_numbers(en)
    assert find_lacking(numbers, numbers) == ()


def test_very_long_digits_do_no_harm() -> None:
    digits = "9" * 5000
    assert compare_languages(f"환자 {digits}.1.1명", f"{digits}.1.1 patients") == []
    assert compare_languages(f"환자 {digits}명", "patients") == [Problem(Fault.NUMBERS_MISSING, "en", (digits,))]


def test_an_english_text_with_one_address_is_still_english() -> None:
    text = "Call before reporting when you see peripheral opacities: https://example.org/a"
    assert check_language(text, "ko") == [Problem(Fault.WRONG_LANGUAGE, "ko")]
    assert check_language("Call before reporting, then confirm here: {ack}\n감사합니다", "ko") == [
        Problem(Fault.WRONG_LANGUAGE, "ko")
    ]
