"""What is said of an object: each decision about an element, and why a whole object is kept back. Never a value."""

from typing import NamedTuple

from firstlight.dicom.structure import REASONS

REFUSALS = {
    "unknown-sop-class": "it is a kind of object that this program does not yet judge",
    "doubtful-pixels": "text may be written into its pixels, and a person has to look",
    "burned-in-annotation": "it says itself that text is written into its pixels",
    "visual-features": "nobody has said that no face can be recognized in it, and this program cannot take a face away",
    "document": "it wraps a document of another kind, which this program cannot clean",
    "raw-data": "it is a device's raw data, which only its maker can read",
    "audio": "it is a sound recording, and a voice tells who speaks",
    "video": "it is a video, and this program does not look into videos",
    "link": "it is a link to something outside the folder",
    "not-a-file": "it is neither a file nor a folder",
    "residual": "a word or number of the patient's was still in it when everything was done",
    "conflict": "another file has the same SOP Instance UID and different content",
}
SENTENCES = REASONS | REFUSALS


class Refused(ValueError):
    """An object that is not de-identified but kept back; `reason` is a code of `REFUSALS`."""

    def __init__(self, reason: str) -> None:
        super().__init__(SENTENCES[reason])
        self.reason = reason

    def __reduce__(self) -> tuple[type["Refused"], tuple[str]]:
        return Refused, (self.reason,)


class Decision(NamedTuple):
    """What was done to one element and why; `path` are the sequences around it. Never a value."""

    tag: int
    action: str
    reason: str
    path: tuple[int, ...] = ()
