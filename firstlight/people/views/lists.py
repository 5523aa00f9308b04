import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from firstlight.audit.actions import record
from firstlight.people import actions
from firstlight.people.actions.lists import is_stalled
from firstlight.people.doors import signed_in
from firstlight.people.files import template_lines
from firstlight.people.forms import HandInForm
from firstlight.people.models import BadListRow, MemberList, Role
from firstlight.people.policies import check_can_keep_members
from firstlight.people.rules.words import Column
from firstlight.people.sentences import column_name, list_sentence, row_sentence, row_sentences
from firstlight.web.requests import TimedRequest

ROWS_ON_A_PAGE = 100
ROWS_AT_ONCE = 1000
LISTS_SHOWN = 10
INSTITUTIONS_SHOWN = 30
REFRESH_SECONDS = 2
BYTE_ORDER_MARK = "\ufeff"
State = MemberList.State


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def hand_in(request: TimedRequest) -> HttpResponse:
    """Hand a members' list in; it is looked at before anything is taken in."""
    by = signed_in(request)
    check_can_keep_members(by)
    form = HandInForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        data = form.cleaned_data
        row = actions.hand_in_list(
            data["file"].chunks(),
            is_vouched=data["is_vouched"],
            consent_wording=data["consent_wording"],
            by=by,
            at=request.now,
        )
        return redirect("member_list", row.pk)
    earlier = MemberList.objects.select_related("handed_in_by")[:LISTS_SHOWN]
    return render(request, "people/import.html", {"form": form, "earlier": earlier})


@login_required
@require_safe
def show(request: TimedRequest, pk: int) -> HttpResponse:
    """A list: being looked at, as it would come out, being taken in, or as it came out."""
    check_can_keep_members(signed_in(request))
    row = get_object_or_404(MemberList.objects.select_related("handed_in_by"), pk=pk)
    stalled = is_stalled(row, at=request.now)
    working = row.state in {State.CHECKING, State.IMPORTING}
    page = Paginator(row.bad_rows.all(), ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "list": row,
        "is_stalled": stalled,
        "is_working": working,
        "refresh_seconds": REFRESH_SECONDS if working and not stalled else 0,
        "why": list_sentence(row.fault, row.fault_detail) if row.fault else "",
        "roles": [(Role(role).label, count) for role, count in sorted(row.roles.items())],
        "institutions": row.institutions[:INSTITUTIONS_SHOWN],
        "further_institutions": max(0, len(row.institutions) - INSTITUTIONS_SHOWN),
        "good_count": row.new_count + row.changed_count,
        "page": page,
        "bad": [] if working else [_bad(each) for each in page.object_list],
    }
    return render(request, "people/list.html", context)


def _bad(row: BadListRow) -> dict[str, Any]:
    return {
        "line": row.line,
        "sentences": [row_sentence(fault, detail) for fault, detail in row.complaints],
        "cells": [(column_name(column), text) for column, text in row.cells.items() if text],
    }


@login_required
@require_POST
def confirm(request: TimedRequest, pk: int) -> HttpResponse:
    """Have a list taken in."""
    try:
        actions.confirm_list(get_object_or_404(MemberList, pk=pk), by=signed_in(request), at=request.now)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
    return redirect("member_list", pk)


@login_required
@require_POST
def discard(request: TimedRequest, pk: int) -> HttpResponse:
    """Take a list back."""
    actions.discard_list(get_object_or_404(MemberList, pk=pk), by=signed_in(request), at=request.now)
    messages.success(request, _("Discarded."))
    return redirect("import_members")


@login_required
@require_POST
def carry_on(request: TimedRequest, pk: int) -> HttpResponse:
    """Have a list that stands still worked on again."""
    actions.carry_on(get_object_or_404(MemberList, pk=pk), by=signed_in(request), at=request.now)
    return redirect("member_list", pk)


@login_required
@require_safe
def bad_rows(request: TimedRequest, pk: int) -> StreamingHttpResponse:
    """The rows that cannot be used, with what is wrong, to be mended and handed in again. Who takes them is kept."""
    by = signed_in(request)
    check_can_keep_members(by)
    row = get_object_or_404(MemberList, pk=pk)
    if not row.bad_rows.exists():
        raise PermissionDenied(_("The bad rows of this list are not kept any more."))
    record("member_list.bad_rows_exported", row, by=by, at=request.now)
    response = StreamingHttpResponse(_csv_pages(row.bad_rows.iterator(ROWS_AT_ONCE)), content_type="text/csv")
    response["Content-Disposition"] = f'attachment; filename="members-{pk}-bad-rows.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


def _csv_pages(rows: Iterable[BadListRow]) -> Iterator[str]:
    """The headings as the import understands them, then a thousand rows at a time."""
    page = StringIO()
    page.write(BYTE_ORDER_MARK)
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow([_("Line"), _("What is wrong"), *(column.value for column in Column)])
    for number, row in enumerate(rows, start=1):
        cells = [row.line, row_sentences(row.complaints), *(row.cells.get(column.value, "") for column in Column)]
        writer.writerow([_harmless(cell) for cell in cells])
        if number % ROWS_AT_ONCE == 0:
            yield page.getvalue()
            page.seek(0)
            page.truncate()
    yield page.getvalue()


def _harmless(cell: object) -> object:
    """A cell that no spreadsheet takes for a formula; a telephone number's + may stay."""
    begins_one = isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    return f"'{cell}" if begins_one and not re.fullmatch(r"\+[\d -]+", str(cell)) else cell


@login_required
@require_safe
def template(request: TimedRequest) -> HttpResponse:
    """An empty list with headings that are understood."""
    check_can_keep_members(signed_in(request))
    response = HttpResponse(template_lines(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="members.csv"'
    return response
