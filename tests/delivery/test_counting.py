"""What a text costs, checked against a table of vectors, the codecs and another library."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smpplib import consts
from smpplib.gsm import make_parts

from firstlight.delivery.rules.counting import (
    Count,
    Plan,
    Scheme,
    count,
    count_subject,
    fill,
    gsm7_bytes,
    placeholders,
    segments,
    tidy,
)

# 3GPP TS 23.038 table 6.2.1.1, the characters that need an escape, and their codes.
EXTENSION = {
    "\f": "1b0a",
    "^": "1b14",
    "{": "1b28",
    "}": "1b29",
    "\\": "1b2f",
    "[": "1b3c",
    "~": "1b3d",
    "]": "1b3e",
    "|": "1b40",
    "€": "1b65",
}
FACE = "\U0001f600"  # outside the Basic Multilingual Plane: two code units

# text, scheme, units, parts, left
INTERNATIONAL = {
    "nothing": ("", "gsm7", 0, 0, 160),
    "one letter": ("a", "gsm7", 1, 1, 159),
    "160 letters": ("a" * 160, "gsm7", 160, 1, 0),
    "161 letters": ("a" * 161, "gsm7", 161, 2, 145),
    "two full parts": ("a" * 306, "gsm7", 306, 2, 0),
    "one more than two parts": ("a" * 307, "gsm7", 307, 3, 152),
    "three full parts": ("a" * 459, "gsm7", 459, 3, 0),
    "escape ends at 160": ("a" * 158 + "€", "gsm7", 160, 1, 0),
    "escape crosses 160": ("a" * 159 + "€", "gsm7", 161, 2, 145),
    "escape ends at 153": ("a" * 151 + "€" + "b" * 153, "gsm7", 306, 2, 0),
    "escape would straddle 153": ("a" * 152 + "€" + "b" * 151, "gsm7", 305, 2, 0),
    "the septet lost there makes a third part": ("a" * 152 + "€" + "b" * 152, "gsm7", 306, 3, 152),
    "80 escapes": ("€" * 80, "gsm7", 160, 1, 0),
    "81 escapes": ("€" * 81, "gsm7", 162, 2, 143),
    "a part of escapes holds 76": ("€" * 152, "gsm7", 304, 2, 1),
    "western letters of the alphabet": ("Ärzte in Malmö: èéùìòÇØøÅåΔΦΓΛΩΠΨΣΘΞÆæßÉ¤¡¿§", "gsm7", 44, 1, 116),
    "a small cedilla is not in it": ("ça", "ucs2", 2, 1, 68),
    "a backtick is not in it": ("`", "ucs2", 1, 1, 69),
    "70 syllables": ("가" * 70, "ucs2", 70, 1, 0),
    "71 syllables": ("가" * 71, "ucs2", 71, 2, 63),
    "two full parts of syllables": ("가" * 134, "ucs2", 134, 2, 0),
    "one more": ("가" * 135, "ucs2", 135, 3, 66),
    "one syllable turns all": ("a" * 69 + "가", "ucs2", 70, 1, 0),
    "160 letters and a syllable": ("a" * 160 + "가", "ucs2", 161, 3, 40),
    "emoji ends at 70": ("가" * 68 + FACE, "ucs2", 70, 1, 0),
    "emoji crosses 70": ("가" * 69 + FACE, "ucs2", 71, 2, 63),
    "emoji ends at 67": ("가" * 65 + FACE + "나" * 67, "ucs2", 134, 2, 0),
    "emoji would straddle 67": ("가" * 66 + FACE + "나" * 65, "ucs2", 133, 2, 0),
    "the unit lost there makes a third part": ("가" * 66 + FACE + "나" * 66, "ucs2", 134, 3, 66),
    "255 parts": ("a" * 153 * 255, "gsm7", 39015, 255, 0),
}

KOREAN = {
    "nothing": ("", "sms", 0, 0, 90),
    "ASCII is one byte": ("CT 10:30", "sms", 8, 1, 82),
    "a syllable is two": ("가", "sms", 2, 1, 88),
    "90 bytes": ("가" * 45, "sms", 90, 1, 0),
    "91 bytes": ("가" * 45 + "a", "lms", 91, 1, 1909),
    "92 bytes": ("가" * 46, "lms", 92, 1, 1908),
    "90 mixed bytes": ("[영상의학회] CT " + "가" * 37, "sms", 90, 1, 0),
    "2000 bytes": ("가" * 1000, "lms", 2000, 1, 0),
    "2001 bytes": ("가" * 1000 + "a", "too-long", 2001, 0, -1),
    "a line break is one": ("가\n나", "sms", 5, 1, 85),
    "signs of KS X 1001": ("·℃±≥→㎜①☎", "sms", 16, 1, 74),
    "hanja": ("檢査", "sms", 4, 1, 86),
}


@pytest.mark.parametrize("vector", INTERNATIONAL.values(), ids=INTERNATIONAL)
def test_international_vectors(vector: tuple[str, str, int, int, int]) -> None:
    text, scheme, units, parts, left = vector
    found = count(text, plan=Plan.INTERNATIONAL)
    assert (found.scheme, found.units, found.parts, found.left) == (scheme, units, parts, left)
    assert found.is_sendable
    assert len(segments(text)) == parts


@pytest.mark.parametrize("vector", KOREAN.values(), ids=KOREAN)
def test_korean_vectors(vector: tuple[str, str, int, int, int]) -> None:
    text, scheme, units, parts, left = vector
    found = count(text, plan=Plan.KOREAN)
    assert (found.scheme, found.units, found.parts, found.left) == (scheme, units, parts, left)
    assert found.is_sendable == (scheme != "too-long")
    assert found.risky == ()


@pytest.mark.parametrize(("char", "code"), EXTENSION.items(), ids=repr)
def test_each_escaped_character(char: str, code: str) -> None:
    found = count(char, plan=Plan.INTERNATIONAL)
    assert (found.scheme, found.units) == (Scheme.GSM7, 2)
    assert gsm7_bytes(char).hex() == code


def test_more_than_255_parts_are_refused() -> None:
    found = count("a" * (153 * 255 + 1), plan=Plan.INTERNATIONAL)
    assert found == Count(Scheme.TOO_LONG, 39016, 39015, 0, -1)
    assert not found.is_sendable


def test_the_alphabet_has_137_characters() -> None:
    alphabet = [chr(code) for code in range(0x10000) if count(chr(code), plan=Plan.INTERNATIONAL).scheme == "gsm7"]
    sendable = [char for char in alphabet if count(char, plan=Plan.INTERNATIONAL).is_sendable]
    assert len(sendable) == 137
    assert len({gsm7_bytes(char) for char in sendable}) == 137


def test_a_text_outside_the_alphabet_has_no_septets() -> None:
    with pytest.raises(ValueError, match="outside the GSM alphabet") as caught:
        gsm7_bytes("가나다")
    assert "가" not in str(caught.value)


@pytest.mark.parametrize("syllable", list("똠펲햏뷁믜"))
def test_syllables_outside_ks_x_1001_are_risky_but_go(syllable: str) -> None:
    found = count(f"가{syllable}나{syllable}", plan=Plan.KOREAN)
    assert [char.shown for char in found.risky] == [syllable]
    assert (found.units, found.is_sendable) == (8, True)


def test_every_modern_syllable_goes_and_2350_are_safe() -> None:
    syllables = "".join(chr(code) for code in range(0xAC00, 0xD7A4))
    found = count(syllables, plan=Plan.KOREAN)
    assert found.unsendable == ()
    assert len(syllables) - len(found.risky) == 2350  # KS X 1001


def test_unsendable_characters_are_named_once_in_order() -> None:
    found = count(f"손{FACE} 씻기é{FACE}\x07\ud83d ᄀ\ue000", plan=Plan.KOREAN)
    assert [(each.code_point, each.name) for each in found.unsendable] == [
        ("U+1F600", "GRINNING FACE"),
        ("U+00E9", "LATIN SMALL LETTER E WITH ACUTE"),
        ("U+0007", "control-0007"),
        ("U+D83D", "surrogate-D83D"),
        ("U+1100", "HANGUL CHOSEONG KIYEOK"),
        ("U+E000", "private-use-E000"),
    ]
    assert [each.shown for each in found.unsendable] == [FACE, "é", "", "", "ᄀ", ""]
    assert not found.is_sendable
    assert found.units == len("손 씻기 ".encode("cp949"))


def test_abroad_only_controls_and_half_pairs_cannot_go() -> None:
    found = count(f"a\x00\x1b\ud83d{FACE}é\t\ue000\n", plan=Plan.INTERNATIONAL)
    assert [each.name for each in found.unsendable] == [
        "control-0000",
        "control-001B",
        "surrogate-D83D",
        "control-0009",
    ]
    assert [each.code_point for each in found.risky] == ["U+E000"]


def test_what_is_named_can_be_written_to_a_page() -> None:
    named = count("".join(map(chr, [*range(0x200), *range(0xD7F0, 0xE010), 0xFFFF])), plan=Plan.KOREAN).unsendable
    assert len(named) > 2000
    assert "".join(each.shown + each.name + each.code_point for each in named).encode("utf-8")


@pytest.mark.parametrize(
    ("text", "fits", "left"), [("가" * 20, True, 0), ("가" * 20 + "a", False, -1), ("", True, 40), ("a" * 40, True, 0)]
)
def test_subject(text: str, fits: bool, left: int) -> None:
    found = count_subject(text)
    assert (found.is_sendable, found.left, found.limit) == (fits, left, 40)


def test_a_subject_is_one_line_of_korean_characters() -> None:
    found = count_subject(f"알림\n{FACE}똠")
    assert [each.code_point for each in found.unsendable] == ["U+000A", "U+1F600"]
    assert [each.shown for each in found.risky] == ["똠"]


TIDIED = {
    "composed": ("\u1112\u1161\u11ab\u1100\u1173\u11af", "한글"),
    "quotes": ("“한 번”만 ‘꼭’ «예»", '"한 번"만 \'꼭\' "예"'),
    "apostrophe": ("don’t", "don't"),
    "range": ("3–5 mm, −700 HU, ground‑glass", "3-5 mm, -700 HU, ground-glass"),
    "dash between words": ("CT—not MRI", "CT - not MRI"),
    "dash with spaces": ("CT — not MRI ―― never", "CT - not MRI - never"),
    "dash at a line's start": ("— one\n— two", "- one\n- two"),
    "ellipsis": ("대기…", "대기..."),
    "spaces": ("10\u00a0mm\u3000CT\u2009x\ty", "10 mm CT x y"),
    "invisible": ("\ufeff손\u200b 소\u00ad독\u2060\u202a01\u202c", "손 소독01"),
    "line ends": ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
    "an emoji's look": ("☎\ufe0f", "☎"),
    "units": ("5 µm, 10 K\u212b", "5 μm, 10 KÅ"),
    "won": ("₩1,000", "￦1,000"),
    "ligatures": ("ﬁbrosis, eﬀusion", "fibrosis, effusion"),
    "bullets": ("• 하나 ‧ 둘", "· 하나 · 둘"),
    "left alone": (
        "{ack} [영상의학회] 38.0 ℃ ≥ 2회 · 《지침》 `x` 1/2",
        "{ack} [영상의학회] 38.0 ℃ ≥ 2회 · 《지침》 `x` 1/2",
    ),
}


@pytest.mark.parametrize(("text", "expected"), TIDIED.values(), ids=TIDIED)
def test_tidy(text: str, expected: str) -> None:
    assert tidy(text) == expected


def test_tidied_text_from_a_word_processor_goes_by_either_plan() -> None:
    english = tidy("“Don’t wait” — call… 3–5\u00a0mm")
    assert count(english, plan=Plan.INTERNATIONAL).scheme == Scheme.GSM7
    assert count(tidy("₩5,000 • “손씻기”…\ufeff"), plan=Plan.KOREAN).is_sendable


def test_placeholders_are_filled_before_counting() -> None:
    text = "확인 {ack} 또는 {other} {ack} {Not} {}"
    assert placeholders(text) == ("ack", "other")
    assert (
        fill(text, {"ack": "https://a.kr/{other}"})
        == "확인 https://a.kr/{other} 또는 {other} https://a.kr/{other} {Not} {}"
    )
    assert count(fill("{ack}", {"ack": "x" * 91}), plan=Plan.KOREAN).scheme == Scheme.LMS


PLANS = st.sampled_from(Plan)
GSM = st.text(alphabet=st.sampled_from([*"@£$ aZ09é\nΩ§à", *EXTENSION]), max_size=400)
UCS2 = st.text(alphabet=st.sampled_from([*"가a똠€", FACE]), max_size=200)
ANY = st.text(alphabet=st.characters(), max_size=200)  # with lone surrogates
HABITS = st.text(
    alphabet=st.sampled_from("a 1—―–-“’…\r\n\t\u00a0\u200b\u202e\u1112\u1161\u11ab\u0301\u0338µ₩ﬁ•가\ufe0f"),
    max_size=40,
)


@given(text=GSM | UCS2 | ANY, more=GSM | UCS2 | ANY, plan=PLANS)
def test_more_text_never_costs_less(text: str, more: str, plan: Plan) -> None:
    before, after = count(text, plan=plan), count(text + more, plan=plan)
    assert after.scheme == Scheme.TOO_LONG or before.parts <= after.parts
    assert set(before.unsendable) <= set(after.unsendable)


@given(text=GSM | UCS2 | ANY)
def test_segments_join_to_the_text(text: str) -> None:
    assert "".join(segments(text)) == text


@given(text=GSM)
def test_septets_agree_with_the_encoding(text: str) -> None:
    found = count(text, plan=Plan.INTERNATIONAL)
    assert (found.scheme, found.units) == (Scheme.GSM7, len(gsm7_bytes(text)))
    room = 160 if found.parts <= 1 else 153
    assert all(len(gsm7_bytes(part)) <= room for part in segments(text))


@given(text=UCS2)
def test_code_units_agree_with_the_encoding(text: str) -> None:
    found = count("가" + text, plan=Plan.INTERNATIONAL)
    parts = [part.encode("utf-16-be") for part in segments("가" + text)]  # a split pair would not encode
    assert found.units == sum(map(len, parts)) / 2
    assert all(len(part) <= (140 if len(parts) == 1 else 134) for part in parts)
    assert found.left == (140 if len(parts) == 1 else 134) / 2 - len(parts[-1]) / 2


@given(text=ANY)
def test_bytes_agree_with_the_encoding(text: str) -> None:
    found = count(text, plan=Plan.KOREAN)
    if not found.unsendable:
        assert found.units == len(text.encode("cp949"))
    assert found.units + found.left == found.limit


@given(text=ANY | HABITS)
def test_tidy_twice_is_tidy_once(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)


# smpplib cuts escape pairs and surrogate pairs apart, has no § and takes ` for it: without these it counts alike.
@given(
    text=st.text(
        alphabet=st.sampled_from("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !#¤%&09AZÄÖÑÜ¿azäöñüà"), min_size=1, max_size=700
    )
)
def test_gsm_parts_as_smpplib_counts_them(text: str) -> None:
    parts, encoding, _ = make_parts(text)
    assert encoding == consts.SMPP_ENCODING_DEFAULT
    assert len(parts) == count(text, plan=Plan.INTERNATIONAL).parts
    assert b"".join(part[6:] if len(parts) > 1 else part for part in parts) == gsm7_bytes(text)


@given(text=st.text(alphabet=st.sampled_from("가나다똠漢é`a1"), max_size=300))
def test_ucs2_parts_as_smpplib_counts_them(text: str) -> None:
    parts, encoding, _ = make_parts("한" + text)
    assert encoding == consts.SMPP_ENCODING_ISO10646
    assert len(parts) == count("한" + text, plan=Plan.INTERNATIONAL).parts
