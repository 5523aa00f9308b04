"""A carrier's setting: what is understood, and how a wrong one is refused without telling its secrets."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstlight.config import environment
from firstlight.config.environment import BadSetting
from firstlight.delivery.rules.counting import Plan
from firstlight.delivery.rules.messages import Channel
from firstlight.delivery.transports import Carrier
from firstlight.delivery.transports.carrier_url import CarrierUrl
from firstlight.delivery.transports.opening import open_carrier


def opened(url: str, channel: Channel | None = None) -> Carrier:
    return open_carrier(url, data=Path("/nowhere"), host="fl.example.org", channel=channel, sign=str)


def test_the_parts_of_a_setting() -> None:
    url = CarrierUrl.parse("smtp://us%40er:p%2Fw%3A%23@Mail.Example.org:587/a%20b?sender=A%20<a+b@c.example>&tls=1")
    assert (url.scheme, url.host, url.port, url.user, url.password) == (
        "smtp",
        "mail.example.org",
        587,
        "us@er",
        "p/w:#",
    )
    assert (url.path, url.option_str("sender"), url.option_bool("tls")) == ("/a b", "A <a+b@c.example>", True)
    assert "p/w" not in repr(url) and "a+b" not in repr(url)


def test_the_terms_of_a_carrier() -> None:
    url = CarrierUrl.parse("korea+https://h?price_sms=9.5&price_lms=30&per_second=20&connections=3&name=Main gate")
    assert (url.terms.plan, url.terms.region, url.terms.price_sms, url.terms.price_lms) == (Plan.KOREAN, "KR", 9.5, 30)
    assert (url.terms.price_part, url.per_second, url.connections(1), url.name) == (None, 20, 3, "Main gate")
    assert CarrierUrl.parse("kannel://u:p@h:13013").terms.plan is Plan.INTERNATIONAL
    assert CarrierUrl.parse("kannel://u:p@h:13013").name == "kannel:h"


WRONG = [
    ("", "scheme://"),
    ("mail.example.org", "scheme://"),
    ("pigeon://user:hush-hush@h", "no carrier has this scheme"),
    ("smtp://user:hush-hush@h:port", "port"),
    ("smtp://user:hush-hush@h:0", "port"),
    ("smtp://user:hush-hush@h:99999", "port"),
    ("smtp://user:hush-hush/x@h", "port"),
    ("smtp://user:hush-hush#x@h", "%23"),
    ("smtp://user:1234?hush-hush=3@h", "options are written"),
    ("smtp://user:hush-hush\u2100@h", "cannot be read"),
    ("smtp://user:hush-hush@[::1", "cannot be read"),
    ("smtp://user:hush-hush@h?tls", "options are written"),
    ("smtp://user:hush-hush@h?tls=1&tls=1", "twice"),
    ("smtp://user:hush-hush@h?tls=maybe", "tls must be"),
    ("smtp://user:hush-hush@h?tls=0", "tls must be"),
    ("smtp://user:hush-hush@h?colour=red", "colour is not known"),
    ("smtp://user:hush-hush@h?connections=0", "connections must be"),
    ("smtp://user:hush-hush@h?connections=²", "connections must be"),
    ("smtp://user:hush-hush@h?per_second=-1", "per_second must be"),
    ("smtp://user:hush-hush@h?per_second=nan", "per_second must be"),
    ("smtp://user:hush-hush@h?currency=won", "currency must be"),
    ("smtp://user:hush-hush@h?sender=nobody", "sender must be"),
    ("smtp://user:hush-hush@h?sender=a@b%0d%0aBcc:c@d", "control character"),
    ("smtp://user:hush-hush@h?bounces=nowhere", "bounces must be"),
    ("smtp://user:hush-hush@h?name=<b>", "name must be"),
    ("smtp://?tls=0", "host is missing"),
    ("console://h", "nothing after it"),
    ("console://?channel=fax", "channel must be"),
    ("https+sms://h/path", "user is missing"),
    ("http+sms://hush-hush@provider.example/x", "only over https"),
    ("korea+https://access@h/services/1?sender=0212345678", "password is missing"),
    ("korea+https://access:hush-hush@h?sender=0212345678", "path is missing"),
    ("korea+https://access:hush-hush@h/services/1", "sender must be"),
    ("korea+https://access:hush-hush@h/services/1?sender=02-1234-5678", "sender must be"),
    ("korea+http://access:hush-hush@gateway.example/services/1?sender=0212345678", "only over https"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "words"), WRONG)
def test_a_wrong_setting_is_refused_in_a_sentence_without_its_secret(url: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as bad:
        opened(url)
    assert (
        "hush" not in str(bad.value) and bad.value.__cause__ is None and bad.value.__suppress_context__ in {True, False}
    )


@given(st.text(max_size=60))
def test_any_text_is_a_carrier_or_a_refusal(text: str) -> None:
    try:
        opened(text)
    except ValueError:
        return
    assert text.strip().startswith(("console://", "smtp"))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=8, max_size=30))
def test_no_password_is_ever_told(secret: str) -> None:
    for url in (f"smtp://user:{secret}@h", f"smtp://user:{secret}@h:x", f"smtp://user:{secret}@h?x=1"):
        try:
            told = repr(CarrierUrl.parse(url)) + opened(url).name
        except ValueError as bad:
            told = str(bad)
        assert secret not in told or secret in "smtp: write : / ? # @ and % in a user or password as"


def test_bounces_need_a_signature() -> None:
    with pytest.raises(ValueError, match="bounces need a key"):
        open_carrier("smtp://h?tls=0&bounces=b@h.example", data=Path("/x"), host="h")


@pytest.mark.parametrize(
    ("url", "channel", "name"),
    [
        ("console://", Channel.SMS, "console"),
        ("console://", Channel.EMAIL, "console"),
        ("console://?channel=sms", None, "console"),
        ("smtp://mail.example.org", Channel.EMAIL, "smtp:mail.example.org"),
        ("https+sms://token@provider.example/v1/messages", Channel.SMS, "https+sms:provider.example"),
        ("korea+https://a:b@h.example/services/1?sender=0212345678&name=Gate", Channel.SMS, "Gate"),
    ],
)
def test_each_scheme_opens(url: str, channel: Channel | None, name: str) -> None:
    carrier = opened(url, channel)
    assert (carrier.name, carrier.channel) == (name, channel or Channel.SMS)


@pytest.mark.parametrize("url", ["smtp://h", "console://?channel=email"])
def test_a_carrier_of_the_other_channel_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="one for sms is needed"):
        opened(url, Channel.SMS)


def test_the_servers_own_mail_follows_the_same_setting(tmp_path: Path) -> None:
    kept = environment.email({}, tmp_path)
    assert kept == {"EMAIL_BACKEND": "firstlight.delivery.transports.console.OutboxBackend"}
    sent = environment.email(
        {"FIRSTLIGHT_EMAIL": "smtp://u:p%40@h.example:587?bounces=b@h.example&connections=4"}, tmp_path
    )
    assert (sent["EMAIL_HOST"], sent["EMAIL_PORT"], sent["EMAIL_HOST_PASSWORD"]) == ("h.example", 587, "p@")
    assert (sent["EMAIL_USE_TLS"], sent["EMAIL_USE_SSL"]) == (True, False)
    assert environment.email({"FIRSTLIGHT_EMAIL": "smtps://h.example"}, tmp_path)["EMAIL_USE_SSL"] is True
    for wrong in ("pigeon://", "console://?channel=sms", "smtp://u:hush-hush@h:x", "https+sms://t@h/x"):
        with pytest.raises(BadSetting, match="FIRSTLIGHT_EMAIL") as bad:
            environment.email({"FIRSTLIGHT_EMAIL": wrong}, tmp_path)
        assert "hush" not in str(bad.value)
