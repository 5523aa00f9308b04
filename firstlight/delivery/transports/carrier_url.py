"""A carrier's setting, `scheme://user:password@host:port/path?option=value`, read once and refused loudly."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from urllib.parse import SplitResult, unquote, urlsplit

from firstlight.delivery.rules.counting import Plan

COMMON_OPTIONS = frozenset(
    {"connections", "per_second", "region", "plan", "price_sms", "price_lms", "price_part", "currency", "name"}
)
_PLAIN = re.compile(r"[a-z][a-z0-9_]{0,29}")
_TRUTHS = {"1": True, "yes": True, "true": True, "on": True, "0": False, "no": False, "false": False, "off": False}
_PRICE = 1e6


@dataclass(frozen=True, slots=True)
class Terms:
    """What the agreement with a carrier says: prices a message in `currency`, None where the setting is silent.

    `region` is the ISO 3166 country whose numbers are national to the carrier; `plan` is how it reckons a text.
    """

    region: str
    plan: Plan
    price_sms: float | None
    price_lms: float | None
    price_part: float | None
    currency: str


@dataclass(frozen=True, slots=True)
class CarrierUrl:
    """The parts of a carrier's setting, percent-decoded; a + stays a +. Secrets are left out of its repr."""

    scheme: str
    host: str
    port: int | None
    user: str
    password: str = field(repr=False)
    path: str = ""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> "CarrierUrl":
        """Take a setting apart; ValueError is one sentence that holds no part of a password."""
        parts = _split(url)
        host, port = _host_and_port(parts)
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if re.search(r"[\x00-\x1f\x7f]", unquote(url)):
            raise ValueError("the carrier's URL holds a control character")
        return cls(parts.scheme, host, port, user, password, unquote(parts.path), MappingProxyType(_options(parts)))

    @property
    def name(self) -> str:
        """What people and rows call the carrier: the option `name`, or scheme and host; never a credential."""
        plain = f"{self.scheme}:{self.host}" if self.host else self.scheme
        return self.options.get("name") or plain

    @property
    def default_plan(self) -> Plan:
        """How the carrier reckons unless the setting says so: a Korean gateway, and the outbox page, by the byte."""
        return Plan.KOREAN if self.scheme.startswith(("korea+", "console")) else Plan.INTERNATIONAL

    @property
    def terms(self) -> Terms:
        """Region, plan and prices, which every carrier may state."""
        return Terms(
            region=self.option_choice("region", "KR", pattern=r"[A-Z]{2}", meaning="two capital letters such as KR"),
            plan=Plan(self.option_choice("plan", self.default_plan, pattern="|".join(Plan), meaning=" or ".join(Plan))),
            price_sms=self._price("price_sms"),
            price_lms=self._price("price_lms"),
            price_part=self._price("price_part"),
            currency=self.option_choice("currency", "KRW", pattern=r"[A-Z]{3}", meaning="three letters such as KRW"),
        )

    @property
    def per_second(self) -> float | None:
        """The carrier's limit in messages a second; None when the setting states none."""
        if "per_second" not in self.options:
            return None
        return self.option_float("per_second", 1.0, least=0.01, most=1e6)

    def connections(self, default: int) -> int:
        """How many lines may be open at once."""
        return self.option_int("connections", default, least=1, most=256)

    def option_str(self, name: str, default: str = "") -> str:
        """An option's text."""
        return self.options.get(name, default)

    def option_choice(self, name: str, default: str, *, pattern: str, meaning: str) -> str:
        """An option's text that must match `pattern`; ValueError says the `meaning` it should have."""
        text = self.options.get(name, default)
        if not re.fullmatch(pattern, text):
            raise ValueError(f"{self.scheme}: the option {name} must be {meaning}")
        return text

    def option_int(self, name: str, default: int, *, least: int = 0, most: int = 2**31) -> int:
        """An option's whole number, from `least` to `most`; ValueError otherwise."""
        text = self.options.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,10}", text, re.ASCII) or not least <= int(text) <= most:
            raise ValueError(f"{self.scheme}: the option {name} must be a whole number from {least} to {most}")
        return int(text)

    def option_float(self, name: str, default: float, *, least: float = 0.0, most: float = 1e9) -> float:
        """An option's number, from `least` to `most`; ValueError otherwise."""
        text = self.options.get(name)
        if text is None:
            return default
        if not re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text, re.ASCII) or not least <= float(text) <= most:
            raise ValueError(f"{self.scheme}: the option {name} must be a number from {least:g} to {most:g}")
        return float(text)

    def option_bool(self, name: str, default: bool = False) -> bool:
        """An option that is on (1, yes, true, on) or off (0, no, false, off); ValueError otherwise."""
        text = self.options.get(name)
        if text is None:
            return default
        if text.lower() not in _TRUTHS:
            raise ValueError(f"{self.scheme}: the option {name} must be 1 or 0")
        return _TRUTHS[text.lower()]

    def refuse_unknown(self, known: Collection[str]) -> None:
        """ValueError for an option that is neither in `known` nor common to all carriers, or a common one misused."""
        unknown = sorted(self.options.keys() - COMMON_OPTIONS - set(known))
        if unknown:
            choices = ", ".join(sorted(COMMON_OPTIONS | set(known)))
            raise ValueError(f"{self.scheme}: the option {unknown[0]} is not known; the options are {choices}")
        _ = self.terms, self.per_second, self.connections(1)
        if not re.fullmatch(r"[\w :.+()-]{1,60}", self.name):
            raise ValueError(f"{self.scheme}: the option name must be 1 to 60 letters, digits, spaces or :.+()-")

    def require(self, *parts: str) -> None:
        """ValueError naming the first of host, user, password or path that is missing."""
        for part in parts:
            if not getattr(self, part):
                raise ValueError(f"{self.scheme}: the {part} is missing")

    def _price(self, name: str) -> float | None:
        return self.option_float(name, 0.0, most=_PRICE) if name in self.options else None


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        # urlsplit's own words quote what stands between // and /, which holds the password
        raise ValueError("the carrier's URL cannot be read: percent-encode special characters in it") from None
    if not re.fullmatch(r"[a-z][a-z0-9+.-]*", parts.scheme) or "://" not in url:
        raise ValueError("the carrier's URL must begin with scheme://")
    if parts.fragment or url.rstrip().endswith("#"):
        raise ValueError(f"{parts.scheme}: write a # in the URL as %23")
    return parts


def _host_and_port(parts: SplitResult) -> tuple[str, int | None]:
    hint = "write : / ? # @ and % in a user or password as %3A %2F %3F %23 %40 %25"
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError(f"{parts.scheme}: the port must be a number from 1 to 65535; {hint}") from None
    if port == 0:
        raise ValueError(f"{parts.scheme}: the port must be a number from 1 to 65535; {hint}")
    if not re.fullmatch(r"[0-9A-Za-z.:_-]*", host):
        raise ValueError(f"{parts.scheme}: the host has a character that no host name has; {hint}")
    return host, port


def _options(parts: SplitResult) -> dict[str, str]:
    options: dict[str, str] = {}
    for pair in filter(None, parts.query.split("&")):
        name, equals, value = pair.partition("=")
        if not _PLAIN.fullmatch(name) or not equals:
            raise ValueError(f"{parts.scheme}: options are written ?name=value&name=value")
        if name in options:
            raise ValueError(f"{parts.scheme}: the option {name} stands twice")
        options[name] = unquote(value)
    return options
