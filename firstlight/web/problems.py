import json

from django.http import HttpResponse


def problem(status: int, title: str, detail: str = "") -> HttpResponse:
    """An RFC 9457 problem document."""
    body = {"type": "about:blank", "title": title, "status": status, **({"detail": detail} if detail else {})}
    return HttpResponse(json.dumps(body), status=status, content_type="application/problem+json")
