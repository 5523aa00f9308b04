from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from firstlight.weekly.models import Comment, Diagnosis, Entry, Round
from firstlight.weekly.rules.practice import CONFIDENCES

LOCAL = "%Y-%m-%dT%H:%M"
SUGGESTIONS = "diagnoses"


def ranked_fields(count: int, answers: list[str]) -> dict[str, forms.Field]:
    """A field for each rank, offering the whole vocabulary whatever is asked."""
    return {
        f"answer_{rank}": forms.CharField(
            label=_("Most likely") if rank == 1 else str(rank),
            max_length=200,
            required=False,
            initial=answers[rank - 1] if rank <= len(answers) else "",
            widget=forms.TextInput(attrs={"list": SUGGESTIONS, "autocomplete": "off", "spellcheck": "false"}),
        )
        for rank in range(1, count + 1)
    }


class RankedForm(forms.Form):
    """Ranked answers to a round."""

    def __init__(self, *args: Any, round_: Round, answers: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ranks = [f"answer_{rank}" for rank in range(1, round_.max_answers + 1)]
        self.fields = {**ranked_fields(round_.max_answers, answers or []), **self.fields}

    def ranked(self) -> list[forms.BoundField]:
        """The fields of the answers, in order."""
        return [self[name] for name in self.ranks]

    def answers(self) -> list[str]:
        """What was written, in order; blanks are left to the rules."""
        return [str(self.cleaned_data[name]) for name in self.ranks]

    def clean(self) -> dict[str, Any]:
        """At least one answer."""
        data: dict[str, Any] = super().clean() or {}
        if not any(str(data.get(name, "")).strip() for name in self.ranks):
            raise forms.ValidationError(_("Write at least one diagnosis."))
        return data


class AnswerForm(RankedForm):
    """A member's answers, and their word on their name."""

    shows_name = forms.BooleanField(
        label=_("Show my name in the public lists"),
        required=False,
        help_text=_("Without it your points count just the same, and the lists leave the name out."),
    )

    def __init__(self, *args: Any, entry: Entry | None, shows_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, answers=entry.answers if entry else None, **kwargs)
        self.fields["shows_name"].initial = shows_name


class PracticeForm(RankedForm):
    """Answers to a past case, and how sure one is of the first."""

    confidence = forms.TypedChoiceField(
        label=_("How sure are you that the right one is among them?"),
        choices=[(each, f"{each} %") for each in CONFIDENCES],
        coerce=int,
        widget=forms.RadioSelect,
    )
    begun = forms.CharField(required=False, widget=forms.HiddenInput)


def _moment(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label, input_formats=[LOCAL], widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format=LOCAL)
    )


class TimesForm(forms.Form):
    """When a round opens, closes and shows its answer, on the site's own clock."""

    opens_at = _moment(_("Opens at"))
    closes_at = _moment(_("Closes at"))
    reveal_at = _moment(_("Answer shown at"))

    def clean(self) -> dict[str, Any]:
        """In their order."""
        data: dict[str, Any] = super().clean() or {}
        moments = [data.get(name) for name in ("opens_at", "closes_at", "reveal_at")]
        if all(moments) and not moments[0] < moments[1] <= moments[2]:  # type: ignore[operator]  # none is None here
            raise forms.ValidationError(_("A round opens before it closes, and shows its answer no earlier than that."))
        return data


class ScheduleForm(TimesForm):
    """How a case is asked."""

    right = forms.CharField(
        label=_("What is right"),
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One diagnosis a line, in either language. Other names that the vocabulary knows count too."),
    )
    max_answers = forms.IntegerField(label=_("Ranked answers at most"), min_value=1, max_value=10)
    points_first = forms.IntegerField(label=_("Points when the first answer is right"), min_value=0, max_value=1000)
    points_other = forms.IntegerField(label=_("Points when a later answer is right"), min_value=0, max_value=1000)


class ReasonForm(forms.Form):
    """A sentence that says why."""

    why = forms.CharField(label=_("Why"), max_length=300)


class CommentForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    class Meta:
        model = Comment
        fields = ("text",)
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}  # noqa: RUF012 — Django's own way of declaring them


class DiagnosisForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """A diagnosis with its names, one a line; the key is made from the English name where none is given."""

    synonyms_ko = forms.CharField(
        label=_("Other names in Korean"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    synonyms_en = forms.CharField(
        label=_("Other names in English"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    accepted_for = forms.CharField(
        label=_("Is right for"),
        required=False,
        help_text=_("Keys, one a line: naming this one is right where they are asked."),
    )

    class Meta:
        model = Diagnosis
        fields = ("label_en", "label_ko", "key", "synonyms_en", "synonyms_ko", "accepted_for")
        help_texts = {  # noqa: RUF012 — Django's own way of declaring them
            "key": _("With the key of a shipped diagnosis, these names are added to it.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["key"].required = False

    def clean(self) -> dict[str, Any]:
        """Lines as lists, and a key."""
        data: dict[str, Any] = super().clean() or {}
        for name in ("synonyms_ko", "synonyms_en", "accepted_for"):
            data[name] = [line.strip() for line in str(data.get(name, "")).splitlines() if line.strip()]
        data["key"] = data.get("key") or slugify(data.get("label_en", ""))[:60]
        if not data["key"] or not (data.get("label_en") or data.get("label_ko")):
            raise forms.ValidationError(_("Give it a name in English, or a key and a name in Korean."))
        return data
