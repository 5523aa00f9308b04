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
    "scan-differs": _("The server's own second look found more than its receipt says. A person must look at it."),
    "receipt-differs": _("Its receipt lists these bytes under another UID."),
    "key-revoked": _("Its receipt was signed with a key that has been revoked. De-identify it again with a new key."),
    "no-receipt": _("No de-identification receipt covers these bytes. Send the receipt first."),
    "conflict": _("Other bytes are already stored under this SOP Instance UID. Nothing was overwritten."),
    "recovered": _("Its bytes were found in quarantine when the index was made again; why it was held is not known."),
    "study-differs": _("It belongs to another study than the one that its address names."),
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


# Why a receipt is not taken; a fault of its form has one code for each part.
RECEIPTS = {
    "receipt-schema": _("This is not a receipt of the form firstlight-receipt/2. Update Firstlight at your site."),
    "receipt-form": _("The receipt is malformed in its part “%(part)s”. Make it again with Firstlight."),
    "receipt-profile-options": _("The receipt's options contradict each other or are not available here."),
    "receipt-signature": _("The receipt's signature does not verify: it was changed after it was signed."),
    "receipt-key-revoked": _(
        "The receipt is signed with a key that was revoked. De-identify again with a new key, or ask an administrator."
    ),
    "receipt-key-elsewhere": _(
        "The receipt is signed with a key that belongs to another site. Each site signs with its own key."
    ),
    "receipt-conflict": _(
        "Another receipt covers one of its images with other content. What was stored first stays; nothing was changed."
    ),
    "receipt-key-settled": _("This key cannot be revoked: it is revoked already, or it is the server's own."),
    "receipt-server-key": _("A receipt signed by this server cannot be handed in."),
}


def sentence_for_receipt(code: str) -> str:
    """The sentence for a receipt that is not taken."""
    if code in RECEIPTS:
        return str(RECEIPTS[code])
    return str(RECEIPTS["receipt-form"]) % {"part": code.removeprefix("receipt-")}


# What a receipt says of text in pixels.
PIXELS = {
    "clear": _("looked at, none found"),
    "covered": _("found and covered"),
    "confirmed": _("confirmed by a person"),
    "not looked": _("of a kind that carries none"),
}

# What a receipt's letters mean (PS3.15 E.1.1; S is our shift of a date by whole days).
ACTIONS = {
    "X": _("removed"),
    "Z": _("emptied"),
    "D": _("replaced"),
    "C": _("cleaned"),
    "U": _("new UID"),
    "S": _("date shifted"),
}


# What the page says while boxes are drawn; the braces are filled in by its script.
LOOK_WORDS = {
    "box": _("Box {n}: {w} by {h} pixels at {x}, {y}. Arrow keys move it, with Alt they size it, Delete removes it."),
    "count": _("{n} boxes in this frame"),
    "frame": _("Frame {n} of {all}"),
}
