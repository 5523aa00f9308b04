"""dicomweb-client reads everything it knows how to ask for, from a served depository; pydicom reads the JSON."""

from io import BytesIO

import numpy as np
import pytest
from dicomweb_client.api import DICOMwebClient
from PIL import Image
from pydicom import Dataset
from pydicom.pixels.utils import pixel_array

from firstlight.imaging.models import Instance
from firstlight.imaging.rules.encodings import (
    EXPLICIT_LITTLE,
    JPEG_2000_LOSSLESS,
    JPEG_LOSSLESS,
    JPEG_LS_LOSSLESS,
    MEDIA_TYPES,
)
from tests.imaging.kept import image, keep

PIXELS = np.random.default_rng(5).integers(-1000, 2000, (40, 48)).astype("<i2")


@pytest.fixture
def kept(transactional_db: None) -> list[Instance]:
    """A published series of three."""
    return keep(*(image(PIXELS + number, number, WindowCenter="40", WindowWidth="400") for number in (1, 2, 3)))


@pytest.fixture
def client(live_server: object, kept: list[Instance]) -> DICOMwebClient:
    """A stranger's client."""
    return DICOMwebClient(f"{live_server.url}/dicom-web")  # type: ignore[attr-defined]


STUDY, SERIES, SOP = "2.25.1", "2.25.1.1", "2.25.1.1.2"


def test_it_searches(client: DICOMwebClient) -> None:
    [study] = client.search_for_studies(
        search_filters={"PatientName": "fl-0001", "StudyDate": "20200101-20201231"}, fuzzymatching=True, limit=5,
        fields=["PatientAge", "StudyDescription"],
    )  # fmt: skip
    assert Dataset.from_json(study).PatientAge == "050Y"
    assert Dataset.from_json(client.search_for_series(STUDY)[0]).NumberOfSeriesRelatedInstances == 3
    assert len(client.search_for_instances(STUDY, SERIES, limit=2, offset=1)) == 2
    assert client.search_for_instances(search_filters={"SOPInstanceUID": SOP})[0]["00080018"]["Value"] == [SOP]


@pytest.mark.parametrize("syntax", [EXPLICIT_LITTLE, JPEG_LS_LOSSLESS, JPEG_2000_LOSSLESS, JPEG_LOSSLESS, "*"])
def test_it_retrieves_an_instance(client: DICOMwebClient, syntax: str) -> None:
    found = client.retrieve_instance(STUDY, SERIES, SOP, media_types=(("application/dicom", syntax),))
    assert found.file_meta.TransferSyntaxUID == (EXPLICIT_LITTLE if syntax == "*" else syntax)
    assert np.array_equal(pixel_array(found), PIXELS + 2)


def test_it_retrieves_a_series_and_a_study(client: DICOMwebClient) -> None:
    assert {str(each.SOPInstanceUID) for each in client.iter_series(STUDY, SERIES)} == {
        f"{SERIES}.{n}" for n in (1, 2, 3)
    }
    assert len(client.retrieve_study(STUDY)) == 3
    every = client.retrieve_study_metadata(STUDY)
    assert [Dataset.from_json(each, lambda _uri: b"").Rows for each in every] == [40] * 3
    [own] = [client.retrieve_instance_metadata(STUDY, SERIES, SOP)]
    assert own in client.retrieve_series_metadata(STUDY, SERIES)


@pytest.mark.parametrize("syntax", [JPEG_LS_LOSSLESS, JPEG_2000_LOSSLESS, JPEG_LOSSLESS])
def test_it_retrieves_frames(client: DICOMwebClient, syntax: str) -> None:
    [plain] = client.retrieve_instance_frames(STUDY, SERIES, SOP, [1])
    assert plain == (PIXELS + 2).tobytes()
    [packed] = client.retrieve_instance_frames(STUDY, SERIES, SOP, [1], media_types=((MEDIA_TYPES[syntax], syntax),))
    whole = client.retrieve_instance(STUDY, SERIES, SOP, media_types=(("application/dicom", syntax),))
    assert packed in whole.PixelData


def test_it_retrieves_bulk_data_and_pictures(client: DICOMwebClient, live_server: object) -> None:
    uri = client.retrieve_instance_metadata(STUDY, SERIES, SOP)["7FE00010"]["BulkDataURI"]
    address = f"{live_server.url}{uri}"  # type: ignore[attr-defined]
    assert client.retrieve_bulkdata(address) == [(PIXELS + 2).tobytes()]
    picture = client.retrieve_instance_rendered(
        STUDY, SERIES, SOP, media_types=("image/png",), params={"viewport": "24,20", "window": "500,1000,sigmoid"}
    )
    assert Image.open(BytesIO(picture)).size == (24, 20)
    framed = client.retrieve_instance_frames_rendered(STUDY, SERIES, SOP, [1], media_types=("image/jpeg",))
    assert Image.open(BytesIO(framed)).size == (48, 40)
