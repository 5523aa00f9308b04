import json
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import feedparser
import pytest
from django.test import Client
from lxml import etree

from firstlight.alerts.rules.feeds import tag_id
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Severity
from firstlight.web.languages import language_wanted
from tests.alerts.aftermath import DAY, NOON, cancel, issue, outbreak_of_the_past
from tests.cast import Cast

ATOM = etree.RelaxNG(etree.parse(Path(__file__).parent / "atom.rng"))
NS = {"a": "http://www.w3.org/2005/Atom"}
FORMS = {"atom": "application/atom+xml", "rss": "application/rss+xml", "json": "application/feed+json"}


@pytest.fixture(autouse=True)
def outbreak(cast: Cast) -> Outbreak:
    return outbreak_of_the_past(cast)


@pytest.fixture
def story(cast: Cast) -> None:
    """Four notices: one updated, its update cancelled, the cancellation, and an exercise."""
    first = issue(cast, severity=Severity.EMERGENCY, title_en="First & <foremost>", title_ko="첫 알림 & <먼저>")
    second = issue(cast, at=NOON + DAY, follows=first, title_en="Second")
    cancel(cast, second, at=NOON + 2 * DAY, title_en="Off")
    issue(cast, at=NOON + 3 * DAY, outbreak=None, is_exercise=True, title_en="Drill", body_en="", body_ko="")


def atom(client: Client, query: str = "?lang=en", path: str = "/feeds/alerts.atom") -> etree._Element:
    answer = client.get(f"{path}{query}")
    assert answer.status_code == 200
    root = etree.fromstring(answer.content)
    ATOM.assertValid(root)
    check_schematron(root)
    return root


def check_schematron(root: etree._Element) -> None:
    """What RFC 4287 says beside its grammar: an author, an alternate or content, ids and links that differ."""
    assert root.find("a:author", NS) is not None
    ids = [each.text or "" for each in root.iterfind("a:entry/a:id", NS)]
    assert len(set(ids)) == len(ids)
    assert all(urlsplit(each).scheme for each in [*ids, root.findtext("a:id", namespaces=NS) or ""])
    for holder in [root, *root.iterfind("a:entry", NS)]:
        links = [
            (link.get("rel", "alternate"), link.get("type"), link.get("hreflang"))
            for link in holder.iterfind("a:link", NS)
        ]
        alternates = [link for link in links if link[0] == "alternate"]
        assert alternates
        assert len(set(alternates)) == len(alternates), "one alternate of a type and language (4.1.1)"
    moments = [
        datetime.fromisoformat(each.text or "")
        for each in root.iter(f"{{{NS['a']}}}updated", f"{{{NS['a']}}}published")
    ]
    assert all(each.utcoffset() is not None for each in moments)


def test_atom_is_valid_and_says_of_each_how_it_stands(story: None, client: Client) -> None:
    root = atom(client)
    assert [each.text for each in root.iterfind("a:entry/a:title", NS)] == [
        "[Exercise] Drill",
        "[Cancellation] Off",
        "[Cancelled] Second",
        "[Updated] First & <foremost>",
    ]
    updated = [each.text for each in root.iterfind("a:entry/a:updated", NS)]
    published = [each.text for each in root.iterfind("a:entry/a:published", NS)]
    assert published[3] == "2026-03-01T12:00:00+09:00"
    assert updated[3] == published[2], "an entry changes when something follows it"
    assert root.findtext("a:updated", namespaces=NS) == max(each or "" for each in updated)
    first = root.findall("a:entry", NS)[3]
    assert "/alerts/2/" in (first.findtext("a:content", namespaces=NS) or "")
    assert first.xpath("a:link[@type='application/cap+xml']/@href", namespaces=NS) == [
        "http://127.0.0.1:8000/feeds/cap/1.xml"
    ]


def test_an_entry_changes_when_its_notice_expires(cast: Cast, client: Client) -> None:
    issue(cast, expires_at=NOON + DAY)
    then, now = (atom(client, f"?lang=en{on}") for on in ("&on=2026-03-01", ""))
    assert then.findtext("a:entry/a:updated", namespaces=NS) == "2026-03-01T12:00:00+09:00"
    assert now.findtext("a:entry/a:updated", namespaces=NS) == "2026-03-02T12:00:00+09:00"
    assert now.findtext("a:entry/a:title", namespaces=NS) == "[Expired] Notice 1: wear a mask while imaging"
    assert then.findtext("a:entry/a:id", namespaces=NS) == now.findtext("a:entry/a:id", namespaces=NS)


def test_a_feed_reader_nobody_here_wrote_reads_atom_and_rss(story: None, client: Client) -> None:
    for form in ("atom", "rss"):
        read = feedparser.parse(client.get(f"/feeds/alerts.{form}?lang=ko").content)
        assert not read.bozo
        assert read.version == {"atom": "atom10", "rss": "rss20"}[form]
        assert read.feed.language == "ko"
        assert len(read.entries) == 4
        assert read.entries[3].title.endswith("첫 알림 & <먼저>")
        assert read.entries[3].link == "http://127.0.0.1:8000/alerts/1/"
        assert read.entries[3].id == "tag:127.0.0.1,2026-03-01:notice:1"
        assert read.entries[3].published_parsed[:5] == (2026, 3, 1, 3, 0)


def test_rss_keeps_to_its_specification(story: None, client: Client) -> None:
    """RSS 2.0: the required elements, dates of RFC 822, one self link, guids that are no addresses say so."""
    root = etree.fromstring(client.get("/feeds/alerts.rss?lang=en").content)
    channel = root.find("channel")
    assert (root.tag, root.get("version")) == ("rss", "2.0")
    assert channel is not None
    assert all((channel.findtext(name) or "").strip() for name in ("title", "link", "description", "language"))
    assert channel.xpath("atom:link/@rel", namespaces={"atom": NS["a"]}) == ["self"]
    assert parsedate_to_datetime(channel.findtext("lastBuildDate") or "").utcoffset() is not None
    items = channel.findall("item")
    assert len(items) == 4
    for item in items:
        assert item.findtext("title")
        assert item.findtext("description")
        assert parsedate_to_datetime(item.findtext("pubDate") or "").utcoffset() is not None
        assert [each.get("isPermaLink") for each in item.findall("guid")] == ["false"]
    guids = [item.findtext("guid") for item in items]
    assert len(set(guids)) == len(guids)
    allowed = {
        "title",
        "link",
        "description",
        "pubDate",
        "guid",
        "category",
        "author",
        "enclosure",
        "source",
        "comments",
    }
    assert {child.tag for item in items for child in item} <= allowed


JSON_ITEM = {
    "id": str, "url": str, "external_url": str, "title": str, "content_html": str, "content_text": str, "summary": str,
    "image": str, "banner_image": str, "date_published": str, "date_modified": str, "authors": list, "tags": list,
    "language": str, "attachments": list,
}  # fmt: skip
JSON_TOP = {
    "version": str, "title": str, "home_page_url": str, "feed_url": str, "description": str, "user_comment": str,
    "next_url": str, "icon": str, "favicon": str, "authors": list, "language": str, "expired": bool, "hubs": list,
    "items": list,
}  # fmt: skip


def check_json_feed(feed: dict[str, object]) -> None:
    """JSON Feed 1.1: known names of the right kind, what is required, RFC 3339 moments, whole addresses."""
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    check_names(feed, JSON_TOP, required={"version", "title", "items"})
    items = feed["items"]
    assert isinstance(items, list)
    for item in items:
        check_names(item, JSON_ITEM, required={"id"})
        assert "content_html" in item or "content_text" in item
        for name in ("date_published", "date_modified"):
            assert datetime.fromisoformat(item[name]).utcoffset() is not None
        for each in item["attachments"]:
            assert urlsplit(each["url"]).scheme in {"http", "https"}
            assert "/" in each["mime_type"]
        assert all(isinstance(tag, str) for tag in item["tags"])
    assert len({item["id"] for item in items}) == len(items)


def check_names(thing: dict[str, object], known: dict[str, type], *, required: set[str]) -> None:
    assert required <= thing.keys()
    for name, value in thing.items():
        assert name.startswith("_") or isinstance(value, known[name]), name
        if name.endswith("_url") or name == "url":
            assert urlsplit(str(value)).scheme in {"http", "https"}


def test_json_feed_keeps_to_its_specification(story: None, client: Client) -> None:
    feed = json.loads(client.get("/feeds/alerts.json?lang=en").content)
    check_json_feed(feed)
    drill, *_rest, first = feed["items"]
    assert first["_firstlight"] == {
        "number": 1, "tier": "Emergency", "standing": "updated", "exercise": False, "replay": False
    }  # fmt: skip
    assert drill["_firstlight"]["exercise"] is True
    assert drill["content_html"] == "<p>Pneumonia of unknown cause. Wear a mask while imaging.</p>"


def test_a_feed_can_be_of_one_outbreak_and_of_another_day(story: None, client: Client) -> None:
    titles = [
        each["title"]
        for each in json.loads(client.get("/feeds/alerts.json?outbreak=novel-2031&lang=en").content)["items"]
    ]
    assert titles == ["[Cancellation] Off", "[Cancelled] Second", "[Updated] First & <foremost>"]
    then = json.loads(client.get("/feeds/alerts.json?on=2026-03-02&lang=en").content)["items"]
    assert [each["title"] for each in then] == ["Second", "[Updated] First & <foremost>"]
    assert client.get("/feeds/alerts.atom?outbreak=nowhere").status_code == 404
    assert client.get("/feeds/alerts.pdf").status_code == 404


def test_feeds_without_entries_are_valid_too(client: Client) -> None:
    for query in ("?lang=en", "?lang=ko&outbreak=novel-2031"):
        assert atom(client, query).findall("a:entry", NS) == []
        assert atom(client, query, "/feeds/cap.atom").findall("a:entry", NS) == []
        check_json_feed(json.loads(client.get(f"/feeds/alerts.json{query}").content))
        assert not feedparser.parse(client.get(f"/feeds/alerts.rss{query}").content).bozo


def test_the_index_of_cap_messages_is_valid_atom_that_leads_to_each(story: None, client: Client) -> None:
    root = atom(client, path="/feeds/cap.atom")
    addresses = root.xpath("a:entry/a:link[@type='application/cap+xml']/@href", namespaces=NS)
    assert [urlsplit(each).path for each in addresses] == [f"/feeds/cap/{number}.xml" for number in (4, 3, 2, 1)]
    assert all(client.get(urlsplit(each).path).status_code == 200 for each in addresses)
    assert root.findtext("a:id", namespaces=NS) != atom(client).findtext("a:id", namespaces=NS)


@pytest.mark.parametrize("path", ["alerts.atom", "alerts.rss", "alerts.json", "cap.atom", "cap/1.xml"])
def test_a_feed_is_for_anyone_to_keep_and_is_not_sent_twice(story: None, client: Client, cast: Cast, path: str) -> None:
    answer = client.get(f"/feeds/{path}")
    assert not answer.cookies
    assert "Cookie" not in answer.headers.get("Vary", "")
    assert answer["Cache-Control"] == "public, max-age=60"
    assert answer["Access-Control-Allow-Origin"] == "*"
    client.cookies["django_language"] = "ko"
    client.force_login(cast.noel)
    again = client.get(f"/feeds/{path}", headers={"if-none-match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b""), "the same for everyone, whatever their cookies"
    since = client.get(f"/feeds/{path}", headers={"if-modified-since": answer["Last-Modified"]})
    assert since.status_code == 304
    assert client.post(f"/feeds/{path}").status_code == 405


def test_a_new_notice_changes_the_tag_of_the_feed(story: None, client: Client, cast: Cast) -> None:
    before = client.get("/feeds/alerts.atom")
    issue(cast, at=NOON + 4 * DAY)
    after = client.get(
        "/feeds/alerts.atom", headers={"if-none-match": before["ETag"], "if-modified-since": before["Last-Modified"]}
    )
    assert after.status_code == 200


@pytest.mark.parametrize(("form", "content_type"), FORMS.items())
def test_each_feed_names_its_type_and_language(story: None, client: Client, form: str, content_type: str) -> None:
    korean = client.get(f"/feeds/alerts.{form}", headers={"accept-language": "ko-KR,ko;q=0.9,en;q=0.5"})
    assert korean["Content-Type"].startswith(content_type)
    assert korean["Content-Language"] == "ko"
    assert client.get(f"/feeds/alerts.{form}?lang=en", headers={"accept-language": "ko"})["Content-Language"] == "en"


def test_the_language_is_the_one_asked_for_then_the_first_accepted() -> None:
    languages = ("ko", "en")
    assert language_wanted("ko", ["en"], languages) == "ko"
    assert language_wanted("xx", ["fr", "ko-kr"], languages) == "ko"
    assert language_wanted("", [], languages) == "en"


def test_a_tag_is_as_rfc_4151_has_it() -> None:
    assert tag_id("example.org", NOON.date(), "notice:7") == "tag:example.org,2026-03-01:notice:7"


def test_words_that_xml_cannot_carry_break_no_feed(cast: Cast, client: Client) -> None:
    issue(
        cast, title_en="Bell \x07 & <b>", sms_en="\x0b]]>", body_en="\x00<script>x</script>\ufffe".replace("\x00", "")
    )
    atom(client)
    assert not feedparser.parse(client.get("/feeds/alerts.rss?lang=en").content).bozo
    assert client.get("/feeds/cap/1.xml").status_code == 200
