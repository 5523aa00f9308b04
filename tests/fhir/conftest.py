"""What may be read as FHIR: guidelines in force, an outbreak, one published study and one that is not."""

from datetime import date
from typing import Any

import pytest

from firstlight.imaging.models import Instance, Series, Study
from tests.cast import Cast
from tests.order_systems.conftest import NOW, guidelines

__all__ = ["guidelines"]
PUBLIC, HIDDEN = "1.2.826.0.1.3680043.1", "1.2.826.0.1.3680043.2"


@pytest.fixture
def studies(cast: Cast) -> dict[str, Study]:
    """A published study, and one that only editors and its sender may see."""
    made = {}
    for uid, public in ((PUBLIC, NOW), (HIDDEN, None)):
        study = Study.objects.create(
            study_instance_uid=uid, outbreak=cast.outbreak, patient_id="FL-0001", study_on=date(2020, 2, 3),
            description="Chest <CT>", received_at=NOW, public_since=public, received_by=cast.maru,
        )  # fmt: skip
        series = Series.objects.create(
            study=study, series_instance_uid=f"{uid}.1", modality="CT", series_number=-1, instance_count=2,
            body_part_examined="CHEST",
        )  # fmt: skip
        for number in (1, 2):
            Instance.objects.create(
                series=series, sop_instance_uid=f"{uid}.1.{number}", sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
                transfer_syntax_uid="1.2.840.10008.1.2.1", instance_number=number, stored_object="0" * 64, size=1,
            )  # fmt: skip
        made[uid] = study
    return made


def outcome(response: Any) -> dict[str, Any]:
    """The refusal's one issue, in FHIR's own form."""
    assert response.headers["Content-Type"].startswith("application/fhir+json")
    found = response.json()
    assert found["resourceType"] == "OperationOutcome"
    issue: dict[str, Any] = found["issue"][0]
    return issue
