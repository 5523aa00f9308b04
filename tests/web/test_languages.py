from dataclasses import dataclass

import pytest

from firstlight.web.languages import Wording, choose_wording


@dataclass
class Titled:
    title_ko: str | None = ""
    title_en: str | None = ""


@pytest.mark.parametrize(
    ("titled", "language", "chosen"),
    [
        (Titled("폐렴", "Pneumonia"), "ko", Wording("폐렴", "ko")),
        (Titled("폐렴", "Pneumonia"), "en", Wording("Pneumonia", "en")),
        (Titled("", "Pneumonia"), "ko", Wording("Pneumonia", "en")),
        (Titled("폐렴", None), "en", Wording("폐렴", "ko")),
        (Titled(), "en", Wording("", "en")),
    ],
)
def test_the_other_language_stands_in(titled: Titled, language: str, chosen: Wording) -> None:
    assert choose_wording(titled, "title", language) == chosen


def test_a_misspelt_field_is_an_error() -> None:
    with pytest.raises(AttributeError):
        choose_wording(Titled("폐렴"), "titel", "ko")
