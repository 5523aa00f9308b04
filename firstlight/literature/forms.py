from django import forms
from django.utils.translation import gettext_lazy as _

from firstlight.outbreaks.forms import TagLinesField


class LiteratureForm(forms.Form):
    """How an outbreak keeps its papers."""

    words = forms.CharField(
        label=_("Words to watch for"),
        required=False,
        max_length=400,
        help_text=_(
            "New papers with these words are put before the editors. OR joins other names;"
            " quotation marks keep an order."
        ),
    )
    screeners = forms.TypedChoiceField(
        label=_("How many look at each paper"), coerce=int, choices=[(1, _("One")), (2, _("Two"))], initial=1
    )
    include_reasons = forms.CharField(
        label=_("Reasons to take a paper in"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line."),
    )
    exclude_reasons = forms.CharField(
        label=_("Reasons to leave a paper out"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("One a line."),
    )
    tags = TagLinesField(label=_("Tags of papers"), rows=6)


class WatchForm(forms.Form):
    """A search to be kept."""

    name = forms.CharField(label=_("Name"), max_length=120, required=False)
    words = forms.CharField(label=_("Search words"), max_length=400)


class NoteForm(forms.Form):
    """Why a listed paper matters, and by which words it is found."""

    note_ko = forms.CharField(label=_("Why it matters"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
    note_en = forms.CharField(label=_("Why it matters"), required=False, widget=forms.Textarea(attrs={"rows": 3}))
