"""What a card says, in the language its reader asked for."""

from collections.abc import Iterable, Sequence

from firstlight.guidance.cds.answers import Situation
from firstlight.guidance.cds.rating import Opinion, Rating, is_disputed
from firstlight.guidance.queries import Published
from firstlight.guidance.rules.advice import Reason
from firstlight.guidance.rules.guideline import Recommendation
from firstlight.guidance.rules.inputs import Input, Words, terms

LONGEST_SUMMARY = 139
Sayings = Sequence[tuple[Published, Opinion]]

MORE = Words("{first} 외 {count}개", "{first} and {count} more")
SAYS = Words("{modality}: {verb} ({by})", "{modality} {verb} ({by})")
DISPUTED = Words("{modality}: 지침이 서로 다름 – 권함 {wanted}, 권하지 않음 {unwanted}",
                 "Guidelines disagree on {modality}: for by {wanted}, against by {unwanted}")  # fmt: skip
OPEN = Words("{modality}: 판단하려면 더 알아야 함 ({by})", "{modality}: more needs to be known ({by})")
IN_FORCE = Words("{since}부터 적용 중인 {number}판", "version {number}, in force since {since}")
BECAUSE = Words("근거", "Because")
PRESUMED = Words("말한 사람이 없어 이렇게 봄", "Taken so, since nobody said")
GRADES = Words("권고 강도: {strength}. 근거 수준: {certainty}.", "Strength: {strength}. Certainty: {certainty}.")
SIGN_OFF = Words("임상의의 확인이 필요함", "Needs clinical sign-off")
MISSING = Words("아직 알려지지 않음", "Not known yet")
CONTRADICTED = Words("기록이 서로 다르게 말함", "The record says two things about")
UNREAD = Words("읽지 못함", "Could not be read")
KEYS = {
    "encounter": Words("진료", "the encounter"),
    "patient": Words("나이", "the age"),
    "conditions": Words("진단·증상", "conditions"),
    "observations": Words("검사 결과", "test results"),
    "answers": Words("채운 서식", "filled forms"),
}
NOTHING_KEPT = Words("이 답에는 환자 정보를 저장하지 않았습니다.", "Nothing of the patient was kept for this answer.")


def summary(modality: str, sayings: Sayings, language: str) -> str:
    """One sentence, shorter than 140 characters."""
    name = terms("modalities")[modality].label.in_language(language)
    opinions = [opinion for _published, opinion in sayings]
    if is_disputed(opinions):
        wanted, unwanted = (
            _by(_rated(sayings, each), language) for each in (Rating.APPROPRIATE, Rating.NOT_APPROPRIATE)
        )
        return _short(DISPUTED.in_language(language).format(modality=name, wanted=wanted, unwanted=unwanted))
    decided = [each for each in sayings if each[1].rating and each[1].recommendations]
    if not decided:
        return _short(OPEN.in_language(language).format(modality=name, by=_by(sayings, language)))
    verb = terms("verbs")[_main(decided[0][1]).verb].label.in_language(language)
    return _short(SAYS.in_language(language).format(modality=name, verb=verb, by=_by(decided, language)))


def _main(opinion: Opinion) -> Recommendation:
    """The recommendation that decided the rating."""
    decisive = {Rating.APPROPRIATE: ("for", "either")}.get(opinion.rating, ("against",))
    return next(each for direction in decisive for each in opinion.recommendations if each.direction == direction)


def _rated(sayings: Sayings, rating: Rating) -> Sayings:
    return [each for each in sayings if each[1].rating == rating]


def _by(sayings: Sayings, language: str) -> str:
    first = sayings[0][0].guideline.short.in_language(language)
    if len(sayings) == 1:
        return first
    return MORE.in_language(language).format(first=first, count=len(sayings) - 1)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_SUMMARY else text[: LONGEST_SUMMARY - 1].rstrip() + "…"


def detail(sayings: Sayings, situation: Situation, unread: Iterable[str], language: str) -> str:
    """The whole answer as Markdown: each guideline with what it says, why, how sure, and what it still waits for."""
    parts = [_guideline(published, opinion, language) for published, opinion in sayings]
    if situation.contradicted:
        parts.append(_line(CONTRADICTED, _questions(sayings, situation.contradicted, language), language))
    if told := ", ".join(KEYS[each].in_language(language) for each in unread):
        parts.append(_line(UNREAD, told, language))
    return "\n\n".join([*parts, NOTHING_KEPT.in_language(language)])


def _line(label: Words, text: str, language: str) -> str:
    return f"**{label.in_language(language)}:** {text}"


def _guideline(published: Published, opinion: Opinion, language: str) -> str:
    guideline = published.guideline
    version = IN_FORCE.in_language(language).format(number=guideline.version, since=guideline.effective_from)
    lines = [f"### {guideline.title.in_language(language)} ({version})"]
    if guideline.needs_sign_off:
        lines.append(f"**{SIGN_OFF.in_language(language)}**")
    for each in opinion.recommendations:
        lines.append(_recommendation(each, opinion.advice.because.get(each.id, ()), language))
    if opinion.missing:
        lines.append(_line(MISSING, _questions([(published, opinion)], opinion.missing, language), language))
    return "\n\n".join(lines)


def _recommendation(recommendation: Recommendation, reasons: Sequence[Reason], language: str) -> str:
    grades = GRADES.in_language(language).format(
        strength=terms("strengths")[recommendation.strength].label.in_language(language),
        certainty=terms("certainties")[recommendation.certainty].label.in_language(language),
    )
    lines = [f"**{recommendation.id}** {recommendation.text.in_language(language)}", f"- {grades}"]
    for label, presumed in ((BECAUSE, False), (PRESUMED, True)):
        told = "; ".join(_reason(each, language) for each in reasons if each.presumed is presumed)
        lines += [f"- {label.in_language(language)}: {told}"] if told else []
    if recommendation.needs_sign_off:
        unverified = recommendation.unverified
        more = f": {unverified.in_language(language)}" if unverified else ""
        lines.append(f"- **{SIGN_OFF.in_language(language)}**{more}")
    lines += [f"- {each.text.in_language(language)}" for each in recommendation.remarks]
    return "\n".join(lines)


def _reason(reason: Reason, language: str) -> str:
    return f"{reason.input.question.in_language(language)} {reason.label.in_language(language)}"


def _questions(sayings: Sayings, names: Iterable[str], language: str) -> str:
    inputs: dict[str, Input] = {
        each.name: each for published, _opinion in sayings for each in published.guideline.inputs
    }
    return "; ".join(inputs[name].question.in_language(language) for name in names if name in inputs)
