"""Answering order systems: latency at 500 calls a second, the most that goes through, how soon a new version answers.

Debian's wrk is needed. Each of 50 connections waits a random time between calls, so that calls come as they do from
many hospitals. Prints JSON; the machine's load beforehand is part of it.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

PORT = 8811
ORIGIN = f"http://127.0.0.1:{PORT}"
CONNECTIONS = 50
SERVICES = {"one guideline": "bench.who-2020", "all five together": "which-imaging"}
LUA = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [==[BODY]==]
local mean = MEAN
function delay() return mean > 0 and math.floor(-mean * math.log(1 - math.random())) or 0 end
function done(summary, latency, requests)
  io.write(string.format(
    '{"per_second": %.0f, "p50_ms": %.2f, "p95_ms": %.2f, "p99_ms": %.2f, "max_ms": %.1f, "not_200": %d}',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3, latency.max / 1e3, summary.errors.status))
end
"""


def call() -> bytes:
    """An emergency patient with a cough and a negative test, for whom a chest CT is to be signed: 2 kB."""
    cough = {
        "resourceType": "Condition",
        "recordedDate": "2026-11-20",
        "code": {"coding": [{"system": "http://snomed.info/sct", "code": "49727002"}]},
    }
    result = {
        "resourceType": "Observation",
        "status": "final",
        "effectiveDateTime": "2026-11-20T10:00:00Z",
        "code": {"coding": [{"system": "http://loinc.org", "code": "94500-6"}]},
        "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "260415000"}]},
    }
    encounter = {
        "resourceType": "Encounter",
        "status": "in-progress",
        "class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "EMER"},
    }
    order = {
        "resourceType": "ServiceRequest",
        "id": "o1",
        "status": "draft",
        "intent": "order",
        "subject": {"reference": "Patient/p1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "24627-2"}]},
    }
    prefetch = {
        "encounter": encounter,
        "conditions": bundle(cough),
        "observations": bundle(result),
        "answers": None,
        "patient": {"resourceType": "Patient", "birthDate": "1960-01-01"},
    }
    context = {
        "userId": "Practitioner/d1",
        "patientId": "p1",
        "encounterId": "e1",
        "draftOrders": {"resourceType": "Bundle", "entry": [{"resource": order}]},
    }
    said = {"hook": "order-sign", "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea", "context": context}
    return json.dumps({**said, "prefetch": prefetch}).encode()  # fmt: skip


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": each} for each in resources]}


def fill(data: Path) -> None:
    """All guidelines that ship, in force."""
    os.environ |= {"FIRSTLIGHT_DATA": str(data), "DJANGO_SETTINGS_MODULE": "firstlight.config.settings"}
    import django

    django.setup()
    from django.utils import timezone

    import firstlight.guidance
    from firstlight.guidance.models import LivingGuideline
    from firstlight.outbreaks.actions import activate_outbreak
    from firstlight.people.actions import add_member
    from firstlight.people.models import Role

    began = timezone.now() - timedelta(days=9)
    ara, bora = (
        add_member(email=f"{name}@example.org", name=name, roles=[role], password="first light of day 1",
                   language="en", by="command:bench", at=began)
        for name, role in (("ara", Role.ADMINISTRATOR), ("bora", Role.EDITOR))
    )  # fmt: skip
    outbreak = activate_outbreak(by=ara, at=began, slug="bench", name_ko="시험", name_en="Bench")
    for path in sorted((Path(firstlight.guidance.__file__).parent / "content").glob("*.toml")):
        living = LivingGuideline.objects.create(outbreak=outbreak, slug=path.stem, owner=bora, created_at=began)
        put_in_force(living, path.read_text(), by=(ara, bora), number=1, at=began)


def put_in_force(living: Any, text: str, *, by: Any, number: int, at: Any) -> None:
    living.versions.filter(in_force_until=None).update(in_force_until=at)
    living.versions.create(
        number=number, document={}, text=text, in_force_from=at, written_by=by[0], published_by=by[1]
    )


def cpu_seconds(process: int) -> float:
    """What a server and all processes it started have used."""
    tree, used = {process}, 0.0
    for stat in sorted(Path("/proc").glob("[0-9]*/stat"), key=lambda path: int(path.parent.name)):
        with suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[1]) in tree or int(stat.parent.name) == process:
                tree.add(int(stat.parent.name))
                used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def measured_load(server: int, service: str, **how: Any) -> dict[str, float]:
    """What wrk measured, and the CPU time of the server for each call."""
    before = cpu_seconds(server)
    found = loaded(service, **how)
    calls = found["per_second"] * how["seconds"]
    return {**found, "cpu_ms_a_call": round(1000 * (cpu_seconds(server) - before) / max(calls, 1), 2)}


def loaded(service: str, *, mean_ms: float, seconds: int, connections: int) -> dict[str, float]:
    """What wrk measured."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(LUA.replace("BODY", call().decode()).replace("MEAN", str(mean_ms)))
        script.flush()
        command = [
            "wrk",
            "-t1",
            f"-c{connections}",
            f"-d{seconds}s",
            "-s",
            script.name,
            f"{ORIGIN}/cds-services/{service}",
        ]
        shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(shown[shown.rindex("{") :])
    return found


def asked(service: str) -> str:
    request = urllib.request.Request(
        f"{ORIGIN}/cds-services/{service}",
        data=call(),
        headers={"Content-Type": "application/json", "Connection": "close"},
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode())


def seconds_until_all_answer(rounds: int) -> list[float]:
    """From publishing a version until every process answers by it: twenty answers in turn name its number."""
    from django.utils import timezone

    from firstlight.guidance.models import LivingGuideline
    from firstlight.people.models import Member

    living = LivingGuideline.objects.get(slug="who-2020")
    text = living.versions.get(number=1).text
    taken = []
    for number in range(2, 2 + rounds):
        put_in_force(living, text, by=list(Member.objects.order_by("pk")[:2]), number=number, at=timezone.now())
        began = time.monotonic()
        last_old = began
        page = f"/outbreaks/bench/guidance/who-2020/{number}/"
        while time.monotonic() - last_old < 1.5:
            if not all(page in asked("bench.who-2020") for _ in range(4)):
                last_old = time.monotonic()
        taken.append(last_old - began)
    return taken


def main() -> None:
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--seconds", type=int, default=10)
    seconds = given.parse_args().seconds
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        program = [sys.executable, "-m", "firstlight.cli"]
        environment = {**os.environ, "FIRSTLIGHT_ORIGIN": ORIGIN}
        subprocess.run([*program, "migrate", "--data", folder], check=True, env=environment)
        os.environ["FIRSTLIGHT_ORIGIN"] = ORIGIN
        fill(data)
        server = subprocess.Popen(
            [*program, "serve", "--data", folder, "--port", str(PORT)],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        try:
            assert server.stdout
            if not any("ready" in line for line in server.stdout):
                raise SystemExit("The server ended before it was ready")
            print(json.dumps(measured(seconds, server.pid), indent=1))
        finally:
            server.terminate()
            server.wait(timeout=30)


def measured(seconds: int, server: int) -> dict[str, Any]:
    load = os.getloadavg()
    for service in SERVICES.values():
        asked(service)
        loaded(service, mean_ms=100, seconds=2, connections=CONNECTIONS)
    mean = 1000 * CONNECTIONS / 500
    return {
        "load before": [round(each, 1) for each in load],
        "cores": os.cpu_count(),
        "500 a second": {
            name: measured_load(server, service, mean_ms=mean, seconds=seconds, connections=CONNECTIONS)
            for name, service in SERVICES.items()
        },
        "as many as go through": {
            name: measured_load(server, service, mean_ms=0, seconds=seconds, connections=8)
            for name, service in SERVICES.items()
        },
        "seconds until every process answers by a new version": [
            round(each, 2) for each in seconds_until_all_answer(3)
        ],
    }


if __name__ == "__main__":
    main()
