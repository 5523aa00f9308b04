from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from firstlight.readiness.models import ITEM_STATES, Approval, Drill, ItemChange, Room, Team, Zone
from firstlight.readiness.pictures import BadPicture, Picture, read_picture
from firstlight.readiness.playbook import documents
from firstlight.readiness.rules import Corner, read_corners, rectangle


class DayInput(forms.DateInput):
    """The browser's own calendar, which wants its days as 2020-03-12."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def playbook_choices() -> list[tuple[str, str]]:
    """The playbooks on the shelf, in the reader's language."""
    language = (get_language() or "en")[:2]
    return [(key, each[f"title_{language}"]) for key, each in documents().items()]


class StartForm(forms.Form):
    """Which playbook to start."""

    playbook = forms.ChoiceField(label=gettext_lazy("Playbook"), choices=playbook_choices)


def playbook_choices_or_none() -> list[tuple[str, str]]:
    """The playbooks on the shelf, or none of them."""
    return [("", _("No playbook")), *playbook_choices()]


class PlaybookForm(forms.Form):
    """The playbook that every department starts with when an outbreak is activated."""

    playbook = forms.ChoiceField(label=gettext_lazy("Playbook"), choices=playbook_choices_or_none, required=False)


class ItemForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm takes no parameter at run time
    """How an item stands; `seen` says which state its author had before them."""

    seen = forms.IntegerField(widget=forms.HiddenInput)
    evidence_link = forms.URLField(
        label=gettext_lazy("Link to the evidence"), required=False, max_length=500, assume_scheme="https"
    )

    class Meta:
        model = ItemChange
        fields = ("state", "owner", "due_on", "evidence", "evidence_link", "comment")
        widgets: ClassVar = {
            "state": forms.RadioSelect,
            "due_on": DayInput,
            "owner": forms.TextInput(attrs={"list": "people"}),
            "comment": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        state: Any = self.fields["state"]
        state.choices = list(ITEM_STATES.items())
        self.fields["evidence"].widget.attrs["rows"] = 3


class ReferenceForm(forms.Form):
    """A version of a guideline or a notice, and where it is."""

    label = forms.CharField(
        label=gettext_lazy("Name and version"),
        max_length=160,
        help_text=gettext_lazy("Such as “Imaging guideline, version 3”."),
    )
    address = forms.CharField(label=gettext_lazy("Address"), max_length=500, required=False)

    def clean_address(self) -> str:
        """A page of this site or of the web; nothing that would run."""
        address: str = self.cleaned_data["address"].strip()
        if (address and not address.startswith(("/", "https://", "http://"))) or address.startswith("//"):
            raise ValidationError(_("Write an address that begins with / or https://."))
        return address


class DueForm(forms.Form):
    """One day for several items."""

    due_on = forms.DateField(label=gettext_lazy("Due"), widget=DayInput)
    number = forms.TypedMultipleChoiceField(coerce=int, required=False)
    group = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, numbers: list[int], groups: dict[str, list[int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.groups = groups
        number: Any = self.fields["number"]
        number.choices = [(each, str(each)) for each in numbers]
        group: Any = self.fields["group"]
        group.choices = [(key, key) for key in groups]

    def clean(self) -> dict[str, Any]:
        """At least one item, by itself or by its group."""
        data = super().clean() or {}
        grouped = [each for key in data.get("group", []) for each in self.groups[key]]
        data["numbers"] = sorted({*data.get("number", []), *grouped})
        if not data["numbers"]:
            raise ValidationError(_("Choose the items that this day is for."))
        return data


class PlanForm(forms.Form):
    """A floor plan's picture."""

    name = forms.CharField(label=gettext_lazy("Name of the plan"), max_length=80)
    picture = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy("PNG or JPEG, up to 15 MB. Export a drawing as PNG first. No person should be in it."),
        widget=forms.ClearableFileInput(attrs={"accept": "image/png,image/jpeg"}),
    )

    def clean_picture(self) -> Picture:
        """The picture drawn anew, without anything its file may carry."""
        try:
            return read_picture(self.cleaned_data["picture"])
        except BadPicture as error:
            reasons = {
                "big": _("This picture is too large. Make it smaller than 15 MB and 40 megapixels."),
                "unknown": _("This is neither a PNG nor a JPEG. Export the drawing as PNG and try again."),
                "broken": _("This picture is damaged and cannot be read."),
            }
            raise ValidationError(reasons[error.reason]) from error


class ZoneForm(forms.Form):
    """A zone by numbers: a rectangle, or as many corners as it takes; all in per cent of the picture."""

    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Zone.Kind.choices)
    label = forms.CharField(label=gettext_lazy("Name"), max_length=40)
    left = forms.FloatField(label=gettext_lazy("Left"), min_value=0, max_value=100, required=False)
    top = forms.FloatField(label=gettext_lazy("Top"), min_value=0, max_value=100, required=False)
    width = forms.FloatField(label=gettext_lazy("Width"), min_value=0, max_value=100, required=False)
    height = forms.FloatField(label=gettext_lazy("Height"), min_value=0, max_value=100, required=False)
    corners = forms.CharField(
        label=gettext_lazy("Or its corners"),
        required=False,
        max_length=1000,
        help_text=gettext_lazy("Each as across,down: 10,10 40,10 40,30 10,30"),
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean_corners(self) -> list[Corner]:
        """The corners as numbers; none when the rectangle is meant."""
        text = self.cleaned_data["corners"]
        try:
            return read_corners(text) if text.strip() else []
        except ValueError as error:
            raise ValidationError(_("Write the corners as 10,10 40,10 40,30 10,30.")) from error

    def clean(self) -> dict[str, Any]:
        """Corners, or the rectangle's four."""
        data = super().clean() or {}
        sides = [data.get(name) for name in ("left", "top", "width", "height")]
        if "corners" in data and not data["corners"]:
            if any(side is None for side in sides):
                raise ValidationError(_("Give the rectangle's four numbers, or the corners."))
            data["corners"] = rectangle(*[float(side) for side in sides if side is not None])
        return data


class TeamForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Team
        fields = ("name", "place", "people")


class DrillForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Drill
        fields = ("title", "held_on", "lessons")
        widgets: ClassVar = {"held_on": DayInput}


class ApprovalForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Approval
        fields = ("device", "kind", "agent", "product", "contact_minutes", "verdict", "document")


class RoomForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Room
        fields = (
            "name_ko",
            "name_en",
            "kind",
            "air_changes_per_hour",
            "measured_on",
            "removal_percent",
            "mixing_factor",
        )
        widgets: ClassVar = {"measured_on": DayInput}
