"""Rendered pictures: window, viewport and region, presentation states, annotation, moving pictures."""

from io import BytesIO

import numpy as np
import pytest
from django.test import Client
from PIL import Image, ImageCms
from pydicom.sequence import Sequence
from pydicom.uid import ColorSoftcopyPresentationStateStorage

from firstlight.imaging.dicomweb import pictures
from firstlight.imaging.dicomweb.multipart import parts_of
from firstlight.imaging.drawing import FONT
from firstlight.imaging.models import Instance
from firstlight.imaging.rendering import LINEAR_EXACT, SIGMOID, Look, Window, grey, render
from tests.conftest import missing
from tests.imaging.kept import address, image, items, keep, presentation_state
from tests.phantoms import as_bytes

RAMP = np.tile(np.arange(64, dtype="<i2") * 4, (32, 1))  # darker on the left
WINDOW = {"WindowCenter": "128", "WindowWidth": "256"}
PNG = {"Accept": "image/png"}


@pytest.fixture
def ramp(db: None) -> Instance:
    """A picture that is darker on the left, 64 columns and 32 rows."""
    return keep(image(RAMP, **WINDOW))[0]


def pixels(client: Client, found: Instance, query: str = "", more: str = "/rendered") -> np.ndarray:
    answer = client.get(address(found, more) + query, headers=PNG)
    assert answer.status_code == 200, answer.content
    return np.asarray(Image.open(BytesIO(answer.content)))


def test_a_picture_is_as_the_image_wants_it(ramp: Instance, client: Client) -> None:
    shown = pixels(client, ramp)
    assert shown.shape == (32, 64)
    assert np.all(np.diff(shown[0].astype(int)) >= 3)
    assert client.get(address(ramp, "/rendered"))["Content-Type"] == "image/jpeg"
    assert client.get(address(ramp, "/rendered"), headers={"Accept": "image/gif"}).content[:3] == b"GIF"
    assert client.get(address(ramp, "/rendered"), headers={"Accept": "text/html"}).status_code == 406


def test_windows_are_the_standards_three(ramp: Instance, client: Client) -> None:
    linear = pixels(client, ramp, "?window=128,2,linear")[0]
    exact = pixels(client, ramp, "?window=128,2,linear-exact")[0]
    soft = pixels(client, ramp, "?window=128,64,sigmoid")[0].astype(int)
    assert (linear[31], linear[33]) == (0, 255)
    assert (exact[31], exact[32], exact[33]) == (0, 127, 255)
    assert 126 <= soft[32] <= 128
    assert np.all(np.diff(soft) >= 0)
    assert 0 < soft[20] < soft[44] < 255


@pytest.mark.parametrize("function", ["LINEAR", LINEAR_EXACT, SIGMOID])
def test_the_table_is_the_formula(function: str) -> None:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, value by value."""
    values = np.arange(-200, 400, dtype="<i2").reshape(20, 30)
    window = Window(50, 100, function)
    shown = grey(image(values), values, window).astype(float)
    x = values.astype(float)
    expected = {
        "LINEAR": ((x - 49.5) / 99 + 0.5).clip(0, 1) * 255,
        LINEAR_EXACT: ((x - 50) / 100 + 0.5).clip(0, 1) * 255,
        SIGMOID: 255 / (1 + np.exp(-4 * (x - 50) / 100)),
    }[function]
    assert np.abs(shown - expected).max() < 1.01


def test_a_viewport_keeps_the_proportions(ramp: Instance, client: Client) -> None:
    assert pixels(client, ramp, "?viewport=32,32").shape == (16, 32)
    assert pixels(client, ramp, "?viewport=128,128").shape == (64, 128)
    right = pixels(client, ramp, "?viewport=32,32,32,0,32,32")
    assert right.shape == (32, 32)
    assert right.mean() > pixels(client, ramp, "?viewport=32,32,0,0,32,32").mean() + 80
    assert pixels(client, ramp, "?viewport=32,32,60,,,")[0].mean() > 230


def test_a_negative_size_turns_the_picture_over(ramp: Instance, client: Client) -> None:
    plain = pixels(client, ramp, "?viewport=64,32,0,0,64,32")
    assert np.array_equal(pixels(client, ramp, "?viewport=64,32,0,0,-64,32"), plain[:, ::-1])
    assert np.array_equal(pixels(client, ramp, "?viewport=64,32,0,0,64,-32"), plain[::-1])


@pytest.mark.parametrize(
    "query",
    ["window=1,2", "window=1,2,cubic", "window=1,0,linear", "window=1,2,3,4", "window=nan,2,linear", "viewport=1",
     "viewport=0,5", "viewport=9000,9000", "viewport=5,5,100,100,5,5", "viewport=5,5,0,0,0,0", "viewport=5,5,x,,,",
     "quality=0", "quality=101", "quality=good", "annotation=name", "iccprofile=adobergb"],
)  # fmt: skip
def test_what_is_no_picture_is_refused(ramp: Instance, client: Client, query: str) -> None:
    answer = client.get(address(ramp, "/rendered") + f"?{query}")
    assert (answer.status_code, answer["Content-Type"]) == (400, "application/problem+json")


def test_annotation_is_burned_in_only_when_asked_for(db: None, client: Client) -> None:
    [found] = keep(image(np.zeros((256, 256), "<i2"), KVP=120, **WINDOW))
    plain, patient, both = (
        pixels(client, found, each) for each in ("", "?annotation=patient", "?annotation=patient,technique")
    )
    assert plain.max() < 2
    assert patient[:128].max() > 200
    assert patient[128:].max() < 2
    assert both[128:].max() > 200


def shown_by(client: Client, found: Instance, **values: object) -> np.ndarray:
    state = keep(presentation_state(image(RAMP, **WINDOW), Instance.objects.count(), **values))[0]
    by_itself = pixels(client, state)
    asked = f"?presentationSeriesUID={state.series.series_instance_uid}&presentationUID={state.sop_instance_uid}"
    assert np.array_equal(pixels(client, found, asked), by_itself)
    return by_itself


def test_a_presentation_state_windows_inverts_and_turns(ramp: Instance, client: Client) -> None:
    voi = Sequence([items(WindowCenter="128", WindowWidth="2")])
    sharp = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, PresentationLUTShape="IDENTITY")
    assert (sharp[0, 30], sharp[0, 34]) == (0, 255)
    inverse = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, PresentationLUTShape="INVERSE")
    assert (inverse[0, 30], inverse[0, 34]) == (255, 0)
    wide = Sequence([items(WindowCenter="128", WindowWidth="256")])
    quarter = shown_by(client, ramp, SoftcopyVOILUTSequence=wide, ImageRotation=90, ImageHorizontalFlip="N")
    assert quarter.shape == (64, 32)
    assert quarter[-1].mean() > quarter[0].mean() + 200, "clockwise: what was right is below"
    flipped = shown_by(client, ramp, SoftcopyVOILUTSequence=wide, ImageRotation=0, ImageHorizontalFlip="Y")
    assert flipped[0, 0] > flipped[0, -1] + 200
    half = shown_by(client, ramp, SoftcopyVOILUTSequence=wide, ImageRotation=180, ImageHorizontalFlip="N")
    assert half[0, 0] > half[0, -1] + 200


def test_a_presentation_state_shows_an_area_and_hides_the_rest(ramp: Instance, client: Client) -> None:
    voi = Sequence([items(WindowCenter="0", WindowWidth="2")])
    area = items(DisplayedAreaTopLeftHandCorner=[33, 1], DisplayedAreaBottomRightHandCorner=[64, 16],
                 PresentationSizeMode="SCALE TO FIT")  # fmt: skip
    cut = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, DisplayedAreaSelectionSequence=Sequence([area]))
    assert cut.shape == (16, 32)
    edges = {"ShutterLeftVerticalEdge": 11, "ShutterRightVerticalEdge": 20, "ShutterUpperHorizontalEdge": 6,
             "ShutterLowerHorizontalEdge": 10}  # fmt: skip
    box = shown_by(
        client, ramp, SoftcopyVOILUTSequence=voi, ShutterShape="RECTANGULAR", ShutterPresentationValue=0, **edges
    )
    assert np.array_equal(np.argwhere(box > 0)[[0, -1]], [[5, 10], [9, 19]])
    ring = shown_by(
        client, ramp, SoftcopyVOILUTSequence=voi, ShutterShape="CIRCULAR", CenterOfCircularShutter=[16, 32],
        RadiusOfCircularShutter=5, ShutterPresentationValue=0,
    )  # fmt: skip
    assert 60 < (ring > 0).sum() < 110
    assert ring[15, 31] > 0


def test_a_presentation_states_graphics_lie_where_they_belong(ramp: Instance, client: Client) -> None:
    voi = Sequence([items(WindowCenter="10000", WindowWidth="2")])
    line = items(GraphicAnnotationUnits="PIXEL", GraphicType="POLYLINE", GraphicData=[5.0, 10.0, 5.0, 20.0],
                 GraphicFilled="N")  # fmt: skip
    disc = items(GraphicAnnotationUnits="DISPLAY", GraphicType="CIRCLE", GraphicData=[0.75, 0.5, 0.85, 0.5],
                 GraphicFilled="Y")  # fmt: skip
    drawn = Sequence([items(GraphicObjectSequence=Sequence([line, disc]), GraphicLayer="L")])
    shown = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, GraphicAnnotationSequence=drawn)
    assert shown[15, 4] == 255
    assert shown[15, 48] == 255
    assert shown[15, 20] == 0
    turned = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, GraphicAnnotationSequence=drawn, ImageRotation=90)
    assert turned[4, 16] == 255


def test_texts_are_drawn_in_hangul_too(ramp: Instance, client: Client) -> None:
    if not FONT.exists():
        missing("the viewer's font")

    def written(text: str) -> np.ndarray:
        note = items(
            BoundingBoxAnnotationUnits="PIXEL", UnformattedTextValue=text, BoundingBoxTopLeftHandCorner=[2.0, 2.0],
            BoundingBoxBottomRightHandCorner=[60.0, 30.0],
        )  # fmt: skip
        drawn = Sequence([items(TextObjectSequence=Sequence([note]), GraphicLayer="L")])
        voi = Sequence([items(WindowCenter="10000", WindowWidth="2")])
        return shown_by(client, ramp, SoftcopyVOILUTSequence=voi, GraphicAnnotationSequence=drawn,
                        SpecificCharacterSet="ISO_IR 192")  # fmt: skip

    one, other = written("경화"), written("결절")
    assert one.max() > 200
    assert not np.array_equal(one, other)


def test_a_presentation_lut_is_a_table(ramp: Instance, client: Client) -> None:
    voi = Sequence([items(WindowCenter="128", WindowWidth="256")])
    table = items(LUTDescriptor=[256, 0, 8], LUTData=bytes([0] * 128 + [200] * 128))
    table["LUTDescriptor"].VR = "US"
    table["LUTData"].VR = "OW"
    shown = shown_by(client, ramp, SoftcopyVOILUTSequence=voi, PresentationLUTSequence=Sequence([table]))
    assert set(np.unique(shown)) == {0, 200}


def test_a_presentation_state_that_fits_not_is_told(ramp: Instance, client: Client) -> None:
    other = image(RAMP, 7, series=4)
    [strange] = keep(presentation_state(other, 70))
    asked = f"?presentationSeriesUID={strange.series.series_instance_uid}&presentationUID={strange.sop_instance_uid}"
    assert client.get(address(ramp, "/rendered") + asked).status_code == 406
    assert client.get(address(strange, "/rendered")).status_code == 404
    assert client.get(address(ramp, "/rendered?presentationUID=1.2.3")).status_code == 404
    blank = presentation_state(other, 71)
    del blank.ReferencedSeriesSequence
    [blank_] = keep(blank)
    assert client.get(address(blank_, "/rendered")).status_code == 406


def test_colours_keep_or_take_a_profile(db: None, client: Client) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    colour = np.random.default_rng(1).integers(0, 255, (16, 24, 3)).astype("u1")
    [own, none] = keep(image(colour, 1, ICCProfile=profile), image(colour, 2))
    assert np.array_equal(pixels(client, own), colour)
    for found, query, expected in (
        (own, "?iccprofile=yes", True), (none, "?iccprofile=yes", True), (own, "?iccprofile=no", False),
        (own, "", False), (own, "?iccprofile=srgb", True),
    ):  # fmt: skip
        answer = client.get(address(found, "/rendered") + query)
        assert ("icc_profile" in Image.open(BytesIO(answer.content)).info) == expected


def test_a_colour_presentation_state_turns_its_image(db: None, client: Client) -> None:
    colour = np.random.default_rng(1).integers(0, 255, (16, 24, 3)).astype("u1")
    keep(image(colour, 1))
    state = presentation_state(image(colour, 1), ImageRotation=180, ImageHorizontalFlip="N")
    state.SOPClassUID = state.file_meta.MediaStorageSOPClassUID = ColorSoftcopyPresentationStateStorage
    [found] = keep(state)
    assert np.array_equal(pixels(client, found), colour[::-1, ::-1])


def test_many_frames_move_or_come_one_by_one(db: None, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = np.stack([np.full((16, 16), 40 * each, "<i2") for each in range(5)])
    [found] = keep(image(frames, frames=5, FrameTime="40", **WINDOW))
    moving = Image.open(BytesIO(client.get(address(found, "/rendered"), headers={"Accept": "image/gif"}).content))
    assert (moving.n_frames, moving.info["duration"]) == (5, 40)  # type: ignore[attr-defined]
    answer = client.get(address(found, "/frames/2,4/rendered"), headers=PNG)
    greys = [np.asarray(Image.open(BytesIO(each))).mean() for each in parts_of(answer.content, answer["Content-Type"])]
    assert greys[1] > greys[0] + 50
    assert pixels(client, found, more="/frames/5/rendered").mean() > 100
    assert client.get(address(found, "/frames/6/rendered")).status_code == 404
    monkeypatch.setattr(pictures, "MOST_PICTURES", 3)
    assert client.get(address(found, "/rendered"), headers={"Accept": "image/gif"}).status_code == 413


def test_a_study_and_a_series_have_pictures_too(db: None, client: Client) -> None:
    found = keep(*(image(RAMP, number, **WINDOW) for number in (1, 2, 3)))
    above = address(found[0]).rpartition("/instances/")[0]
    for level in (above, above.rpartition("/series/")[0]):
        answer = client.get(f"{level}/rendered")
        sent = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
        assert [each[:2] for each in parts_of(sent, answer["Content-Type"])] == [b"\xff\xd8"] * 3
        assert client.get(f"{level}/thumbnail").content[:2] == b"\xff\xd8"


def test_the_same_picture_has_the_same_name(ramp: Instance, client: Client) -> None:
    names = {
        client.get(address(ramp, "/rendered") + each)["ETag"] for each in ("", "?quality=50", "?annotation=patient")
    }
    assert len(names) == 3
    answer = client.get(address(ramp, "/rendered"))
    again = client.get(address(ramp, "/rendered"), headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_large_pictures_are_not_remembered(ramp: Instance, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    monkeypatch.setattr(pictures, "_make", lambda *_given: made.append(1) or b"x" * (pictures.REMEMBERED_BYTES + 1))
    pictures._made.cache_clear()
    for _time in range(2):
        assert len(client.get(address(ramp, "/rendered?quality=17")).content) > pictures.REMEMBERED_BYTES
    assert len(made) == 2
    monkeypatch.setattr(pictures, "_make", lambda *_given: made.append(1) or b"small")
    for _time in range(2):
        assert client.get(address(ramp, "/rendered?quality=18")).content == b"small"
    assert len(made) == 3
    pictures._made.cache_clear()


def test_twelve_bits_and_monochrome_one_are_shown(db: None) -> None:
    dark = render(
        as_bytes(image(RAMP, PhotometricInterpretation="MONOCHROME1", **WINDOW)), look=Look(media_type="image/png")
    )
    assert np.asarray(Image.open(BytesIO(dark)))[0, 0] > 200
