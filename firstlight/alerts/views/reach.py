import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from io import StringIO
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from firstlight.alerts.models import Notice
from firstlight.alerts.policies import (
    check_can_export_members,
    check_can_see_member_log,
    check_can_see_reach,
    sees_every_institution,
)
from firstlight.alerts.queries.archive import issue_of
from firstlight.alerts.queries.reach import (
    MemberRow,
    ReachReport,
    Row,
    deliveries_to,
    log_lines,
    member_rows,
    reach_report,
)
from firstlight.alerts.rules.reach import (
    DAY,
    HOUR,
    MINUTE,
    Curve,
    Reach,
    draw,
    renewed_after,
    stations,
    times_to_shares,
    worth_showing,
)
from firstlight.audit.actions import record
from firstlight.delivery.models import Delivery
from firstlight.people.doors import signed_in
from firstlight.people.models import ContactPoint, Institution, Member
from firstlight.web.requests import TimedRequest

LINES_ON_A_PAGE = 50
ROWS_AT_ONCE = 1000
# A spreadsheet reads hangul right only behind this mark.
BYTE_ORDER_MARK = "\ufeff"
WORDS: dict[Reach, str | Promise] = {
    Reach.ACKNOWLEDGED: gettext_lazy("Read"),
    Reach.DELIVERED: gettext_lazy("Delivered"),
    Reach.HANDED_OVER: gettext_lazy("Handed over"),
    Reach.UNKNOWN: gettext_lazy("Unknown"),
    Reach.FAILED: gettext_lazy("Failed"),
    Reach.WAITING: gettext_lazy("Waiting"),
    Reach.STOPPED: gettext_lazy("Stopped"),
    Reach.DIGEST: gettext_lazy("Kept for the digest"),
}


@login_required
@require_safe
def show(request: TimedRequest, number: int) -> HttpResponse:
    """Whom a notice reached so far, by the second."""
    member = signed_in(request)
    check_can_see_reach(member)
    notice = _issued_or_404(number, request.now)
    institution = own_institution(member)
    report = reach_report(notice, institution=institution)
    elapsed = int((request.now - issue_of(notice)).total_seconds())
    context = {
        "notice": notice,
        "institution": institution,
        "report": report,
        "refresh_seconds": renewed_after(elapsed, is_settled=report.is_settled),
        "may_export_members": sees_every_institution(member),
        **_figures(report),
        **_curves(report, elapsed),
    }
    return render(request, "alerts/reach.html", context)


def own_institution(member: Member) -> Institution | None:
    """The one institution that a coordinator sees; None for those who see all."""
    return None if sees_every_institution(member) else member.institution


def _issued_or_404(number: int, at: datetime) -> Notice:
    return get_object_or_404(Notice.objects.issued(at).select_related("outbreak"), number=number)


def _figures(report: ReachReport) -> dict[str, Any]:
    """The states with their numbers, and the tables by institution and channel."""
    used = [each for each in WORDS if report.counts.get(each)]
    carried = [each for each in WORDS if any(row.counts.get(each) for row in report.channels)]
    channels, fates = dict(ContactPoint.Channel.choices), dict(Delivery.State.choices)
    return {
        "states": [(WORDS[each], each.name.lower(), report.counts[each], percent(report, each)) for each in used],
        "columns": [WORDS[each] for each in used],
        "institution_rows": [(row.name, row.audience, _cells(row, used)) for row in report.institutions],
        "channel_columns": [WORDS[each] for each in carried],
        "channel_rows": [(channels[row.name], row.audience, _cells(row, carried)) for row in report.channels],
        "reasons": [(each, channels[each.channel], fates[each.state]) for each in report.reasons],
    }


def percent(report: ReachReport, reach: Reach) -> float:
    """The share of a state in the whole audience."""
    return 100 * report.counts.get(reach, 0) / report.audience if report.audience else 0.0


def _cells(row: Row, columns: Sequence[Reach]) -> list[int]:
    return [row.counts.get(each, 0) for each in columns]


def _curves(report: ReachReport, elapsed: int) -> dict[str, Any]:
    """The picture of the three curves, the same as a table, and when each share was reached."""
    curves = (report.handed_over, report.delivered, report.acknowledged)
    labels = (_("handed over"), _("delivered"), _("read"))
    shown = worth_showing(curves, elapsed)
    picture = draw(curves, audience=report.audience, elapsed=shown)
    return {
        "picture": picture,
        "lines": list(zip(("second", "", "over"), labels, picture.lines, strict=True)) if picture else [],
        "ticks": [(tick.at, duration(tick.value)) for tick in picture.across] if picture else [],
        "course_rows": [(duration(each), [curve.at(each) for curve in curves]) for each in stations(shown)],
        "speeds": [(label, _speeds(curve, report.audience)) for label, curve in zip(labels, curves, strict=True)],
    }


def _speeds(curve: Curve, audience: int) -> list[tuple[int, str]]:
    times = times_to_shares(curve, audience)
    return [(share, duration(seconds) if seconds is not None else "") for share, seconds in times]


def duration(seconds: int) -> str:
    """A length of time in its two largest units: 3 min 20 s."""
    for unit, smaller, words in (
        (DAY, HOUR, _two_units(_("%(count)d d"), _("%(count)d h"))),
        (HOUR, MINUTE, _two_units(_("%(count)d h"), _("%(count)d min"))),
        (MINUTE, 1, _two_units(_("%(count)d min"), _("%(count)d s"))),
    ):
        if seconds >= unit:
            return words(seconds // unit, seconds % unit // smaller)
    return _("%(count)d s") % {"count": seconds}


def _two_units(large: str, small: str) -> Callable[[int, int], str]:
    def words(count: int, rest: int) -> str:
        return large % {"count": count} + (f" {small % {'count': rest}}" if rest else "")

    return words


@login_required
@require_safe
def institutions_csv(request: TimedRequest, number: int) -> StreamingHttpResponse:
    """A notice's reach by institution."""
    member = signed_in(request)
    check_can_see_reach(member)
    notice = _issued_or_404(number, request.now)
    report = reach_report(notice, institution=own_institution(member))
    header = ("institution_ko", "institution_en", "members", *(each.name.lower() for each in WORDS))
    rows = (
        (*_names(row.name), row.audience, *(row.counts.get(each, 0) for each in WORDS)) for row in report.institutions
    )
    return _table(f"notice-{number}-institutions.csv", header, rows)


def _names(institution: Institution | None) -> tuple[str, str]:
    return (institution.name_ko, institution.name_en) if institution else ("", "")


@login_required
@require_safe
def members_csv(request: TimedRequest, number: int) -> StreamingHttpResponse:
    """Each member's part of a notice's reach: names and states, never an address. Who takes it is kept."""
    member = signed_in(request)
    check_can_export_members(member)
    notice = _issued_or_404(number, request.now)
    record("notice.members_exported", notice, by=member, at=request.now)
    header = ["member", "name", "institution_ko", "institution_en", "state"]
    header += ["handed_over_at", "delivered_at", "acknowledged_at"]
    header += [column for each in ContactPoint.Channel for column in (each.value, f"{each.value}_reason")]
    return _table(f"notice-{number}-members.csv", header, (_member_cells(row) for row in member_rows(notice)))


def _member_cells(row: MemberRow) -> list[object]:
    channels = [cell for each in ContactPoint.Channel for cell in row.by_channel.get(each, ("", ""))]
    named = [row.member, row.name, row.institution_ko, row.institution_en, row.reach.name.lower()]
    return [*named, row.handed_over_at, row.delivered_at, row.acknowledged_at, *channels]


def _table(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_csv_pages(header, rows), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    return response


def _csv_pages(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """The header, then a thousand rows at a time."""
    page = StringIO()
    page.write(BYTE_ORDER_MARK)
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow(header)
    for number, row in enumerate(rows, start=1):
        writer.writerow([harmless(cell) for cell in row])
        if number % ROWS_AT_ONCE == 0:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


@login_required
@require_safe
def member_log(request: TimedRequest, pk: int) -> HttpResponse:
    """Everything that was sent to one member, and what became of it."""
    check_can_see_member_log(signed_in(request))
    member = get_object_or_404(Member, pk=pk)
    page = Paginator(deliveries_to(member), LINES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"member": member, "page": page, "lines": log_lines(member, list(page.object_list))}
    return render(request, "alerts/member_log.html", context)
