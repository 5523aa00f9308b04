"""Marks and arrangements: written by editors, frozen with the version, unseen before their time."""

import json
import math
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from firstlight.imaging.models import Instance
from firstlight.library import actions
from firstlight.library.actions.pointing import arrange_case, keep_mark, remove_mark
from firstlight.library.models import Case
from firstlight.library.queries.cases import document_of
from firstlight.library.rules import CaseDocument
from firstlight.library.rules.pointing import BadPointing, arrangement_from, mark_from
from tests.cast import DAWN, Cast
from tests.drafts import HOUR, published

ARROW = {"kind": "arrow", "points": [[1, 2], [3, 4]], "labelKo": "여기", "labelEn": "here"}
CELL = {"series": "1.2", "image": None, "window": None, "zoom": 1, "centre": None, "rotation": 90}
VIEW = {"layout": "1x2", "isLinked": True, "active": 1, "cells": [CELL, None]}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"kind": "circle"}, "kind"),
        ({"points": [[1, 2]]}, "points"),
        ({"points": [[1, 2], [3, 999]]}, "points"),
        ({"points": [[1, 2], [3, math.nan]]}, "points"),
        ({"points": [[1, 2], [True, 2]]}, "points"),
        ({"points": "all"}, "points"),
        ({"labelKo": "", "labelEn": " "}, "words"),
        ({"labelEn": "x" * 201}, "words"),
        ({"kind": "region", "points": [[1, 1]] * 201}, "points"),
    ],
)
def test_a_mark_that_is_none_is_refused_by_its_part(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BadPointing) as refused:
        mark_from({**ARROW, **change}, columns=64, rows=64)
    assert refused.value.why == why


@pytest.mark.parametrize(
    "change",
    [
        {"layout": "9x9"},
        {"cells": []},
        {"cells": [None, None]},
        {"cells": [CELL] * 3},
        {"active": 2},
        {"active": True},
        {"cells": [{**CELL, "series": "9.9"}]},
        {"cells": [{**CELL, "zoom": 0}]},
        {"cells": [{**CELL, "zoom": "2"}]},
        {"cells": [{**CELL, "rotation": 45}]},
        {"cells": [{**CELL, "window": {"centre": 0, "width": 0}}]},
        {"cells": [{**CELL, "image": {"sopInstanceUID": "<script>", "frame": 1}}]},
        {"cells": [{**CELL, "image": {"sopInstanceUID": "1.2", "frame": 0}}]},
        {"cells": [{**CELL, "centre": [1]}]},
    ],
)
def test_an_arrangement_that_is_none_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(BadPointing):
        arrangement_from({**VIEW, **change}, series=["1.2"])


def test_an_arrangement_is_kept_as_it_was_meant() -> None:
    kept = arrangement_from({**VIEW, "more": "is left out"}, series=["1.2"])
    assert kept == arrangement_from(json.loads(json.dumps(kept)), series=["1.2"])
    assert (kept["layout"], kept["isLinked"], kept["cells"][1]) == ("1x2", True, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@given(JSON, st.sampled_from(["layout", "cells", "active"]), JSON)
def test_whatever_is_sent_is_kept_or_refused(raw: Any, part: str, value: Any) -> None:
    for sent in (raw, {**VIEW, part: value}, {**VIEW, "cells": [{**CELL, "window": value, "centre": raw}]}):
        try:
            kept = arrangement_from(sent, series=["1.2"])
        except BadPointing:
            continue
        json.dumps(kept, allow_nan=False)


def instance_of(case: Case) -> Instance:
    found = Instance.objects.filter(series__in=case.series.all()).first()
    assert found
    return found


def arrow_on(case: Case, **more: Any) -> dict[str, Any]:
    return {**ARROW, "sopInstanceUID": instance_of(case).sop_instance_uid, "frame": 1, **more}


def test_marks_and_the_arrangement_are_frozen_with_the_version(cast: Cast, case: Case) -> None:
    keep_mark(case, arrow_on(case), by=cast.haneul, at=DAWN)
    series = instance_of(case).series.series_instance_uid
    arrange_case(case, {**VIEW, "cells": [{**CELL, "series": series}]}, by=cast.haneul, at=DAWN)
    first = published(cast, case)
    keep_mark(case, arrow_on(case, labelEn="there"), by=cast.haneul, at=DAWN + 3 * HOUR, number=1)
    shown = CaseDocument.from_json(json.loads(json.dumps(first.document)))
    assert [(each.number, each.label_en, each.kind) for each in shown.marks] == [(1, "here", "arrow")]
    assert shown.arrangement["cells"][0]["series"] == series
    assert document_of(case).marks[0].label_en == "there"
    case.refresh_from_db()
    assert case.state == Case.State.DRAFT


def test_an_image_of_another_case_takes_no_mark(cast: Cast, case: Case) -> None:
    other = actions.begin_case(outbreak=None, by=cast.haneul, at=DAWN)
    with pytest.raises(BadPointing, match="image"):
        keep_mark(other, arrow_on(case), by=cast.haneul, at=DAWN)
    with pytest.raises(BadPointing, match="image"):
        keep_mark(case, arrow_on(case, frame=99), by=cast.haneul, at=DAWN)


def test_a_series_taken_out_takes_its_marks_along(cast: Cast, case: Case) -> None:
    mark = keep_mark(case, arrow_on(case), by=cast.haneul, at=DAWN)
    keep_mark(case, arrow_on(case), by=cast.haneul, at=DAWN)
    remove_mark(mark, by=cast.haneul, at=DAWN)
    assert [each.number for each in document_of(case).marks] == [2]
    actions.detach_series(case, instance_of(case).series, by=cast.haneul, at=DAWN)
    assert document_of(case).marks == []


def post(client: Client, path: str, body: Any) -> Any:
    return client.post(path, json.dumps(body), content_type="application/json")


def test_editors_draw_through_the_page(cast: Cast, case: Case, client: Client) -> None:
    client.force_login(cast.haneul)
    path = f"/cases/{case.number}/marks/"
    drawn = post(client, path, arrow_on(case)).json()
    assert [each["label"] for each in drawn["marks"]] == ["here"]
    assert post(client, path, arrow_on(case, number=1, labelEn="moved")).json()["marks"][0]["label"] == "moved"
    page = client.get(f"/cases/{case.number}/edit/").content.decode()
    assert "data-viewer-marks" in page and f'data-marks-url="{path}"' in page
    refused = post(client, path, arrow_on(case, points=[]))
    assert (refused.status_code, refused["Content-Type"]) == (400, "application/problem+json")
    for bad in ([], arrow_on(case, number=77), arrow_on(case, number="1"), {"kind": "arrow"}):
        assert post(client, path, bad).status_code == 400
    assert client.post(path, b"\xff{", content_type="application/json").status_code == 400
    assert client.delete(f"{path}1/").json() == {"marks": []}
    assert client.delete(f"{path}1/").status_code == 404


@pytest.mark.parametrize("name", ["Maru", "Sora", "Ara", "Noel"])
def test_nobody_else_draws(cast: Cast, case: Case, client: Client, name: str) -> None:
    member = cast.everyone()[name]
    assert member is not None
    client.force_login(member)
    assert post(client, f"/cases/{case.number}/marks/", arrow_on(case)).status_code == 403
    assert post(client, f"/cases/{case.number}/arrangement/", VIEW).status_code == 403


def test_a_request_without_the_token_is_refused(cast: Cast, case: Case) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.haneul)
    assert post(strict, f"/cases/{case.number}/marks/", arrow_on(case)).status_code == 403
    assert not case.marks.exists()


def test_readers_find_marks_with_the_answer_and_only_there(cast: Cast, case: Case, client: Client) -> None:
    keep_mark(case, arrow_on(case), by=cast.haneul, at=DAWN)
    assert client.get(f"/cases/{case.number}/").status_code == 404
    published(cast, case)
    # The site's own clock stands before the tests' days.
    case.versions.update(in_force_from=DAWN.replace(year=2020))
    type(cast.outbreak).objects.update(activated_at=DAWN.replace(year=2020))
    page = client.get(f"/cases/{case.number}/").content.decode()
    before, answer = page.split('id="diagnosis"')
    assert "data-viewer-marks" not in before
    assert "data-viewer-marks" in answer and 'data-mark="1"' in answer and "here" in answer
