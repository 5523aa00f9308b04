"""Every link that a page offers leads to a page, for each kind of person, in the language they read."""

import html
import re
from collections import deque

import pytest
import requests

from tests.browser.conftest import IN_A_BROWSER, Site

pytestmark = IN_A_BROWSER
LINK = re.compile(r'(?:href|src)="([^"#]+)')
# Images have tests of their own; a place or a scale is the same page again; signing out ends the walk.
LEFT_OUT = re.compile(r"^/(static|dicom-web)/|/logout|\?place=|scale=log")
MOST_PAGES = 260


@pytest.mark.parametrize(
    ("who", "language"),
    [(None, "ko"), ("yeo.myeongbit", "en"), ("yi.seulcham", "ko"), ("no.eulsol", "en"), ("yun.seulgyeol", "ko")],
)
def test_no_link_leads_nowhere(site: Site, who: str | None, language: str) -> None:
    session = requests.Session()
    session.headers["Accept-Language"] = language
    if who:
        sign_in(session, site, who)
    wrong = []
    seen: set[str] = set()
    waiting = deque(["/", "/?on=2020-03-01", f"/outbreaks/{site.outbreak}/readiness/"])
    while waiting and len(seen) < MOST_PAGES:
        address = waiting.popleft()
        if address in seen:
            continue
        seen.add(address)
        answer = session.get(site.url + address, timeout=30)
        is_page = answer.headers["Content-Type"].startswith("text/html")
        if answer.status_code != 200 or (is_page and f'<html lang="{language}"' not in answer.text):
            wrong.append((answer.status_code, address))
        elif is_page:
            waiting.extend(links_of(answer.text, address))
    assert wrong == []
    assert len(seen) > 50


def links_of(page: str, address: str) -> list[str]:
    found = [html.unescape(each) for each in LINK.findall(page)]
    whole = [address.partition("?")[0] + each if each.startswith("?") else each for each in found]
    return [each for each in whole if each.startswith("/") and not LEFT_OUT.search(each)]


def sign_in(session: requests.Session, site: Site, who: str) -> None:
    address = f"{site.url}/account/login/"
    token = re.search(r'csrfmiddlewaretoken" value="([^"]+)', session.get(address, timeout=30).text)
    assert token
    form = {"login": f"{who}@example.org", "password": site.password, "csrfmiddlewaretoken": token[1]}
    assert session.post(address, form, headers={"Referer": address}, timeout=30).ok
