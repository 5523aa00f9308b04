"""Whether a code can be one of its system: code systems we know, and the check digits of the two that have them."""

import re

LOINC, SNOMED = "http://loinc.org", "http://snomed.info/sct"
# Each with the form of its codes.
SYSTEMS = {
    LOINC: re.compile(r"\d{1,7}-\d"),
    SNOMED: re.compile(r"[1-9]\d{5,17}"),
    "http://hl7.org/fhir/sid/icd-10": re.compile(r"[A-Z]\d\d(\.\d{1,3})?"),
    "http://hl7.org/fhir/sid/icd-10-cm": re.compile(r"[A-Z]\d\w(\.\w{1,4})?"),
    "http://radlex.org": re.compile(r"(RID|RPID)\d+"),
    "http://dicom.nema.org/resources/ontology/DCM": re.compile(r"\w+"),
    "http://terminology.hl7.org/CodeSystem/v3-ActCode": re.compile(r"[A-Z]+"),
    "urn:iso:std:iso:11073:10101": re.compile(r"\d+"),
}
# Verhoeff 1969: the dihedral group of order ten, and a permutation of it.
_TIMES = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_TURNED = (
    "0123456789",
    "1576283094",
    "5803796142",
    "8916043527",
    "9453126870",
    "4286573901",
    "2793806415",
    "7046913258",
)


def fault_in(system: str, code: str) -> str:
    """What is wrong with a code; empty when it can be one of its system."""
    form = SYSTEMS.get(system)
    if form is None:
        return f"the code system {system!r} is not known; known are {', '.join(SYSTEMS)}"
    if not form.fullmatch(code):
        return f"{code!r} is no code of {system}"
    has_check_digit = {LOINC: _is_luhn, SNOMED: _is_verhoeff}.get(system)
    if has_check_digit and not has_check_digit(code.replace("-", "")):
        return f"{code!r} is no code of {system}: its check digit is wrong"
    return ""


def _is_luhn(digits: str) -> bool:
    """The check digit of LOINC codes (mod 10)."""
    doubled = (int(each) * (1 + place % 2) for place, each in enumerate(reversed(digits)))
    return sum(each // 10 + each % 10 for each in doubled) % 10 == 0


def _is_verhoeff(digits: str) -> bool:
    """The check digit of SNOMED CT identifiers (Verhoeff)."""
    check = 0
    for place, each in enumerate(reversed(digits)):
        check = int(_TIMES[check][int(_TURNED[place % 8][int(each)])])
    return check == 0
