"""Refusals as FHIR says them (R4 http.html, OperationOutcome)."""

from typing import Any


class Refusal(Exception):
    """A request that gets an OperationOutcome; the message is a sentence for the program's author."""

    def __init__(self, status: int, code: str, sentence: str, **headers: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.headers = {name.replace("_", "-"): text for name, text in headers.items()}
        self.outcome = outcome(code, sentence)


def outcome(code: str, sentence: str, severity: str = "error") -> dict[str, Any]:
    """An OperationOutcome of one issue; `code` is of FHIR's list of issue types."""
    issue = {"severity": severity, "code": code, "diagnostics": sentence}
    return {"resourceType": "OperationOutcome", "issue": [issue]}
