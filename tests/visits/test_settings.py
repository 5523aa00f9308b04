"""What stands before the server is said, or refused by name."""

import pytest

from firstlight.config.environment import BadSetting
from firstlight.config.proxies import country_header, proxies


def test_nothing_said_is_no_proxy_and_no_country() -> None:
    assert (proxies({}), country_header({})) == (0, "")


def test_a_header_s_name_becomes_wsgi_s() -> None:
    said = {"FIRSTLIGHT_PROXIES": "2", "FIRSTLIGHT_COUNTRY_HEADER": "CF-IPCountry"}
    assert (proxies(said), country_header(said)) == (2, "HTTP_CF_IPCOUNTRY")


@pytest.mark.parametrize("count", ["-1", "many", "10", "1.5", "١"])
def test_a_number_of_proxies_that_cannot_be_meant_is_refused(count: str) -> None:
    with pytest.raises(BadSetting, match="FIRSTLIGHT_PROXIES"):
        proxies({"FIRSTLIGHT_PROXIES": count})


def test_a_country_that_anybody_could_send_is_refused() -> None:
    with pytest.raises(BadSetting, match="FIRSTLIGHT_COUNTRY_HEADER"):
        country_header({"FIRSTLIGHT_COUNTRY_HEADER": "CF-IPCountry"})
    with pytest.raises(BadSetting, match="FIRSTLIGHT_COUNTRY_HEADER"):
        country_header({"FIRSTLIGHT_COUNTRY_HEADER": "a b", "FIRSTLIGHT_PROXIES": "1"})
