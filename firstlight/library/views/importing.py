"""The pages on which a table of cases is handed in, mapped, looked at and made into drafts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from firstlight.library.actions.importing import Made, hand_in_sheet, import_sheet, map_sheet, sheet_of
from firstlight.library.forms import MappingForm, SheetForm
from firstlight.library.models import CaseSheet
from firstlight.library.policies import check_can_edit_cases
from firstlight.library.queries.sheets import cases_there, rows_of
from firstlight.library.rules.sheets import MOST_ROWS, BadRow, Row, UnreadableSheet
from firstlight.people.doors import signed_in
from firstlight.web.requests import TimedRequest

FAULTS: dict[str, str | Promise] = {
    "missing": gettext_lazy("is empty"),
    "unknown-word": gettext_lazy("is none of the words it may have"),
    "unknown-licence": gettext_lazy("is no licence that we know"),
    "unknown-tag": gettext_lazy("has a tag that this outbreak does not have"),
    "bad-uid": gettext_lazy("has something that is no Study Instance UID"),
    "bad-folder": gettext_lazy("leads out of the folder"),
    "too-long": gettext_lazy("is too long"),
    "bad-orcid": gettext_lazy("has an ORCID iD whose check digit differs"),
    "bad-author": gettext_lazy("has a name that cannot be read: write Family, Given (한글) <ORCID>; …"),
    "same-key": gettext_lazy("is the key of an earlier row too"),
    "no-such-study": gettext_lazy("names a study that the depository does not have for this outbreak"),
    "folder-on-a-page": gettext_lazy("can be used on the command line alone: firstlight case import"),
}
UNREADABLE: dict[str, str | Promise] = {
    "too-large": gettext_lazy("This file is larger than 10 MB."),
    "not-a-table": gettext_lazy("This is no table. Save it as CSV first."),
    "broken-line": gettext_lazy("A line of this table has a quotation mark that never ends."),
    "unknown-letters": gettext_lazy("The letters of this file cannot be read. Save it as CSV in UTF-8."),
    "empty": gettext_lazy("This table has no rows below its headings."),
    "two-columns": gettext_lazy("Two columns have the same heading."),
    "too-many-cells": gettext_lazy("A row has more cells than there are headings."),
    "too-many-rows": gettext_lazy("A table may have 500 rows. Hand it in in parts."),
}


@login_required
def sheets(request: TimedRequest) -> HttpResponse:
    """Hand a table in, or go on with one."""
    member = signed_in(request)
    check_can_edit_cases(member)
    form = SheetForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        outbreak, content = form.cleaned_data["outbreak"], form.cleaned_data["file"].read()
        try:
            kept = hand_in_sheet(content, outbreak=outbreak, by=member, at=request.now)
        except UnreadableSheet as error:
            form.add_error("file", str(UNREADABLE[error.reason]))
        else:
            return redirect("case_sheet", kept.pk)
    found = CaseSheet.objects.select_related("outbreak", "handed_in_by")[:20]
    return render(request, "library/sheets.html", {"form": form, "sheets": found, "most_rows": MOST_ROWS})


@login_required
def sheet(request: TimedRequest, sheet: int) -> HttpResponse:
    """Map a table's columns, see what each row would become, and make drafts of the good ones."""
    member = signed_in(request)
    check_can_edit_cases(member)
    kept = get_object_or_404(CaseSheet.objects.select_related("outbreak"), pk=sheet)
    form = MappingForm(request.POST or None, columns=kept.columns, mapping=kept.mapping)
    if request.method == "POST" and "map" in request.POST and form.is_valid():
        map_sheet(kept, form.chosen(), by=member, at=request.now)
        return redirect("case_sheet", kept.pk)
    good, bad = rows_of(sheet_of(kept), kept.mapping, outbreak=kept.outbreak, has_folder=False)
    made: list[Made] = []
    if request.method == "POST" and "import" in request.POST:
        made = import_sheet(kept, good, by=member, at=request.now)
        messages.success(request, _("Done: every good row has its draft now."))
    context = {
        "sheet": kept,
        "form": MappingForm(columns=kept.columns, mapping=kept.mapping),
        "lines": _report(good, bad, cases_there(good, kept.outbreak), {each.line: each for each in made}),
        "good": len(good),
        "bad": len(bad),
    }
    return render(request, "library/sheet.html", context)


def _report(
    good: list[Row], bad: list[BadRow], there: dict[str, int], made: dict[int, Made]
) -> list[dict[str, object]]:
    """What becomes of each row, in the order of the table."""
    lines: list[dict[str, object]] = [
        {"line": each.line, "faults": [f"{field} {FAULTS[fault]}" for fault, field in each.faults]} for each in bad
    ]
    for row in good:
        done = made.get(row.line)
        refusal = [done.reason] if done and done.status == "refused" else []
        title = row.texts.get("title_en") or row.texts.get("title_ko", "")
        lines.append({"line": row.line, "title": title, "number": there.get(row.key), "faults": refusal})
    return sorted(lines, key=lambda each: int(str(each["line"])))
