from django import forms
from django.utils.translation import gettext_lazy as _

from firstlight.surveillance.places import code_written
from firstlight.surveillance.sources import sources


class PanelForm(forms.Form):
    """Whose numbers an outbreak shows first, and which sources count."""

    place = forms.CharField(
        label=_("Place shown first"), max_length=12, required=False, help_text=_("ISO 3166 code, such as KR or KR-11")
    )
    sources = forms.CharField(
        label=_("Sources that count, first to last"),
        max_length=200,
        required=False,
        help_text=_("Keys with spaces between, such as: ds4c jhu. Empty: every source in the usual order."),
    )

    def clean_place(self) -> str:
        """A place that exists."""
        text = str(self.cleaned_data["place"]).strip()
        place = code_written(text.upper()) if text else ""
        if place is None:
            raise forms.ValidationError(_("There is no place of this code."))
        return place

    def clean_sources(self) -> str:
        """Sources that exist, each once."""
        keys = str(self.cleaned_data["sources"]).split()
        if len(set(keys)) < len(keys) or not set(keys) <= set(sources()):
            raise forms.ValidationError(
                _("Name each of these at most once: %(keys)s"), params={"keys": ", ".join(sources())}
            )
        return " ".join(keys)
