"""Whatever is sent to the JSON API after its own document, no answer is the server's fault."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, given, settings

from tests.cast import Cast
from tests.conftest import missing

EXAMPLES = 4


@pytest.fixture
def quiet_connections() -> Iterator[None]:
    """As Django's own test client does: the connection is the test's, whose transaction is undone at its end."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def document() -> Any:
    """The document as schemathesis reads it."""
    try:
        schemathesis = import_module("schemathesis")
    except ImportError:
        missing("schemathesis")
    return schemathesis.openapi.from_wsgi("/api/openapi.json", get_wsgi_application())


@pytest.mark.parametrize("asker", ["", "ara"])
def test_no_operation_fails(cast: Cast, document: Any, quiet_connections: None, asker: str) -> None:
    headers = {"Authorization": f"Bearer {cast.token(getattr(cast, asker))}"} if asker else {}
    operations = [each.ok() for each in document.get_all_operations()]
    assert len(operations) > 5
    for operation in operations:
        _try(operation, headers)


def _try(operation: Any, headers: dict[str, str]) -> None:
    checks = import_module("schemathesis.checks")

    @settings(max_examples=EXAMPLES, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy())
    def answers(case: Any) -> None:
        case.call_and_validate(headers=headers, checks=[checks.not_a_server_error])

    answers()
