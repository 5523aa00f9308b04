import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from signxml import InvalidDigest, SignatureConfiguration, XMLVerifier

from firstlight.alerts.models import NoticeLink
from firstlight.alerts.rules.cap import NAMESPACE, Area, Info, Message, build, legal_name, serialized, sign, written
from firstlight.config.environment import BadSetting
from firstlight.config.publishing import area, cap_signature
from firstlight.outbreaks.models import Outbreak
from firstlight.people.models import Severity
from tests.alerts.aftermath import DAY, NOON, cancel, issue, outbreak_of_the_past
from tests.cast import Cast

SCHEMA = etree.XMLSchema(etree.parse(Path(__file__).parent / "CAP-v1.2.xsd"))
NS = {"c": NAMESPACE, "ds": "http://www.w3.org/2000/09/xmldsig#"}
Pair = tuple[bytes, bytes]


@pytest.fixture
def outbreak(cast: Cast) -> Outbreak:
    return outbreak_of_the_past(cast)


def read(client: Client, number: int) -> etree._Element:
    """The message as it is published, valid by the OASIS schema."""
    answer = client.get(f"/feeds/cap/{number}.xml")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/cap+xml; charset=utf-8"
    root = etree.fromstring(answer.content)
    SCHEMA.assertValid(root)
    return root


def text(root: etree._Element, path: str) -> str:
    return root.findtext("/".join(f"c:{step}" for step in path.split("/")), namespaces=NS) or ""


def texts(root: etree._Element, path: str) -> list[str]:
    return [each.text or "" for each in root.iterfind("/".join(f"c:{step}" for step in path.split("/")), NS)]


def test_a_notice_is_an_actual_alert_in_two_languages(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    Outbreak.objects.update(icd10="U99.9")
    issue(cast, severity=Severity.EMERGENCY, urgency="Immediate", certainty="Observed", expires_at=NOON + DAY)
    root = read(client, 1)
    head = {
        name: text(root, name) for name in ("identifier", "sender", "sent", "status", "msgType", "scope", "incidents")
    }
    assert head == {
        "identifier": "127.0.0.1-notice-1",
        "sender": "127.0.0.1",
        "sent": "2026-03-01T12:00:00+09:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Public",
        "incidents": "novel-2031",
    }
    assert texts(root, "info/language") == ["ko-KR", "en-US"]
    assert texts(root, "info/event") == ["2031년 신종 호흡기 감염", "Novel infection of 2031"]
    assert texts(root, "info/area/areaDesc") == ["대한민국", "South Korea"]
    assert texts(root, "info/audience")[1] == "Radiologists and radiology departments"
    info = root.findall("c:info", NS)[1]
    assert {name: text(info, name) for name in ("category", "urgency", "severity", "certainty")} == {
        "category": "Health",
        "urgency": "Immediate",
        "severity": "Extreme",
        "certainty": "Observed",
    }
    assert text(info, "effective") == text(info, "onset") == "2026-03-01T12:00:00+09:00"
    assert text(info, "expires") == "2026-03-02T12:00:00+09:00"
    assert text(info, "headline") == "Notice 1: wear a mask while imaging"
    assert text(info, "instruction") == "Pneumonia of unknown cause. Wear a mask while imaging."
    assert text(info, "web") == "http://127.0.0.1:8000/alerts/1/"
    assert (text(info, "eventCode/valueName"), text(info, "eventCode/value")) == ("ICD-10", "U99.9")
    assert (text(info, "area/geocode/valueName"), text(info, "area/geocode/value")) == ("ISO3166-1", "KR")


@pytest.mark.parametrize(
    ("severity", "written_so"),
    [
        (Severity.EMERGENCY, "Extreme"),
        (Severity.WARNING, "Severe"),
        (Severity.ADVISORY, "Moderate"),
        (Severity.INFORMATION, "Minor"),
    ],
)
def test_each_tier_has_its_severity(
    cast: Cast, outbreak: Outbreak, client: Client, severity: Severity, written_so: str
) -> None:
    issue(cast, severity=severity)
    assert texts(read(client, 1), "info/severity") == [written_so, written_so]


def test_an_update_and_a_cancellation_name_everything_they_end(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    first = issue(cast)
    second = issue(cast, at=NOON + DAY, follows=first)
    cancel(cast, second, at=NOON + 2 * DAY)
    update, cancellation = read(client, 2), read(client, 3)
    reference = "127.0.0.1,127.0.0.1-notice-1,2026-03-01T12:00:00+09:00"
    assert (text(update, "msgType"), text(update, "references")) == ("Update", reference)
    assert text(cancellation, "msgType") == "Cancel"
    assert text(cancellation, "references").split() == [
        reference,
        "127.0.0.1,127.0.0.1-notice-2,2026-03-02T12:00:00+09:00",
    ]
    assert texts(cancellation, "info/urgency") == ["Past", "Past"]
    assert texts(cancellation, "info/responseType") == ["AllClear", "AllClear"]
    named = {each.rsplit(",", 1)[0].split(",")[1] for each in text(cancellation, "references").split()}
    assert named == {text(read(client, number), "identifier") for number in (1, 2)}


def test_a_message_once_published_never_changes(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    first = issue(cast, expires_at=NOON + 3 * DAY)
    before = client.get("/feeds/cap/1.xml?on=2026-03-01").content
    cancel(cast, first, at=NOON + DAY)
    assert client.get("/feeds/cap/1.xml").content == before
    assert client.get("/feeds/cap/1.xml", headers={"accept-language": "ko"}).content == before
    assert client.get("/feeds/cap/2.xml?on=2026-03-01").status_code == 404


def test_exercises_and_replays_are_never_actual(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    issue(cast, is_exercise=True)
    issue(cast, is_replay=True)
    issue(cast, is_replay=True, is_exercise=True)
    messages = [read(client, number) for number in (1, 2, 3)]
    assert [text(each, "status") for each in messages] == ["Exercise", "Test", "Test"]
    assert all(text(each, "note") for each in messages)


def test_links_and_source_are_parameters(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    notice = issue(cast)
    link = {"kind": "address", "key": "https://example.org/guideline?a=1&b=2", "title_ko": "지침 <1판>", "title_en": ""}
    NoticeLink.objects.create(notice=notice, **link)
    info = read(client, 1).findall("c:info", NS)[0]
    pairs = [(text(each, "valueName"), text(each, "value")) for each in info.findall("c:parameter", NS)]
    assert pairs == [
        ("source", "Public health agency, 1 March"),
        ("address", "지침 <1판> https://example.org/guideline?a=1&b=2"),
    ]


def test_a_notice_of_the_society_in_one_language_alone(cast: Cast, outbreak: Outbreak, client: Client) -> None:
    issue(cast, outbreak=None, title_en="", source="", body_ko="")
    root = read(client, 1)
    assert texts(root, "info/language") == ["ko-KR"]
    assert texts(root, "info/event") == ["학회 알림"]


@pytest.mark.parametrize(
    ("name", "legal"),
    [("ksr.example-notice-1", "ksr.example-notice-1"), (" a b,c<d&e ", "a-b-c-d-e"), ("tag:a,2031:x", "tag:a-2031:x")],
)
def test_a_name_has_no_spaces_commas_or_markup(name: str, legal: str) -> None:
    assert legal_name(name) == legal


@pytest.mark.parametrize(
    ("moment", "text_of_it"),
    [
        (datetime(2031, 3, 1, 9, 0, 0, 999, tzinfo=UTC), "2031-03-01T09:00:00-00:00"),
        (datetime(2031, 3, 1, 9, tzinfo=timezone(timedelta(hours=9))), "2031-03-01T09:00:00+09:00"),
        (datetime(2031, 3, 1, 9, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "2031-03-01T09:00:00-03:30"),
    ],
)
def test_moments_are_written_as_cap_wants_them(moment: datetime, text_of_it: str) -> None:
    assert written(moment) == text_of_it


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        written(datetime(2031, 3, 1))  # noqa: DTZ001


WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn"]), max_size=40)


@given(
    words=WORDS,
    pairs=st.lists(st.tuples(WORDS.filter(str.strip), WORDS.filter(str.strip)), max_size=3),
    moment=st.datetimes(min_value=datetime(1990, 1, 1), max_value=datetime(2999, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_any_words_make_a_valid_message(words: str, pairs: list[tuple[str, str]], moment: datetime) -> None:
    info = Info(
        language="en-US",
        event=words or "event",
        urgency="Unknown",
        severity="Minor",
        certainty="Unknown",
        effective=moment,
        expires=moment,
        area=Area(words or "area", "KR"),
        headline=words,
        description=words,
        parameters=tuple(pairs),
    )
    message = Message(
        identifier=legal_name(words) or "x",
        sender="example.org",
        sent=moment,
        status="Test",
        message_type="Alert",
        infos=(info,),
    )
    root = etree.fromstring(serialized(build(message)))
    SCHEMA.assertValid(root)
    assert [text(each, "value") for each in root.iterfind(".//c:parameter", NS)] == [value for _name, value in pairs]


def pair(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> Pair:
    """A private key and a certificate of its own, both in PEM."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "society.example")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2090, 1, 1, tzinfo=UTC))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem, certificate.public_bytes(Encoding.PEM)


@pytest.fixture(scope="session")
def rsa_pair() -> Pair:
    return pair(rsa.generate_private_key(public_exponent=65537, key_size=2048))


@pytest.fixture(scope="session")
def ec_pair() -> Pair:
    return pair(ec.generate_private_key(ec.SECP256R1()))


def verify(content: bytes, certificate: bytes) -> etree._Element:
    result = XMLVerifier().verify(content, x509_cert=certificate.decode(), expect_config=SignatureConfiguration())
    assert not isinstance(result, list)
    assert result.signed_xml is not None
    return result.signed_xml


@pytest.mark.parametrize("kind", ["rsa_pair", "ec_pair"])
def test_a_signed_message_is_valid_and_its_signature_holds(
    cast: Cast, outbreak: Outbreak, client: Client, settings: object, request: pytest.FixtureRequest, kind: str
) -> None:
    settings.CAP_SIGNATURE = key_and_certificate = request.getfixturevalue(kind)  # type: ignore[attr-defined]
    first = issue(cast)
    cancel(cast, first, at=NOON + DAY)
    for number in (1, 2):
        root = read(client, number)
        assert root[-1].tag == f"{{{NS['ds']}}}Signature", "where the schema has a place for it"
        content = client.get(f"/feeds/cap/{number}.xml").content
        assert text(verify(content, key_and_certificate[1]), "identifier") == f"127.0.0.1-notice-{number}"
        # Receivers tidy first: the World Meteorological Organization's checker drops blank text before it verifies.
        tidied = etree.tostring(etree.fromstring(content, etree.XMLParser(remove_blank_text=True)))
        verify(tidied, key_and_certificate[1])
        with pytest.raises(InvalidDigest):
            verify(
                content.replace(b"<urgency>Unknown" if number == 1 else b"<urgency>Past", b"<urgency>Future", 1),
                key_and_certificate[1],
            )


def test_the_tag_of_a_signed_message_holds_while_its_words_do(
    cast: Cast, outbreak: Outbreak, client: Client, settings: object, ec_pair: Pair
) -> None:
    issue(cast)
    unsigned = client.get("/feeds/cap/1.xml")["ETag"]
    settings.CAP_SIGNATURE = ec_pair  # type: ignore[attr-defined]
    tags = {client.get("/feeds/cap/1.xml")["ETag"] for _each in range(2)}
    assert len(tags) == 1, "a signature on a curve differs each time, what is signed does not"
    assert unsigned not in tags


def test_signing_takes_the_algorithm_of_the_key(rsa_pair: Pair, ec_pair: Pair) -> None:
    for key_and_certificate, method in ((rsa_pair, "rsa-sha256"), (ec_pair, "ecdsa-sha256")):
        message = Message(identifier="x", sender="y", sent=NOON, status="Test", message_type="Alert")
        signed = sign(build(message), key=key_and_certificate[0], certificate=key_and_certificate[1])
        found = signed.find(".//ds:SignatureMethod", NS)
        assert found is not None
        assert (found.get("Algorithm") or "").endswith(method)


def variables(folder: Path, key: bytes, certificate: bytes) -> dict[str, str]:
    (folder / "key.pem").write_bytes(key)
    (folder / "certificate.pem").write_bytes(certificate)
    return {
        "FIRSTLIGHT_CAP_KEY": str(folder / "key.pem"),
        "FIRSTLIGHT_CAP_CERTIFICATE": str(folder / "certificate.pem"),
    }


def locked(folder: Path) -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password"))
    return variables(folder, secret, pair(key)[1])


def test_a_key_with_its_certificate_is_taken_and_none_is_none(tmp_path: Path, rsa_pair: Pair, ec_pair: Pair) -> None:
    assert cap_signature({}) is None
    assert cap_signature(variables(tmp_path, *rsa_pair)) == rsa_pair
    assert cap_signature(variables(tmp_path, *ec_pair)) == ec_pair


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lambda folder, a, b: {"FIRSTLIGHT_CAP_KEY": "/nowhere/key.pem"}, "FIRSTLIGHT_CAP_KEY.*cannot be read"),
        (lambda folder, a, b: {"FIRSTLIGHT_CAP_CERTIFICATE": "x"}, "FIRSTLIGHT_CAP_KEY"),
        (lambda folder, a, b: variables(folder, b"not a key", a[1]), "FIRSTLIGHT_CAP_KEY"),
        (lambda folder, a, b: variables(folder, a[0], b"not a certificate"), "FIRSTLIGHT_CAP_CERTIFICATE"),
        (lambda folder, a, b: variables(folder, a[0], b[1]), "not the certificate of the key"),
        (lambda folder, a, b: locked(folder), "without a password"),
    ],
)
def test_a_bad_key_or_certificate_is_refused_by_name(
    tmp_path: Path, rsa_pair: Pair, ec_pair: Pair, spoil: Callable[..., dict[str, str]], named: str
) -> None:
    with pytest.raises(BadSetting, match=named):
        cap_signature(spoil(tmp_path, rsa_pair, ec_pair))


def test_a_bad_key_keeps_the_server_from_starting(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "firstlight.cli", "check", "--data", str(tmp_path)]
    environ = {"FIRSTLIGHT_CAP_KEY": "/nowhere/key.pem", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environ)
    assert answer.returncode != 0
    assert "FIRSTLIGHT_CAP_KEY" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_area_is_a_country() -> None:
    assert area({}) == "KR"
    assert area({"FIRSTLIGHT_AREA": "JP"}) == "JP"
    for code in ("kr", "XX9", "419", "Korea"):
        with pytest.raises(BadSetting, match="FIRSTLIGHT_AREA"):
            area({"FIRSTLIGHT_AREA": code})
