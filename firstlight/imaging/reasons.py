"""Why a file is held, as a sentence for a person; the codes are the contract, the sentences are not."""

from django.utils.translation import gettext_lazy as _

SENTENCES = {
    "not-dicom": _("This is not a DICOM file."),
    "truncated": _("The file ends too early. Send it again from its source."),
    "damaged": _("The file is damaged and cannot be read whole."),
    "no-sop-class": _("The file does not say what kind of object it is."),
    "no-transfer-syntax": _("The file does not say how it is encoded."),
    "unsupported-transfer-syntax": _("This encoding is not supported."),
    "no-sop-instance": _("The file has no valid SOP Instance UID."),
    "no-study": _("The file has no valid Study Instance UID."),
    "no-series": _("The file has no valid Series Instance UID."),
    "no-pixel-data": _("The file has no pixel data."),
    "too-large": _("The file is larger than can be taken on at once."),
    "unreadable-file": _("The file could not be opened."),
    "patient-name": _("Its patient name is not a pseudonym."),
    "patient-id": _("Its patient ID looks like a resident number."),
    "birth-date": _("It still has a date of birth."),
    "person-name": _("It still names a person."),
    "dicomdir": _("This is a directory of a medium, not an image."),
    "not-deidentified": _("The file does not say that its patient's identity was removed. De-identify it first."),
    "no-receipt": _("No de-identification receipt covers these bytes. Send the receipt first."),
    "conflict": _("Other bytes are already stored under this SOP Instance UID. Nothing was overwritten."),
    "series-in-another-study": _("This series is already stored as part of another study."),
    "study-in-another-outbreak": _("This study already belongs to another outbreak."),
    "unknown-sop-class": _("Objects of this kind are not accepted yet."),
    "doubtful-pixels": _("Images of this kind often carry names in their pixels. A person must look at them."),
    "burned-in-annotation": _("The file says that text is burned into its pixels."),
    "not-addressable": _("Its pixels are packed so that single frames cannot be reached. De-identify it again here."),
    "frames-not-byte-aligned": _("Its frames do not begin at whole bytes, so they cannot be shown one by one."),
}


def sentence_for(reason: str) -> str:
    """The sentence for a reason's code; a code without one stands for itself."""
    return str(SENTENCES.get(reason, reason))


# What a receipt's letters mean (PS3.15 E.1.1; S is our shift of a date by whole days).
ACTIONS = {
    "X": _("removed"),
    "Z": _("emptied"),
    "D": _("replaced"),
    "C": _("cleaned"),
    "U": _("new UID"),
    "S": _("date shifted"),
}
