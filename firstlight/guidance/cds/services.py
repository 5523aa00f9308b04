"""The services that order systems may call: one for all guidelines together, and one for each guideline in force."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote

from firstlight.guidance.cds.answers import Reading, reading_of
from firstlight.guidance.cds.calls import HOOKS
from firstlight.guidance.cds.names import public_id
from firstlight.guidance.cds.shapes import ICD_10, Coding, coding
from firstlight.guidance.queries import Published, guidelines_in_force
from firstlight.guidance.rules.inputs import Input, Words
from firstlight.outbreaks.models import Outbreak
from firstlight.web.keeping import for_a_moment

ALL = "which-imaging"
ID = re.compile(r"[a-z0-9][a-z0-9.\-]{0,128}")
TITLE = Words("어떤 영상검사를 할까?", "Which imaging, now?")
SEVERITY = "severity"  # stands beside a condition, and is none itself
PATIENT = "{{context.patientId}}"


@dataclass(frozen=True)
class Service:
    """One service: the guidelines that answer, and their outbreaks' diseases by ICD-10."""

    id: str
    title: Words
    published: tuple[Published, ...]
    icd10: frozenset[str]

    @property
    def diseases(self) -> tuple[Coding, ...]:
        """The diseases as records are read for them."""
        return tuple(coding(ICD_10, each) for each in sorted(self.icd10))

    @cached_property
    def inputs(self) -> tuple[Input, ...]:
        """Every input that one of its guidelines looks at, once by name."""
        return tuple({each.name: each for one in self.published for each in one.guideline.inputs}.values())

    @cached_property
    def readings(self) -> tuple[tuple[Reading, tuple[Published, ...]], ...]:
        """How records are read for the guidelines of each outbreak: once for all that ask the same."""
        outbreaks: dict[str, list[Published]] = {}
        for each in self.published:
            outbreaks.setdefault(each.outbreak_slug, []).append(each)
        return tuple((reading_of(_merged(each), self.diseases), tuple(each)) for each in outbreaks.values())

    def prefetch(self, root: str) -> dict[str, str]:
        """The templates of what its guidelines can use of a record, and no more."""
        templates = {"encounter": "Encounter/{{context.encounterId}}"} if self._asks("encounter") else {}
        if any(each.name == "age_years" for each in self.inputs):
            templates["patient"] = f"Patient/{PATIENT}"
        if found := self._tokens("findings"):
            templates["conditions"] = f"Condition?patient={PATIENT}&code={found}&_count=100"
        if found := self._tokens("tests"):
            templates["observations"] = f"Observation?patient={PATIENT}&code={found}&_sort=-date&_count=20"
        names = (public_id(each.outbreak_slug, each.guideline.slug) for each in self.published)
        forms = quote(",".join(f"{root}/fhir/Questionnaire/{name}" for name in names), safe=":/,")
        templates["answers"] = f"QuestionnaireResponse?patient={PATIENT}&questionnaire={forms}&_sort=-authored&_count=5"
        return templates

    def _asks(self, kind: str) -> bool:
        return any(_kind(code.system) == kind for each in self.inputs for value in each.values for code in value.codes)

    def _tokens(self, kind: str) -> str:
        if kind == "tests":
            wanted = {(code.system, code.code) for one in self.published for each in one.guideline.inputs
                      if each.values for code in each.codes}  # fmt: skip
        else:
            wanted = {(code.system, code.code) for each in self.inputs if not each.codes and each.name != SEVERITY
                      for value in each.values for code in value.codes if _kind(code.system) == kind}  # fmt: skip
            wanted |= {(ICD_10, each) for each in self.icd10}
        return ",".join(quote(f"{system}|{code}", safe=":/|") for system, code in sorted(wanted))


def _merged(published: Iterable[Published]) -> Iterable[Input]:
    """The inputs of several guidelines, each once with the codes that any of them knows its test by."""
    found: dict[str, Input] = {}
    for each in (asked for one in published for asked in one.guideline.inputs):
        known = found.setdefault(each.name, each)
        if more := tuple(code for code in each.codes if code not in known.codes):
            found[each.name] = replace(known, codes=known.codes + more)
    return found.values()


def _kind(system: str) -> str:
    return "encounter" if system.endswith("/v3-ActCode") else "findings"


def services_in_force(*, at: datetime) -> dict[str, Service]:
    """Every service by its id, as of this moment; built anew only when what is in force has changed."""
    published = guidelines_in_force(at=at)
    key = ("order system services", tuple((each.version_id, each.outbreak_slug) for each in published))
    return for_a_moment(key, lambda: _services(published))


def _services(published: tuple[Published, ...]) -> dict[str, Service]:
    if not published:
        return {}
    diseases = _diseases({each.outbreak_slug for each in published})
    found = {ALL: Service(ALL, TITLE, published, frozenset().union(*diseases.values()))}
    for each in published:
        name = public_id(each.outbreak_slug, each.guideline.slug)
        found[name] = Service(name, each.guideline.title, (each,), diseases.get(each.outbreak_slug, frozenset()))
    return found


def _diseases(slugs: Iterable[str]) -> dict[str, frozenset[str]]:
    rows = Outbreak.objects.filter(slug__in=slugs).values_list("slug", "icd10")
    return {slug: frozenset({icd10} if icd10 else ()) for slug, icd10 in rows}


def discovery(services: Iterable[Service], *, root: str, language: str) -> dict[str, Any]:
    """The answer to discovery: every service once for each of its hooks."""
    listed = [_listed(service, hook, root, language) for service in services for hook in HOOKS]
    return {"services": listed}


def _listed(service: Service, hook: str, root: str, language: str) -> dict[str, Any]:
    names = ", ".join(each.guideline.short.in_language(language) for each in service.published)
    told = Words(
        f"환자의 상황에 맞는 흉부 영상검사를 다음 지침에 따라 알려 줍니다: {names}.",
        f"Advises which imaging of the chest suits the patient's situation, by: {names}.",
    )
    needs = Words(
        "미리 가져온 자료, 또는 읽기 권한이 있는 FHIR 서버가 필요합니다. 환자 정보는 저장하지 않습니다.",
        "Needs what it asks to be prefetched, or a FHIR server that it may read. Nothing of the patient is kept.",
    )
    return {
        "hook": hook,
        "id": service.id,
        "title": service.title.in_language(language),
        "description": told.in_language(language),
        "prefetch": service.prefetch(root),
        "usageRequirements": needs.in_language(language),
    }
