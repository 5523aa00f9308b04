"""De-identified instances as a hospital sends them, made from the identified phantoms by the real thing."""

from firstlight.dicom.deidentify import deidentify_bytes
from firstlight.dicom.keys import SiteKey
from firstlight.dicom.profile import Profile
from firstlight.dicom.receipts import Listed, Receipt, build_receipt
from firstlight.signing import signer_of
from tests.phantoms import as_bytes, identified_ct, identified_radiograph

KEY = SiteKey.from_bytes(b"the key of the hospital of the tests")
PROFILE = Profile.load()


def deidentified(content: bytes) -> bytes:
    """One identified file, de-identified."""
    outcome = deidentify_bytes(content, profile=PROFILE, key=KEY)
    assert outcome.content is not None, outcome.reason
    return outcome.content


def ct(slices: int = 3, **given: object) -> list[bytes]:
    """A CT series, last slice first, as folders often have it."""
    return [deidentified(as_bytes(identified_ct(number, **given))) for number in range(slices, 0, -1)]


def radiograph(**given: object) -> bytes:
    """One radiograph."""
    return deidentified(as_bytes(identified_radiograph(**given)))


def receipt_for(contents: list[bytes], *, key: SiteKey = KEY) -> Receipt:
    """The receipt that a hospital sends before these instances of one study."""
    from hashlib import sha256

    from firstlight.dicom.datasets import read_instance

    datasets = [read_instance(each) for each in contents]
    counts = {(0x00100010, "D", "A name is a pseudonym."): len(contents)}
    return build_receipt(
        study_instance_uid=str(datasets[0].StudyInstanceUID),
        profile=PROFILE,
        signer=signer_of(key),
        instances=[
            Listed(str(each.SOPInstanceUID), sha256(content).hexdigest(), "not looked")
            for each, content in zip(datasets, contents, strict=True)
        ],
        counts=counts,
        refused={},
        texts=len(contents),
    )
