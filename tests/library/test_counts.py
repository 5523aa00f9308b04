"""What the counts may call a case."""

from firstlight.library.models import Case
from firstlight.library.queries.cases import case_labels
from tests.cast import Cast
from tests.drafts import published


def test_a_drafts_words_are_in_no_label(cast: Cast, case: Case) -> None:
    assert case_labels([str(case.number)]) == {}
    published(cast, case)
    shown = case_labels([str(case.number), "x"])[str(case.number)]
    Case.objects.filter(pk=case.pk).update(title_en="A diagnosis that gives it away")
    assert case_labels([str(case.number)])[str(case.number)] == shown
