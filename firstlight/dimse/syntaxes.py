"""SOP classes and transfer syntaxes (PS3.4, PS3.6 annex A) as an application entity offers them."""

from pydicom.uid import AllTransferSyntaxes
from pynetdicom import AllStoragePresentationContexts

VERIFICATION = "1.2.840.10008.1.1"
PATIENT_ROOT_FIND, PATIENT_ROOT_MOVE, PATIENT_ROOT_GET = (f"1.2.840.10008.5.1.4.1.2.1.{each}" for each in (1, 2, 3))
STUDY_ROOT_FIND, STUDY_ROOT_MOVE, STUDY_ROOT_GET = (f"1.2.840.10008.5.1.4.1.2.2.{each}" for each in (1, 2, 3))
STORAGE_COMMITMENT = "1.2.840.10008.1.20.1"
STORAGE_COMMITMENT_INSTANCE = "1.2.840.10008.1.20.1.1"

IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG = (
    "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2",
)  # fmt: skip
PLAIN = (EXPLICIT_LITTLE, IMPLICIT_LITTLE)
STORAGE_CLASSES = frozenset(str(each.abstract_syntax) for each in AllStoragePresentationContexts)
TRANSFER_SYNTAXES = frozenset(map(str, AllTransferSyntaxes))
