from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from django.db.models import Count, Exists, F, Max, OuterRef, Q, QuerySet, Sum
from django.utils.translation import get_language

from firstlight.imaging.models import Instance, Series
from firstlight.imaging.veil import Veil
from firstlight.library.models import Authorship, Case, Review
from firstlight.library.policies import can_publish
from firstlight.library.queries.cases import version_in_force
from firstlight.library.rules import CaseDocument
from firstlight.people.models import Member
from firstlight.weekly.models import Attempt, Comment, Diagnosis, Entry, Player, Round, Ruling, Score
from firstlight.weekly.rules.marking import Key, Verdict, verdict_on
from firstlight.weekly.rules.naming import normalised, suspicion
from firstlight.weekly.rules.practice import next_key
from firstlight.weekly.rules.ranking import Tally, placed
from firstlight.weekly.vocabulary import Term, Vocabulary, shipped, vocabulary_of

# A text that the vocabulary does not know is shown to the public only when this many wrote it.
SHOWN_FROM = 2


def vocabulary(at: datetime) -> Vocabulary:
    """The shipped diagnoses with what the society added."""
    return vocabulary_of((*shipped(), *(_term(row, at) for row in Diagnosis.objects.filter(added_at__lte=at))))


def _term(row: Diagnosis, at: datetime) -> Term:
    return Term(
        row.key,
        row.label_ko,
        row.label_en,
        tuple(row.synonyms_ko),
        tuple(row.synonyms_en),
        frozenset(row.parents),
        frozenset(row.accepted_for),
        is_suggested=row.suggested_from is not None and row.suggested_from <= at,
    )


def round_of_the_week(at: datetime) -> Round | None:
    """The round that readers should see first: the open one that closes first, else the one that opened last."""
    return Round.objects.open(at).order_by("closes_at").first() or Round.objects.begun(at).first()


def earlier_rounds(at: datetime, *, but: Round | None, limit: int = 12) -> list[Round]:
    """Revealed rounds, newest first."""
    rounds = Round.objects.revealed(at).select_related("case")
    return list((rounds.exclude(pk=but.pk) if but else rounds)[:limit])


def next_number() -> int:
    """The number of the next round."""
    return (Round.objects.aggregate(last=Max("number"))["last"] or 0) + 1


def veil_of(round_: Round) -> Veil:
    """The names under which a round's images are shown."""
    return Veil(f"weekly {round_.key}")


def series_of(round_: Round) -> list[Series]:
    """The round's series in their order, as they were when it was scheduled."""
    uids = round_.question["series"]
    found = {each.series_instance_uid: each for each in Series.objects.filter(series_instance_uid__in=uids)}
    return [found[uid] for uid in uids if uid in found]


def series_at(round_: Round, place: int) -> Series | None:
    """The series at that place, from 1."""
    uids = round_.question["series"]
    if not 1 <= place <= len(uids):
        return None
    return Series.objects.select_related("study").filter(series_instance_uid=uids[place - 1]).first()


def instance_at(series: Series, stack_index: int) -> Instance | None:
    """The image at that place of a stack, from 0."""
    return Instance.objects.select_related("series__study").filter(series=series, stack_index=stack_index).first()


def veiled_viewer_series(round_: Round) -> list[dict[str, Any]]:
    """What the viewer needs to know of a round's series: modality, thickness and number of images, nothing else."""
    veil = veil_of(round_)
    return [
        {
            "studyInstanceUID": veil.root,
            "seriesInstanceUID": veil.series_uid(place),
            "modality": series.modality,
            "label": _label(series),
            "frameCount": series.frame_count,
            "keyImages": [],
        }
        for place, series in enumerate(series_of(round_), start=1)
    ]


def _label(series: Series) -> str:
    thickness = f"{series.slice_thickness_mm:g} mm" if series.slice_thickness_mm else ""
    return " · ".join(part for part in (series.modality, thickness) if part)


@dataclass(frozen=True)
class Picture:
    """Where one picture of a round is: the place of its series and of the image in it."""

    series_uid: str
    instance_uid: str
    number: int


def pictures_of(round_: Round, *, a_series: int) -> list[Picture]:
    """Pictures evenly through each stack, for a page without the viewer; never chosen by what they show."""
    veil = veil_of(round_)
    return [
        Picture(veil.series_uid(place), veil.instance_uid(place, index), index + 1)
        for place, series in enumerate(series_of(round_), start=1)
        for index in evenly(series.instance_count, a_series)
    ]


def evenly(count: int, wanted: int) -> list[int]:
    """So many places evenly through a stack, the middle one when it is one."""
    wanted = min(count, wanted)
    return [(2 * number + 1) * count // (2 * wanted) for number in range(wanted)]


def revealed_document(round_: Round, *, at: datetime) -> CaseDocument | None:
    """The case with its answer, once it is out and while it is not withdrawn."""
    if round_.state(at) != Round.State.REVEALED:
        return None
    version = version_in_force(round_.case.number, at=at)
    return CaseDocument.from_json(version.document) if version else None


def key_of(round_: Round, *, at: datetime, words: Vocabulary) -> Key:
    """What is right in a round at that moment; for each text the last ruling holds."""
    rulings = Ruling.objects.filter(round=round_, given_at__lte=at).order_by("given_at", "pk")
    return Key(
        words.right_keys(round_.right_keys),
        frozenset(normalised(each) for each in round_.right_names),
        dict(rulings.values_list("name", "is_right")),
    )


def entry_of(round_: Round, member: object) -> Entry | None:
    """A member's own entry."""
    return Entry.objects.filter(round=round_, member=member).first() if isinstance(member, Member) else None


def score_of(entry: Entry, *, at: datetime) -> Score | None:
    """What an entry has earned, once the answer is out."""
    return Score.objects.counted(at).filter(entry=entry, entry__round__revealed_at__lte=at).first()


def shows_name(member: object) -> bool:
    """Whether a member lets their name stand in public lists."""
    return isinstance(member, Member) and Player.objects.filter(member=member, shows_name=True).exists()


def obstacle_to_reveal(round_: Round) -> bool:
    """Whether a round cannot be revealed as it was approved: its case was changed, or its approver may not publish."""
    case = round_.case
    if case.state == Case.State.PUBLISHED:
        return False
    same_text = case.submitted_at == round_.approved_submission_at
    return not (same_text and can_publish(round_.scheduled_by, case))


@dataclass(frozen=True)
class Group:
    """What answers to a round said: a diagnosis or a wording, how many put it first and how many named it at all."""

    label_ko: str
    label_en: str
    is_right: bool
    first: int
    named: int
    percent: int


def tally_answers(entries: Iterable[Sequence[str]], words: Vocabulary) -> list[dict[str, Any]]:
    """How often each diagnosis, or wording that is none, was put first and named at all; an entry counts once."""
    first: Counter[str] = Counter()
    named: Counter[str] = Counter()
    written: dict[str, Counter[str]] = {}
    for answers in entries:
        groups: dict[str, str] = {}
        for text in answers:
            groups.setdefault(_group(text, words), text)
        named.update(groups.keys())
        first.update(list(groups)[:1])
        for group, text in groups.items():
            written.setdefault(group, Counter())[text] += 1
    return [
        {"group": group, "text": written[group].most_common(1)[0][0], "first": first[group], "named": count}
        for group, count in named.most_common()
    ]


def _group(text: str, words: Vocabulary) -> str:
    name = normalised(text)
    keys = words.known.get(name)
    return f"key {min(keys)}" if keys else f"name {name}"


def distribution(round_: Round, *, at: datetime, limit: int = 12) -> tuple[list[Group], int]:
    """The answers by what they said, most named first, and how many kinds are left out."""
    words = vocabulary(at)
    key = key_of(round_, at=at, words=words)
    everyone = max(round_.entry_count, 1)
    shown = [each for each in round_.answers_given if each["group"].startswith("key ") or each["named"] >= SHOWN_FROM]
    groups = []
    for each in shown[:limit]:
        term = words.terms.get(each["group"].removeprefix("key "))
        label_ko, label_en = (term.label_ko, term.label_en) if term else (each["text"], each["text"])
        is_right = verdict_on(each["text"], key=key, known=words.known) == Verdict.RIGHT
        groups.append(
            Group(label_ko, label_en, is_right, each["first"], each["named"], round(100 * each["named"] / everyone))
        )
    return groups, len(round_.answers_given) - len(groups)


@dataclass(frozen=True)
class Line:
    """Somebody in a public list: their name where they let it stand, their country, and what they earned."""

    place: int
    name: str
    country: str
    tally: Tally
    is_self: bool


def those_right(round_: Round, *, at: datetime) -> list[Line]:
    """Everyone whose entry was right, full points first, by name."""
    scores = _without_authors(Score.objects.counted(at).filter(entry__round=round_, right_place__isnull=False))
    tallies = [
        Tally(who, points, int(place == 1), int(place != 1), 1)
        for who, points, place in scores.values_list("entry__member", "points", "right_place")
    ]
    lines = _lines(tallies, self_pk=None)
    return sorted(lines, key=lambda line: (-line.tally.points, line.name == "", line.name))


def ranking(year: int, *, at: datetime, reader: object = None) -> list[Line]:
    """The year's ranking as it stood at that moment: rounds revealed by then, judged as they were judged then."""
    return _lines(_tallies(year, at=at), self_pk=reader.pk if isinstance(reader, Member) else None)


def _tallies(year: int, *, at: datetime) -> list[Tally]:
    rounds = Round.objects.revealed(at).filter(year=year)
    rows = (
        _without_authors(Score.objects.counted(at).filter(entry__round__in=rounds))
        .order_by()
        .values("entry__member")
        .annotate(
            total=Sum("points"),
            firsts=Count("pk", filter=Q(right_place=1)),
            laters=Count("pk", filter=Q(right_place__gt=1)),
            entries=Count("pk"),
        )
    )
    return [Tally(row["entry__member"], row["total"], row["firsts"], row["laters"], row["entries"]) for row in rows]


def _without_authors(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Without those who wrote in the case, reviewed or approved it, also when they did so after they had answered."""
    one = {"case": OuterRef("entry__round__case")}
    wrote = Authorship.objects.filter(**one, member=OuterRef("entry__member"))
    reviewed = Review.objects.filter(
        **one, reviewer=OuterRef("entry__member"), asked_at__lte=F("case__rounds__revealed_at")
    )
    return (
        scores.exclude(Exists(wrote)).exclude(Exists(reviewed)).exclude(entry__round__scheduled_by=F("entry__member"))
    )


def _lines(tallies: Sequence[Tally], *, self_pk: int | None) -> list[Line]:
    people = Member.objects.filter(pk__in=[each.who for each in tallies]).select_related("institution", "player")
    by_pk = {each.pk: each for each in people}
    return [
        Line(
            row.place,
            _name(by_pk[row.tally.who], is_self=row.tally.who == self_pk),
            country_of(by_pk[row.tally.who]),
            row.tally,
            row.tally.who == self_pk,
        )
        for row in placed(tallies)
    ]


def _name(member: Member, *, is_self: bool) -> str:
    player = getattr(member, "player", None)
    return member.name if is_self or (player and player.shows_name) else ""


def country_of(member: Member) -> str:
    """The country of a member's institution, in the active language; empty when they have none."""
    if member.institution is None:
        return ""
    names = Locale.parse((get_language() or "en")[:2]).territories
    return str(names.get(member.institution.country, member.institution.country))


def ranked_years(at: datetime) -> list[int]:
    """The years that have a ranking, newest first."""
    years = Round.objects.revealed(at).order_by("-year").values_list("year", flat=True)
    return list(years.distinct())


def rounds_counted(year: int, *, at: datetime) -> int:
    """How many rounds a year's ranking rests on."""
    return Round.objects.revealed(at).filter(year=year).count()


def is_year_complete(year: int, *, at: datetime) -> bool:
    """Whether every round of a year that is over is revealed, so that its places stay."""
    rounds = Round.objects.filter(year=year, cancelled_at__isnull=True)
    began_later = Round.objects.filter(year__gt=year, opens_at__lte=at, cancelled_at__isnull=True)
    is_over = at.isocalendar().year > year or began_later.exists()
    return (
        is_over and rounds.exists() and not rounds.filter(Q(revealed_at__isnull=True) | Q(revealed_at__gt=at)).exists()
    )


@dataclass(frozen=True)
class Unsettled:
    """A text that somebody has to rule on: how many wrote it, how right it looks, and what was ruled so far."""

    text: str
    name: str
    count: int
    suspicion_percent: int
    is_kind: bool
    rulings: list[Ruling]


def unsettled(round_: Round, *, at: datetime) -> list[Unsettled]:
    """The texts that the vocabulary does not settle, those that look most right first; ruled ones at the end."""
    words = vocabulary(at)
    bare = Key(words.right_keys(round_.right_keys), frozenset(map(normalised, round_.right_names)))
    texts: dict[str, Counter[str]] = {}
    for answers in round_.entries.values_list("answers", flat=True):
        for text in answers:
            texts.setdefault(normalised(text), Counter())[text] += 1
    kinds = words.parents_of(round_.right_keys)
    rulings: dict[str, list[Ruling]] = {}
    for each in round_.rulings.select_related("given_by"):
        rulings.setdefault(each.name, []).append(each)
    right = [*words.names_of(bare.diagnoses), *round_.right_names]
    rows = []
    for name, written in texts.items():
        text = written.most_common(1)[0][0]
        is_kind = bool(words.known.get(name, frozenset()) & kinds)
        is_open = verdict_on(text, key=bare, known=words.known) == Verdict.OPEN
        if is_open or is_kind or name in rulings:
            looks = round(100 * suspicion(text, right))
            rows.append(Unsettled(text, name, written.total(), looks, is_kind, rulings.get(name, [])))
    return sorted(rows, key=lambda row: (bool(row.rulings), -row.suspicion_percent, not row.is_kind, -row.count))


def comments_on(round_: Round, *, at: datetime) -> QuerySet[Comment]:
    """The discussion so far; hidden words stay for editors alone."""
    return Comment.objects.filter(round=round_, at__lte=at).select_related("member")


def practisable(at: datetime) -> QuerySet[Round]:
    """Past rounds whose case is still published."""
    in_force = Q(case__versions__in_force_until__isnull=True) | Q(case__versions__in_force_until__gt=at)
    return Round.objects.revealed(at).filter(in_force, case__versions__in_force_from__lte=at).distinct()


def next_to_practise(member: Member | None, *, at: datetime, day: str, but: str = "") -> str | None:
    """The key of the case to practise next: the member's own order, or the day's for a stranger."""
    keys = [each for each in practisable(at).order_by("number").values_list("key", flat=True) if each != but]
    if member is None:
        return next_key(keys, times={}, seed=f"{day} {but}")
    counted = Attempt.objects.filter(member=member).values("round__key").annotate(times=Count("pk")).order_by()
    return next_key(keys, times={row["round__key"]: row["times"] for row in counted}, seed=f"member {member.pk}")


def attempts_of(member: Member) -> list[Attempt]:
    """A member's practice, newest first."""
    return list(Attempt.objects.filter(member=member).select_related("round").order_by("-at", "-pk"))
