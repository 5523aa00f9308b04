"""Pages of other sites that may read here (CORS, as the Fetch standard has it); which ones, the settings say."""

from collections.abc import Callable

from django.conf import settings

from firstlight.imaging.dicomweb.exchange import Answer

METHODS = "GET, HEAD, OPTIONS, POST"
ASKED_WITH = "Accept, Authorization, Content-Type, If-None-Match, If-Range, Range"
SHOWN = "Accept-Ranges, Content-Location, Content-Range, ETag, Warning"
KEPT_SECONDS = 600
ANYONE = "*"


def crossing(origin: str) -> dict[str, str]:
    """The headers that let a page from there read an answer; cookies never cross, a token has to be sent."""
    origins: list[str] = settings.CORS_ORIGINS
    if not origins:
        return {}
    if ANYONE in origins:
        return {"Access-Control-Allow-Origin": ANYONE, "Access-Control-Expose-Headers": SHOWN}
    if origin not in origins:
        return {"Vary": "Origin"}
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": SHOWN, "Vary": "Origin"}


def is_preflight(method: str, header: Callable[[str], str]) -> bool:
    """Whether a browser asks if it may ask."""
    return method == "OPTIONS" and bool(header("Origin")) and bool(header("Access-Control-Request-Method"))


def preflight(origin: str) -> Answer:
    """What a browser is told before it asks; without leave, nothing."""
    headers = crossing(origin)
    if "Access-Control-Allow-Origin" in headers:
        headers |= {
            "Access-Control-Allow-Methods": METHODS,
            "Access-Control-Allow-Headers": ASKED_WITH,
            "Access-Control-Max-Age": str(KEPT_SECONDS),
        }
    return Answer(status=204, headers=headers)


def crossed(answer: Answer, origin: str) -> Answer:
    """An answer with leave to be read from there, where that is given."""
    headers = crossing(origin)
    if headers:
        own, more = answer.headers.get("Vary", ""), headers.pop("Vary", "")
        answer.headers |= headers
        if more and more not in own:
            answer.headers["Vary"] = f"{own}, {more}" if own else more
    return answer
