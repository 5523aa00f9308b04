from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from firstlight.outbreaks.hooks.story import News
from firstlight.outbreaks.models import Outbreak, Phase


def phase_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """The phases that began, each with its reason."""
    url = reverse("outbreak", args=[outbreak.slug])
    for phase in outbreak.phases.filter(began_at__lte=at):
        titles = {language: _titled(phase, language) for language in ("ko", "en")}
        yield News(phase.began_at, _("Phase"), titles["ko"], titles["en"], url)


def _titled(phase: Phase, language: str) -> str:
    with translation.override(language):
        note = phase.note_ko if language == "ko" else phase.note_en
        return ": ".join(part for part in (str(phase.get_key_display()), note) if part)


def word_news(outbreak: Outbreak, at: datetime) -> Iterator[News]:
    """Every change of what the record says, after its first words."""
    url = reverse("outbreak", args=[outbreak.slug])
    for version in outbreak.versions.filter(number__gt=1, in_force_from__lte=at):
        titles = {}
        for language in ("ko", "en"):
            with translation.override(language):
                titles[language] = gettext("What this outbreak's record says has changed")
        yield News(version.in_force_from, _("Words"), titles["ko"], titles["en"], url)
