"""What the style guide shows: invented, like every patient in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from django import forms
from django.utils.translation import gettext_lazy as _

OPENED_ON = date(2020, 4, 21)
CLOSES_AT = datetime(2020, 5, 10, 14, 59, tzinfo=UTC)
COLOURS = ("paper", "panel", "ink", "muted", "line", "edge", "accent", "ok", "warn", "danger", "dawn")


@dataclass(frozen=True)
class SampleCase:
    number: int
    title_ko: str
    title_en: str
    about_ko: str
    about_en: str
    state: str
    teaching_ko: str = ""
    teaching_en: str = ""


CASES = (
    SampleCase(
        number=14,
        title_ko="양측 폐 말초부의 다발성 간유리음영",
        title_en="Multifocal peripheral ground-glass opacities in both lungs",
        about_ko="CT · 54세 여성",
        about_en="CT · 54-year-old woman",
        state="published",
        teaching_ko=(
            "# 진단\n\n바이러스 폐렴.\n\n# 교육 포인트\n\n"
            "- 초기에는 **간유리음영**이 흉막하 말초부에 다발성으로 나타나는 경우가 많습니다.\n"
            "- *흉부 X선이 정상*이어도 폐렴을 배제할 수 없습니다.\n\n"
            "> 영상 소견만으로 원인 병원체를 확정할 수 없습니다.\n\n"
            "자세한 내용은 [권고안](https://example.org/)을 참고하십시오. "
            "내부 식별자는 `1.2.840.10008`과 같이 적습니다."
        ),
        teaching_en=(
            "# Diagnosis\n\nViral pneumonia.\n\n# Teaching points\n\n"
            "- Early on, **ground-glass opacities** are often multifocal, peripheral and subpleural.\n"
            "- *A normal radiograph* does not exclude pneumonia.\n\n"
            "> Imaging alone does not name the pathogen.\n\n"
            "See the [recommendation](https://example.org/). Identifiers are written as `1.2.840.10008`."
        ),
    ),
    SampleCase(
        number=13,
        title_ko="역후광 징후를 동반한 경화",
        title_en="Consolidation with a reversed halo sign",
        about_ko="CT · 67세 남성",
        about_en="CT · 67-year-old man",
        state="in-review",
    ),
    SampleCase(
        number=12,
        title_ko="",
        title_en="Crazy-paving pattern at day 10",
        about_ko="",
        about_en="CT · 41-year-old man",
        state="draft",
    ),
    SampleCase(
        number=11,
        title_ko="정상 흉부 X선, 이상 소견이 있는 CT",
        title_en="",
        about_ko="X선, CT · 29세 여성",
        about_en="",
        state="published",
    ),
)

ENTERED = {"title_ko": "양측 간유리음영", "title_en": "", "seen_on": "2020-04-31", "modality": "CT"}


class SampleForm(forms.Form):
    title_ko = forms.CharField(label=_("Title"), max_length=120)
    title_en = forms.CharField(label=_("Title"), max_length=120)
    modality = forms.ChoiceField(
        label=_("Modality"), widget=forms.RadioSelect, choices=[("CT", "CT"), ("DX", _("Radiograph"))]
    )
    seen_on = forms.DateField(
        label=_("Date of examination"),
        help_text=_("The day itself is never published; intervals between examinations are kept."),
    )
    history = forms.CharField(label=_("History"), widget=forms.Textarea, required=False)
    severity = forms.ChoiceField(
        label=_("Severity"), choices=[("", "—"), ("mild", _("Mild")), ("severe", _("Severe"))], required=False
    )
    consents = forms.BooleanField(label=_("My institution permits these images to be used for teaching."))
