from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from ninja.errors import HttpError

from firstlight.outbreaks import actions
from firstlight.outbreaks.models import Outbreak, Phase
from firstlight.outbreaks.rules import blueprints
from firstlight.people.api import AUTH, asker
from firstlight.web.requests import TimedRequest

router = Router(tags=["outbreaks"])


class OutbreakOut(Schema):
    slug: str
    name_ko: str
    name_en: str
    activated_at: datetime
    closed_at: datetime | None
    set_up: list[str]

    @staticmethod
    def resolve_set_up(outbreak: Outbreak) -> list[str]:
        """The shares that are set up."""
        return list(outbreak.set_ups.values_list("share", flat=True))


class OutbreakIn(Schema):
    slug: str
    name_ko: str
    name_en: str
    blueprint: str = "novel-respiratory"
    disease_ko: str = ""
    disease_en: str = ""
    icd10: str = ""
    summary_ko: str | None = None
    summary_en: str | None = None
    case_definition_ko: str | None = None
    case_definition_en: str | None = None
    case_definition_source: str = ""
    plans: dict[str, dict[str, Any]] = Field(default_factory=dict)


class BlueprintOut(Schema):
    key: str
    name_ko: str
    name_en: str
    shares: dict[str, dict[str, Any]]


class PhaseIn(Schema):
    key: Phase.Key
    note_ko: str = ""
    note_en: str = ""
    source: str = ""


@router.get("/blueprints", response=list[BlueprintOut])
def list_blueprints(request: HttpRequest) -> list[Any]:
    """What an outbreak can begin from."""
    return list(blueprints().values())


@router.get("/outbreaks", response=list[OutbreakOut])
def list_outbreaks(request: HttpRequest) -> list[Outbreak]:
    """Every outbreak that was switched on, newest first."""
    return list(Outbreak.objects.all())


@router.post("/outbreaks", response={200: OutbreakOut, 201: OutbreakOut}, auth=AUTH)
def activate(request: TimedRequest, outbreak: OutbreakIn) -> Status[Outbreak]:
    """Switch an outbreak on with all its shares; administrators only. Again, it only sets up shares that came later."""
    body = outbreak.dict(exclude_none=True)
    blueprint, slug, plans = body.pop("blueprint"), body.pop("slug"), body.pop("plans")
    by, there = asker(request), Outbreak.objects.filter(slug=slug).first()
    try:
        if there is not None:
            chosen = blueprints()[blueprint].shares if blueprint in blueprints() else {}
            actions.set_up_shares(there, actions.plans_from(chosen, plans), by=by, at=request.now)
            return Status(200, there)
        preparation = actions.prepare_outbreak(
            blueprint=blueprint, slug=slug, by=by, at=request.now, fields=body, plans=plans
        )
        return Status(201, actions.go_live(preparation, by=by, at=request.now))
    except ValidationError as error:
        raise HttpError(422, "; ".join(error.messages)) from error


@router.post("/outbreaks/{slug}/phases", response=OutbreakOut, auth=AUTH)
def enter_phase(request: TimedRequest, slug: str, phase: PhaseIn) -> Outbreak:
    """Enter a phase from now on; administrators only."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    actions.begin_phase(outbreak, by=asker(request), at=request.now, **phase.dict())
    return outbreak


@router.post("/outbreaks/{slug}/close", response=OutbreakOut, auth=AUTH)
def close(request: TimedRequest, slug: str) -> Outbreak:
    """End the response; administrators only."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    try:
        return actions.close_outbreak(outbreak, by=asker(request), at=request.now)
    except ValidationError as error:
        raise HttpError(422, "; ".join(error.messages)) from error


@router.post("/outbreaks/{slug}/undo", response={204: None}, auth=AUTH)
def undo(request: TimedRequest, slug: str) -> Status[None]:
    """Take an activation back while nothing hangs on it; administrators only."""
    outbreak = get_object_or_404(Outbreak, slug=slug)
    try:
        actions.undo_activation(outbreak, by=asker(request), at=request.now)
    except ValidationError as error:
        raise HttpError(409, "; ".join(error.messages)) from error
    return Status(204, None)
