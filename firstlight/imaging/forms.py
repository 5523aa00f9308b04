from django import forms
from django.utils.translation import gettext_lazy as _


class RevocationForm(forms.Form):
    """Why a signing key is trusted no longer."""

    why = forms.CharField(label=_("Why"), max_length=200)
