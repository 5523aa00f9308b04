"""Whom the rows of a members' list are about, and what they would change."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from allauth.account.models import EmailAddress
from django.db.models import Q

from firstlight.people.models import Consent, ContactPoint, Institution, Member, RoleGrant
from firstlight.people.rules.lists import BadRow, Complaint, Fault, ListedMember, Seen
from firstlight.people.rules.words import plain_word

Channel = ContactPoint.Channel


@dataclass(frozen=True, slots=True)
class Terms:
    """What the society says of a list: that the addresses are its members', and to which wording they agreed."""

    is_vouched: bool = False
    consent_wording: str = ""


@dataclass(slots=True)
class Match:
    """A good row, the member it is about, and what it would change; without a member it adds one."""

    listed: ListedMember
    member: Member | None
    fields: dict[str, str] = field(default_factory=dict)
    institution: str = ""
    roles: list[str] = field(default_factory=list)
    addresses: dict[str, str] = field(default_factory=dict)
    vouched: list[ContactPoint] = field(default_factory=list)
    consents: list[str] = field(default_factory=list)
    contacts: Mapping[str, ContactPoint] = field(default_factory=dict)

    @property
    def is_change(self) -> bool:
        """Whether anything would differ afterwards."""
        return bool(self.fields or self.institution or self.roles or self.addresses or self.vouched or self.consents)


def find_institutions() -> dict[str, int]:
    """Every institution's key by each of its names, plain."""
    rows = Institution.objects.values_list("pk", "slug", "name_ko", "name_en")
    return {plain_word(name): pk for pk, *names in rows for name in names}


def match_members(
    good: Sequence[ListedMember], *, terms: Terms, institutions: Mapping[str, int], seen: Seen
) -> tuple[list[Match], list[BadRow]]:
    """The rows with their members, and those that cannot be used for what is known; a few queries for all of them."""
    owners = _owners(good)
    members = _members(pk for pks in owners for pk in pks)
    matches, bad = [], []
    for listed, pks in zip(good, owners, strict=True):
        if fault := _fault(listed, pks, members, seen):
            bad.append(BadRow(listed.row, (fault,)))
        else:
            known = members[min(pks)] if pks else None
            matches.append(_compare(listed, known, terms, institutions) if known else _new(listed, terms))
    return matches, bad


def _owners(good: Sequence[ListedMember]) -> list[set[int]]:
    """For each row the members whose addresses it names: by contact point, or by one they sign in with."""
    emails = [each.email for each in good if each.email]
    phones = [each.phone for each in good if each.phone]
    held: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    points = ContactPoint.objects.filter(
        Q(channel=Channel.EMAIL, address__in=emails) | Q(channel=Channel.SMS, address__in=phones)
    )
    for channel, address, pk in points.order_by().values_list("channel", "address", "member_id"):
        held[channel, address].add(pk)
    for email, pk in Member.objects.filter(email__in=emails).order_by().values_list("email", "pk"):
        held[Channel.EMAIL.value, email or ""].add(pk)
    further = EmailAddress.objects.filter(email__in=emails, verified=True)
    for address, pk in further.values_list("email", "user_id"):
        held[Channel.EMAIL.value, address].add(pk)
    return [
        held.get((Channel.EMAIL.value, each.email), set()) | held.get((Channel.SMS.value, each.phone), set())
        for each in good
    ]


@dataclass(frozen=True, slots=True)
class Known:
    """A member with their addresses, roles, and the channels they ever spoke of."""

    member: Member
    contacts: dict[str, ContactPoint] = field(default_factory=dict)
    roles: set[str] = field(default_factory=set)
    spoken_of: set[str] = field(default_factory=set)


def _members(pks: Iterable[int]) -> dict[int, Known]:
    """Members with what hangs on them, read as plain rows: a prefetch takes three times as long."""
    wanted = set(pks)
    known = {each.pk: Known(each) for each in Member.objects.filter(pk__in=wanted).order_by()}
    for contact in ContactPoint.objects.filter(member__in=wanted).order_by():
        known[contact.member_id].contacts[contact.channel] = contact
    for pk, role in RoleGrant.objects.filter(member__in=wanted).order_by().values_list("member_id", "role"):
        known[pk].roles.add(role)
    for pk, channel in Consent.objects.filter(member__in=wanted).order_by().values_list("member_id", "channel"):
        known[pk].spoken_of.add(channel)
    return known


def _fault(listed: ListedMember, pks: set[int], members: Mapping[int, Known], seen: Seen) -> Complaint | None:
    if not pks:
        return None
    if len(pks) > 1:
        return Complaint(Fault.ANOTHERS_ADDRESS)
    (pk,) = pks
    if not members[pk].member.is_active:
        return Complaint(Fault.DEACTIVATED)
    earlier = seen.first_line("member", pk, listed.row.line)
    return Complaint(Fault.SAME_MEMBER, str(earlier)) if earlier else None


def _new(listed: ListedMember, terms: Terms) -> Match:
    """A row about nobody yet."""
    match = Match(listed, None, institution=listed.institution, roles=sorted({"member", *listed.roles}))
    match.addresses = _addresses(listed)
    match.consents = list(match.addresses) if terms.consent_wording else []
    return match


def _addresses(listed: ListedMember) -> dict[str, str]:
    both = {Channel.EMAIL.value: listed.email, Channel.SMS.value: listed.phone}
    return {channel: address for channel, address in both.items() if address}


def _compare(listed: ListedMember, known: Known, terms: Terms, institutions: Mapping[str, int]) -> Match:
    """What a row says that is not known; an empty cell says nothing, and no role or consent is ever taken away."""
    member = known.member
    match = Match(listed, member, contacts=known.contacts, roles=sorted(set(listed.roles) - known.roles))
    told = {"name": listed.name, "language": listed.language, "specialty": listed.specialty}
    match.fields = {name: text for name, text in told.items() if text and text != getattr(member, name)}
    if listed.institution:
        named = institutions.get(plain_word(listed.institution))
        match.institution = "" if named is not None and named == member.institution_id else listed.institution
    for channel, address in _addresses(listed).items():
        contact = known.contacts.get(channel)
        if contact is None or contact.address != address:
            match.addresses[channel] = address
        elif terms.is_vouched and contact.verified_at is None:
            match.vouched.append(contact)
        if terms.consent_wording and channel not in known.spoken_of:
            match.consents.append(channel)
    return match
