"""Rows straight from the driver are those that Django's cursor gives, and fail like those."""

from datetime import UTC, datetime

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from firstlight.dicom.profile import Profile
from firstlight.imaging.actions import take_in
from firstlight.imaging.memberships import Terms
from firstlight.imaging.models import Study
from firstlight.rows import rows
from tests.cast import DAWN, Cast
from tests.imaging.kept import LONG_AGO
from tests.shipments import ct


def test_both_ways_give_the_same(db: None) -> None:
    Study.objects.create(study_instance_uid="1.2", received_at=LONG_AGO, study_on=LONG_AGO.date(), description="50 %")
    sql = """SELECT study_instance_uid, study_on, description FROM imaging_study
        WHERE received_at <= %s AND description LIKE '50 %%%%' AND study_on = %s"""
    given = [datetime(2026, 1, 1, tzinfo=UTC), LONG_AGO.date()]
    straight = rows(sql, given)
    with CaptureQueriesContext(connection) as captured:
        watched = rows(sql, given)
    assert straight == watched == [("1.2", LONG_AGO.date(), "50 %")]
    assert len(captured) == 1
    assert rows(sql, [datetime(2019, 1, 1, tzinfo=UTC), LONG_AGO.date()]) == []


def test_a_fault_is_one_of_djangos(transactional_db: None) -> None:
    with pytest.raises(DatabaseError):
        rows("SELECT nothing FROM nowhere", [])


def test_a_series_that_waits_is_whole_for_who_reads_it(cast: Cast, client: Client) -> None:
    sent = ct(3)
    for content in sent:
        take_in([content], Terms(cast.outbreak, cast.maru, DAWN, False, Profile.load()))
    client.force_login(cast.maru)
    series = Study.objects.get().series.get()
    assert series.waiting_count == 3
    study = f"/dicom-web/studies/{series.study.study_instance_uid}"
    sop = series.instances.first()
    assert sop is not None
    one = f"{study}/series/{series.series_instance_uid}/instances/{sop.sop_instance_uid}"
    assert client.get(f"{one}/frames/1").status_code == 200
    assert series.waiting_count == 3
    [own] = client.get(f"{one}/metadata").json()
    assert own["00080018"]["Value"] == [sop.sop_instance_uid]
    assert len(client.get(f"{study}/metadata").json()) == 3
    series.refresh_from_db()
    assert series.waiting_count == 0


def test_a_stranger_settles_nothing(cast: Cast, client: Client) -> None:
    take_in(ct(1), Terms(cast.outbreak, cast.maru, DAWN, False, Profile.load()))
    series = Study.objects.get().series.get()
    address = f"/dicom-web/studies/{series.study.study_instance_uid}/series/{series.series_instance_uid}"
    assert client.get(f"{address}/metadata").status_code == 404
    assert client.get(f"{address}/bulkdata").status_code == 404
    series.refresh_from_db()
    assert series.waiting_count == 1
