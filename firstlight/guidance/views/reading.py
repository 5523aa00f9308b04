"""Guidelines as readers see them, and the page for the bedside."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from firstlight.guidance.models import GuidelineVersion, LivingGuideline
from firstlight.guidance.policies import can_write_guidelines
from firstlight.guidance.queries import (
    Published,
    guideline_in,
    guidelines_in_force,
    history_of,
    notices_on,
    open_doubts,
    open_drafts,
    published,
    versions_known,
)
from firstlight.guidance.rules.advice import advise_on
from firstlight.guidance.rules.comparing import changes_between
from firstlight.guidance.rules.conditions import ALWAYS, stretches
from firstlight.guidance.rules.facts import Known, known_from, presumptions
from firstlight.guidance.rules.inputs import Input, Value, Words, shared_inputs
from firstlight.guidance.rules.stances import compare
from firstlight.guidance.rules.wording import say_stretch
from firstlight.outbreaks.hooks import frame_of
from firstlight.outbreaks.models import Outbreak
from firstlight.web.requests import TimedRequest


def outbreak_guidance(request: TimedRequest, slug: str) -> HttpResponse:
    """An outbreak's guidelines: in force, side by side, and how they came to be."""
    outbreak = _outbreak(request, slug)
    writes = can_write_guidelines(request.user) and request.on is None
    context = {
        **frame_of(outbreak, at=request.at, current="outbreak_guidance"),
        "guidelines": guidelines_in_force(at=request.at, outbreak=outbreak),
        "history": [published(row) for row in versions_known(outbreak, at=request.at)],
        "writes": writes,
        "drafts": open_drafts(outbreak) if writes else [],
    }
    return render(request, "guidance/outbreak.html", context)


def guideline(request: TimedRequest, slug: str, name: str) -> HttpResponse:
    """A guideline as it was in force at the moment shown; before and after that, its history."""
    living = get_object_or_404(LivingGuideline, outbreak=_outbreak(request, slug), slug=name)
    history = history_of(living, at=request.at)
    if not history:
        return render(request, "guidance/none_yet.html", _frame(request, living), status=404)
    return _show(request, living, history[0], history)


def guideline_version(request: TimedRequest, slug: str, name: str, number: int) -> HttpResponse:
    """One version of a guideline, with what it changed."""
    living = get_object_or_404(LivingGuideline, outbreak=_outbreak(request, slug), slug=name)
    history = history_of(living, at=request.at)
    version = get_object_or_404(versions_known(living.outbreak, at=request.at), guideline=living, number=number)
    return _show(request, living, version, history)


def guideline_text(request: TimedRequest, slug: str, name: str, number: int) -> HttpResponse:
    """The TOML of a version, word by word as it was published."""
    known = versions_known(_outbreak(request, slug), at=request.at)
    version = get_object_or_404(known, guideline__slug=name, number=number)
    response = HttpResponse(version.text, content_type="application/toml; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{number}.toml"'
    return response


def _show(
    request: TimedRequest, living: LivingGuideline, version: GuidelineVersion, history: list[GuidelineVersion]
) -> HttpResponse:
    shown = published(version)
    earlier = next((each for each in history if each.number == version.number - 1), None)
    doubts = open_doubts(living, at=request.at) if version == history[0] else {}
    notices = notices_on(living, at=request.at)
    context = {
        **_frame(request, living),
        "shown": shown,
        "guideline": shown.guideline,
        "version": version,
        "history": history,
        "is_latest": version == history[0],
        "earlier": earlier,
        "changes": changes_between(guideline_in(earlier.text), shown.guideline) if earlier else [],
        "lines": [
            (each, doubts.get(each.id, []), notices.get(each.id, [])) for each in shown.guideline.recommendations
        ],
        "notices_on_all": notices.get("", []),
        "doubts_on_all": doubts.get("", []),
        "may_settle": can_write_guidelines(request.user) or living.owner == request.user,
        "writes": can_write_guidelines(request.user) and request.on is None,
    }
    return render(request, "guidance/guideline.html", context)


def _frame(request: TimedRequest, living: LivingGuideline) -> dict[str, object]:
    return {
        **frame_of(living.outbreak, at=request.at, current="outbreak_guidance"),
        "living": living,
        "as_of": _as_of(request),
    }


def _as_of(request: TimedRequest) -> str:
    """What keeps the day shown in a link."""
    return f"?on={request.on.isoformat()}" if request.on else ""


def _outbreak(request: TimedRequest, slug: str) -> Outbreak:
    return get_object_or_404(Outbreak.objects.known(request.at), slug=slug)


@dataclass(frozen=True)
class Asked:
    """A question of the bedside page: its answer, how that came, and whether a guideline waits for it."""

    input: Input
    answer: str
    presumed: bool
    implied: bool
    is_awaited: bool

    @property
    def label(self) -> Words:
        """The answer in words."""
        return self.input.label(self.answer)

    @property
    def given(self) -> str:
        """The answer that a person gave."""
        return "" if self.presumed or self.implied else self.answer


def which_imaging(request: TimedRequest, slug: str) -> HttpResponse:
    """A few taps at the bedside, and what every guideline in force says; nothing of it is kept."""
    outbreak = _outbreak(request, slug)
    in_force = guidelines_in_force(at=request.at, outbreak=outbreak)
    inputs = _inputs(in_force)
    given = _answers(request.GET.dict(), inputs.values())
    known = known_from(given)
    advices = [(each, advise_on(each.guideline, known)) for each in in_force]
    awaited = {name for _each, advice in advices for name in advice.missing}
    asked = [_asked(_in_stretches(each, in_force), known, given, awaited) for each in inputs.values()]
    special = _special() | {each.name for each in inputs.values() if each.is_number}
    context = {
        **frame_of(outbreak, at=request.at, current="which_imaging"),
        "questions": [each for each in asked if each.input.name not in special],
        "special": [each for each in asked if each.input.name in special],
        "special_given": any(each.given for each in asked if each.input.name in special),
        "given": given,
        "advices": advices if given else [],
        "comparisons": compare([advice for _each, advice in advices]) if given else (),
        "conflicts": [inputs[name] for name in known.conflicts if name in inputs],
        "guidelines": in_force,
        "as_of": _as_of(request),
    }
    response = render(request, "guidance/now.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _inputs(in_force: Iterable[Published]) -> dict[str, Input]:
    """The questions of all guidelines, in the vocabulary's order; what only one asks comes last."""
    used = {each.name: each for one in in_force for each in one.guideline.inputs}
    return {name: used[name] for name in (*shared_inputs(), *used) if name in used}


def _in_stretches(each: Input, in_force: Iterable[Published]) -> Input:
    """A number asked by the stretches that guidelines tell apart, so that a tap answers it too."""
    if not each.is_number:
        return each
    lows = stretches(each, [condition for one in in_force for condition in one.guideline.conditions])
    highs = [*(low - 1 for low in lows[1:]), each.high]
    values = (Value(str(low), say_stretch(each, low, high)) for low, high in zip(lows, highs, strict=True))
    return replace(each, values=tuple(values))


def _special() -> frozenset[str]:
    """The inputs that are taken as not there unless someone says so."""
    return frozenset(name for each in presumptions() if each.when == ALWAYS for name in each.then)


def _answers(asked: Mapping[str, str], inputs: Iterable[Input]) -> dict[str, str]:
    """The answers of an address; what is no answer counts as not given."""
    return {each.name: asked[each.name] for each in inputs if each.name in asked and each.accepts(asked[each.name])}


def _asked(each: Input, known: Known, given: Mapping[str, str], awaited: set[str]) -> Asked:
    answer = known.facts.get(each.name, "")
    if each.high and answer:
        answer = next(value.name for value in reversed(each.values) if int(value.name) <= int(answer))
    return Asked(
        each,
        answer,
        presumed=each.name in known.presumed,
        implied=each.name in known.implied and each.name not in given,
        is_awaited=bool(given) and each.name in awaited,
    )
