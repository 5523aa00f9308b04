"""A page for one person in the hospital: doubtful images, boxes, and their word; on loopback alone."""

import hmac
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from string import Template
from urllib.parse import parse_qs, urlsplit

from firstlight.dicom.decisions import Refused
from firstlight.dicom.identity import identity_of
from firstlight.dicom.kinds import judge
from firstlight.dicom.pixels import PixelReader, Region
from firstlight.dicom.reading import contents, take_apart
from firstlight.dicom.structure import Instance, Unreadable
from firstlight.pixels.confirmations import LONGEST_LABEL, BadLooks, Decided, read_looks, regions_of, write_looks
from firstlight.pixels.frames import Undecodable, can_be_looked_at, layout_of
from firstlight.pixels.look import look_digest
from firstlight.pixels.pictures import frame_as_png

POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
ASSETS = {
    "look.js": "text/javascript; charset=utf-8",
    "look.css": "text/css; charset=utf-8",
    "page.css": "text/css; charset=utf-8",
}
MOST_POSTED = 1 << 20
Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Doubtful:
    """An image somebody has to look at: where it is, which it is, and what looking proposed."""

    path: Path
    digest: str
    rows: int
    columns: int
    frames: int
    proposed: tuple[Region, ...]


def doubtful_if_asked(path: Path, reader: PixelReader) -> Doubtful | None:
    """What of a file a person has to look at; None where de-identification would not ask, or nothing can be shown."""
    try:
        instance = take_apart(contents(path))
        if not judge(instance):
            return None
    except (Unreadable, Refused):
        return None
    verdict = reader(instance, identity_of(instance.elements))
    if verdict.word != "doubtful" or not can_be_looked_at(instance):
        return None
    layout = layout_of(instance)
    return Doubtful(path, look_digest(instance), layout.rows, layout.columns, layout.frames, verdict.regions)


@cache
def words_in(language: str) -> dict[str, str]:
    """The page's sentences."""
    catalogue: dict[str, dict[str, str]] = json.loads(
        files("firstlight.pixels").joinpath("review.json").read_text("utf-8")
    )
    return catalogue.get(language, catalogue["en"])


@dataclass
class Review:
    """The images of one review and the decisions on them, kept in a file as they are made."""

    images: list[Doubtful]
    kept_in: Path
    now: Clock
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    looks: dict[str, Decided] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.looks = read_looks(self.kept_in)

    def decide(self, image: Doubtful, posted: dict[str, str]) -> None:
        """Keep one decision, durably.

        Raises:
            BadLooks: when what was posted is none.
        """
        decision = posted.get("decision", "")
        if decision not in ("confirmed", "refused"):
            raise BadLooks("It is neither confirmed nor refused.")
        try:
            regions = regions_of(json.loads(posted.get("regions", "")))
        except ValueError:
            raise BadLooks("The regions are not a list of boxes.") from None
        who = posted.get("who", "").strip()[:LONGEST_LABEL]
        word: Decided = Decided(
            image.digest, "confirmed" if decision == "confirmed" else "refused", regions, who, self.now()
        )
        self.looks[image.digest] = word
        write_looks(self.kept_in, list(self.looks.values()))

    def next_open(self) -> int | None:
        """The number of the first image without a decision."""
        return next((number for number, each in enumerate(self.images, 1) if each.digest not in self.looks), None)


def review_server(review: Review, *, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1 that answers nobody but who knows the token; start it with `serve_forever`."""

    class Page(_Page):
        pass

    Page.review = review
    return ThreadingHTTPServer(("127.0.0.1", port), Page)


class _Page(BaseHTTPRequestHandler):
    """One request; whatever does not carry the token, or comes by another host name, finds nothing."""

    review: Review
    server_version, sys_version = "Firstlight", ""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name is the library's
        """Say nothing: addresses carry the token."""

    def do_GET(self) -> None:
        """A page, a picture, or one of the three static files."""
        place = self.place()
        match place:
            case ["static", name] if name in ASSETS:
                content = files("firstlight.pixels").joinpath("static", "pixels", name).read_bytes()
                self.answer(content, ASSETS[name])
            case [""]:
                self.answer(self.listing().encode())
            case [number, ""] if self.image(number):
                self.answer(self.looking(int(number)).encode())
            case [number, "frame", frame] if self.image(number) and frame.isdecimal():
                self.picture(int(number), int(frame))
            case _:
                self.refuse(HTTPStatus.NOT_FOUND)

    def do_POST(self) -> None:
        """A decision."""
        place, length = self.place(), int(self.headers.get("Content-Length") or 0)
        image = self.image(place[0]) if place and len(place) == 2 and not place[1] else None
        if image is None or self.headers.get("Origin") not in (None, f"http://{self.headers.get('Host')}"):
            self.refuse(HTTPStatus.NOT_FOUND)
            return
        if not 0 < length <= MOST_POSTED:
            self.refuse(HTTPStatus.BAD_REQUEST)
            return
        posted = parse_qs(self.rfile.read(length).decode("utf-8", "replace"), keep_blank_values=True)
        try:
            self.review.decide(image, {name: values[0] for name, values in posted.items()})
        except BadLooks:
            self.refuse(HTTPStatus.BAD_REQUEST)
            return
        following = self.review.next_open()
        self.send_response(HTTPStatus.SEE_OTHER)
        self.send_header("Location", self.address(f"{following}/" if following else "") + self.query())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def place(self) -> list[str] | None:
        """The parts of the path after the token; None where host or token are not the right ones."""
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        token, _, rest = urlsplit(self.path).path.lstrip("/").partition("/")
        if host not in ("127.0.0.1", "localhost") or not hmac.compare_digest(
            token.encode(), self.review.token.encode()
        ):
            return None
        return rest.split("/")

    def image(self, number: str) -> Doubtful | None:
        return (
            self.review.images[int(number) - 1]
            if number.isascii() and number.isdecimal() and 1 <= int(number) <= len(self.review.images)
            else None
        )

    def language(self) -> str:
        asked = parse_qs(urlsplit(self.path).query).get("lang", [""])[0]
        if asked in ("ko", "en"):
            return asked
        return "ko" if (self.headers.get("Accept-Language") or "").lower().startswith("ko") else "en"

    def query(self) -> str:
        return f"?lang={self.language()}"

    def address(self, rest: str) -> str:
        return f"/{self.review.token}/{rest}"

    def picture(self, number: int, frame: int) -> None:
        try:
            instance: Instance = take_apart(contents(self.review.images[number - 1].path))
            self.answer(frame_as_png(instance, frame), "image/png")
        except (Unreadable, Undecodable):
            self.refuse(HTTPStatus.NOT_FOUND)

    def answer(self, content: bytes, kind: str = "text/html; charset=utf-8", status: int = HTTPStatus.OK) -> None:
        self.send_response(status)
        for name, value in (
            ("Content-Type", kind),
            ("Content-Length", str(len(content))),
            ("Content-Security-Policy", POLICY),
            ("Cache-Control", "no-store"),
            ("Referrer-Policy", "same-origin"),
            ("X-Content-Type-Options", "nosniff"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def refuse(self, status: HTTPStatus) -> None:
        self.answer(status.phrase.encode(), "text/plain; charset=utf-8", status)

    def page(self, title: str, body: str) -> str:
        language = self.language()
        other = "en" if language == "ko" else "ko"
        return filled(
            "review_page.html", title=title, language=language, other_language=other, home=self.address(""),
            other=words_in(language)["other"],
        ).replace("$body", body, 1)  # fmt: skip

    def listing(self) -> str:
        words, review = words_in(self.language()), self.review
        if not review.images:
            return self.page(words["title"], f"<p>{escape(words['none'])}</p>")
        rows = "".join(self.row(number, each) for number, each in enumerate(review.images, 1))
        state = words["lede"] if review.next_open() else words["done"]
        return self.page(words["title"], f"<p>{escape(state)}</p><table><tbody>{rows}</tbody></table>")

    def row(self, number: int, image: Doubtful) -> str:
        words, word = words_in(self.language()), self.review.looks.get(image.digest)
        name = escape(words["image"].format(n=number, all=len(self.review.images)))
        address, open_it = self.address(f"{number}/") + self.query(), escape(words["open"])
        return (
            f'<tr><th scope="row">{name}</th><td>{image.columns} × {image.rows} × {image.frames}</td>'
            f"<td>{escape(words[word.decision if word else 'waiting'])}</td>"
            f'<td><a href="{address}" aria-label="{open_it}: {name}">{open_it}</a></td></tr>'
        )

    def looking(self, number: int) -> str:
        words, image = words_in(self.language()), self.review.images[number - 1]
        before = self.review.looks.get(image.digest)
        said = {name: words[name] for name in ("box", "count", "frame")}
        body = filled(
            "review_look.html",
            **words,
            first_frame=words["frame"].format(n=1, all=image.frames),
            regions=json.dumps([list(each) for each in (before.regions if before else image.proposed)]),
            said=json.dumps(said, ensure_ascii=False),
            source=self.address(f"{number}/frame/"), home=self.address(""), language=self.language(),
            rows=image.rows, columns=image.columns, frames=image.frames, longest=LONGEST_LABEL,
        )  # fmt: skip
        return self.page(words["image"].format(n=number, all=len(self.review.images)), body)


def filled(name: str, **values: object) -> str:
    """One of the page's templates with these values, escaped; a name without a value stays as it is."""
    template = Template(files("firstlight.pixels").joinpath(name).read_text("utf-8"))
    return template.safe_substitute({key: escape(str(value)) for key, value in values.items()})
