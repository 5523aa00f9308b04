"""The words of a notice on a new version of a guideline: what changed, and whose advice."""

from collections.abc import Iterable, Sequence

from firstlight.guidance.rules.comparing import Change, ChangeKind
from firstlight.guidance.rules.guideline import Guideline
from firstlight.guidance.rules.inputs import Words
from firstlight.guidance.rules.rehearsing import Changed, Rehearsal

KINDS = {
    ChangeKind.ADDED: Words("새 권고", "New"),
    ChangeKind.REMOVED: Words("삭제", "Removed"),
    ChangeKind.CHANGED: Words("변경", "Changed"),
}
MOST_EXAMPLES = 5


def notice_words(
    guideline: Guideline, changes: Sequence[Change], rehearsal: Rehearsal | None, *, is_first: bool
) -> dict[str, str]:
    """Titles, short and full texts of the notice, by field."""
    both = {language: _words(guideline, changes, rehearsal, language, is_first) for language in ("ko", "en")}
    return {f"{name}_{language}": text for language, texts in both.items() for name, text in texts.items()}


def _words(
    guideline: Guideline, changes: Sequence[Change], rehearsal: Rehearsal | None, language: str, is_first: bool
) -> dict[str, str]:
    news = Words("권고안 발표", "Guideline published") if is_first else Words("권고안 개정", "Guideline revised")
    name, said = guideline.short.in_language(language), news.in_language(language)
    summary = _summary(rehearsal, language)
    parts = [
        guideline.title.in_language(language),
        *_changed_lines(changes, language),
        summary,
        *_examples(rehearsal, language),
    ]
    return {
        "title": f"{said}: {name}"[:150],
        "sms": f"{said}: {name}. {summary}".strip(),
        "body": "\n\n".join(part for part in parts if part),
    }


def _changed_lines(changes: Iterable[Change], language: str) -> list[str]:
    return [
        f"- {KINDS[each.kind].in_language(language)} {each.id}: {each.text.in_language(language)}"
        for each in changes
        if each.id
    ]


def _summary(rehearsal: Rehearsal | None, language: str) -> str:
    if rehearsal is None or not rehearsal.replayed:
        return ""
    changed, replayed = len(rehearsal.changed), rehearsal.replayed
    return Words(
        f"시연한 상황 {replayed}건 가운데 {changed}건의 권고가 달라집니다.",
        f"Of {replayed} situations rehearsed, the advice changes in {changed}.",
    ).in_language(language)


def _examples(rehearsal: Rehearsal | None, language: str) -> list[str]:
    return [_example(each, language) for each in rehearsal.changed[:MOST_EXAMPLES]] if rehearsal else []


def _example(changed: Changed, language: str) -> str:
    def ids(recommendations: Sequence[object]) -> str:
        named = ", ".join(str(getattr(each, "id", "")) for each in recommendations)
        return named or Words("권고 없음", "no recommendation").in_language(language)

    return f"- {changed.situation.text.in_language(language)}: {ids(changed.before)} → {ids(changed.after)}"
