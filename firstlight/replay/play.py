"""Fill an empty data folder with a replay."""

import os
import secrets
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from django.conf import settings
from django.db import transaction

from firstlight.library.actions import publish_case
from firstlight.library.models import Case
from firstlight.outbreaks.actions import activate_outbreak, begin_phase, plans_from
from firstlight.outbreaks.models import Outbreak
from firstlight.outbreaks.rules import blueprints
from firstlight.people.actions import add_member
from firstlight.people.models import Institution, Member, Role
from firstlight.replay.casework import draft_case, receive_shipment, site_of
from firstlight.replay.collecting import play_collections
from firstlight.replay.editing import (
    Editing,
    as_first_published,
    play_correction,
    play_retraction,
    play_review,
    read_editing,
)
from firstlight.replay.guidance import play_guidance
from firstlight.replay.hospital import Shipment, ship
from firstlight.replay.notices import play_notices
from firstlight.replay.numbers import play_numbers
from firstlight.replay.order_systems import play_order_systems
from firstlight.replay.papers import play_papers
from firstlight.replay.readiness import play_readiness
from firstlight.replay.roster import enlist_roster
from firstlight.replay.script import KOREA_2020, CaseScript, cases, moment, read_toml
from firstlight.replay.visits import play_visits
from firstlight.replay.weekly import play_weekly

ACTOR = "command:demo"
BLUEPRINT = "novel-respiratory"
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Account:
    """An account of the demo, for the person at the terminal."""

    email: str
    password: str
    roles: list[str]


def fill(tell: Tell, *, folder: Path = KOREA_2020) -> list[Account]:
    """Play a replay into the database, telling (what, done, total); what is there already is left alone.

    Each case is one transaction: stopped at any moment and run again, it goes on with the next case.
    """
    accounts, members = enlist(folder)
    enlist_roster(folder=folder)
    outbreak = activate(folder)
    play_numbers(outbreak, folder=folder)
    play_readiness(outbreak, members, folder=folder)
    play_papers(outbreak, members, folder=folder)
    editing = read_editing(folder)
    scripts = list(cases(folder))
    waiting = [script for script in scripts if not _is_published(script.number)]
    done = len(scripts) - len(waiting)
    tell("cases", done, len(scripts))
    with _hospitals() as pool:

        def send(script: CaseScript) -> list[Future[Shipment]]:
            return [pool.submit(ship, study, site_of(members[script.created_by])) for study in script.studies]

        shipments = [send(script) for script in waiting]
        for script, futures in zip(waiting, shipments, strict=True):
            play_case(script, futures, outbreak=outbreak, members=members, editing=editing)
            done += 1
            tell("cases", done, len(scripts))
        play_retraction(
            lambda script: play_case(script, send(script), outbreak=outbreak, members=members, editing=editing),
            editing,
            members,
        )
    for script in scripts:
        play_correction(script, editing, members)
    play_guidance(outbreak, members, folder=folder)
    play_order_systems(outbreak, folder=folder)
    play_notices(outbreak, members, folder=folder)
    play_collections(members, folder=folder)
    play_visits(outbreak, folder=folder)
    play_weekly(members, folder=folder)
    return accounts


@contextmanager
def _hospitals() -> Iterator[ProcessPoolExecutor]:
    """Processes that know nothing of this one's database connections."""
    pool = ProcessPoolExecutor(max_workers=os.cpu_count() or 1, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


def _is_published(number: int) -> bool:
    return Case.objects.filter(number=number, state=Case.State.PUBLISHED).exists()


def activate(folder: Path) -> Outbreak:
    """Switch the replayed outbreak on, with the phases it went through."""
    raw = read_toml(folder / "outbreak.toml")
    found = Outbreak.objects.filter(slug=raw["slug"]).first()
    if found:
        return found
    names = {
        f"{name}_{each}": raw[f"{name}_{each}"].strip()
        for name in ("name", "disease", "summary")
        for each in ("ko", "en")
    }
    definition = raw["case_definition"]
    with transaction.atomic():
        outbreak = activate_outbreak(
            by=ACTOR,
            at=moment(raw["activated_on"], 9),
            slug=raw["slug"],
            icd10=raw["icd10"]["code"],
            case_definition_ko=definition["text_ko"].strip(),
            case_definition_en=definition["text_en"].strip(),
            case_definition_source=definition["source"],
            is_replay=True,
            plans=plans_from(blueprints()[BLUEPRINT].shares, {}),
            **names,
        )
        for phase in raw["phases"]:
            begin_phase(
                outbreak,
                phase["phase"],
                by=ACTOR,
                at=moment(phase["started_on"], 9),
                note_ko=phase["fact_ko"],
                note_en=phase["fact_en"],
                source=phase["source"],
            )
    return outbreak


def enlist(folder: Path) -> tuple[list[Account], dict[str, Member]]:
    """Add the replay's members and institutions; one password, made for this data folder, opens all accounts."""
    raw = read_toml(folder / "people.toml")
    joined_on = read_toml(folder / "outbreak.toml")["activated_on"]
    password = demo_password(settings.DATA)
    institutions = {
        each["key"]: Institution.objects.get_or_create(
            slug=each["key"], defaults={"name_ko": each["name_ko"], "name_en": each["name_en"]}
        )[0]
        for each in raw["institutions"]
    }
    accounts, members = [], {}
    for each in raw["members"]:
        member = Member.objects.filter(email=each["email"]).first() or add_member(
            email=each["email"],
            phone=each["phone"],
            name=f"{each['name_ko']} {each['name_en']}",
            roles=[Role(role) for role in each["roles"]],
            language=each["language"],
            password=password,
            by=ACTOR,
            at=moment(joined_on, 8),
        )
        member.institution = institutions[each["institution"]]
        member.save(update_fields=["institution"])
        members[each["key"]] = member
        accounts.append(Account(each["email"], password, each["roles"]))
    return accounts, members


def demo_password(data: Path) -> str:
    """The password of this folder's demo accounts, made once and kept with mode 600."""
    path = data / "demo-password"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(f"firstlight-{secrets.token_hex(4)}")
    return path.read_text()


def play_case(
    script: CaseScript,
    shipments: list[Future[Shipment]],
    *,
    outbreak: Outbreak,
    members: dict[str, Member],
    editing: Editing,
) -> None:
    """Receive a case's studies, write it and have the second editor publish it, on the days it happened."""
    author, publisher = members[script.created_by], members[script.published_by]
    arrived = [
        (study, receive_shipment(future.result(), outbreak=outbreak, by=author, script=script))
        for study, future in zip(script.studies, shipments, strict=True)
    ]
    with transaction.atomic():
        case = draft_case(as_first_published(script, editing), arrived, outbreak=outbreak, by=author)
        play_review(case, script, editing, members)
        publish_case(case, by=publisher, at=script.published_at)
