"""A published case to take away."""

from collections.abc import Callable, Iterator, Sequence

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from firstlight.imaging.models import Instance
from firstlight.library.exporting.archive import File, stream_zip
from firstlight.library.exporting.packages import dicom_package, teaching_package
from firstlight.library.exporting.pdf import case_pdf
from firstlight.library.models import CaseVersion
from firstlight.library.queries.cases import version_in_force
from firstlight.library.queries.images import key_instances, open_instances
from firstlight.library.queries.records import record_of
from firstlight.library.rules import CaseDocument
from firstlight.library.rules.record import Record
from firstlight.library.views.case import in_language_asked
from firstlight.library.views.history import taken_back
from firstlight.web.languages import LANGUAGES
from firstlight.web.requests import TimedRequest

Pack = Callable[[Record, CaseDocument, Sequence[Instance]], Iterator[File]]


def _package(request: TimedRequest, number: int, pack: Pack, name: str) -> HttpResponseBase:
    """A package of a case in force, where its licence lets anyone pass it on."""
    version = version_in_force(number, at=request.at)
    if version is None or version_in_force(number, at=request.now) is None:
        return taken_back(request, number)
    record = record_of(version, at=request.at)
    if record.licence is None or not record.licence.is_free_to_share:
        raise PermissionDenied(_("The licence of this case does not let its images be passed on."))
    document = CaseDocument.from_json(version.document)
    instances = open_instances(document, now=request.now)
    if not instances:
        raise Http404
    files = pack(record, document, instances)
    answer = StreamingHttpResponse(stream_zip(files, at=version.in_force_from), content_type="application/zip")
    answer["Content-Disposition"] = f'attachment; filename="case-{number}-v{version.number}-{name}.zip"'
    answer["Link"] = f'<{record.licence.url}>; rel="license"'
    return answer


@require_safe
def dicom(request: TimedRequest, number: int) -> HttpResponseBase:
    """The images as DICOM media with their licence."""
    return _package(request, number, dicom_package, "dicom")


@require_safe
def teaching_file(request: TimedRequest, number: int) -> HttpResponseBase:
    """The case for another teaching library."""
    return _package(request, number, teaching_package, "teaching-file")


@require_safe
@in_language_asked
def pdf(request: TimedRequest, number: int) -> HttpResponse:
    """The case on paper."""
    version = version_in_force(number, at=request.at)
    if version is None:
        return taken_back(request, number)
    return _pdf(request, version)


def _pdf(request: TimedRequest, version: CaseVersion) -> HttpResponse:
    spoken = (get_language() or "en")[:2]
    language = spoken if spoken in LANGUAGES else "en"
    document = CaseDocument.from_json(version.document)
    content = case_pdf(
        version,
        record_of(version, at=request.at),
        key_instances(document, now=request.now),
        language=language,
    )
    answer = HttpResponse(content, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="case-{document.number}-v{version.number}-{language}.pdf"'
    answer["Content-Language"] = language
    return answer
