"""`firstlight peer`: which programs talk DICOM with the depository."""

import json
from enum import StrEnum
from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django

BY = "command:peer"
Title = Annotated[str, typer.Option("--ae-title", help="The peer's application entity title.")]


class Service(StrEnum):
    """What a peer may ask."""

    STORE = "store"
    FIND = "find"
    RETRIEVE = "retrieve"


def add_peer(
    ae_title: Title,
    from_: Annotated[list[str], typer.Option("--from", help="Address or network it calls from; may be repeated.")],
    member: Annotated[str, typer.Option(help="E-mail of the member it stands as: it sees what they see.")],
    may: Annotated[list[Service] | None, typer.Option(help="What it may do; may be repeated.")] = None,
    outbreak: Annotated[str, typer.Option(help="Slug of the outbreak that it stores into.")] = "",
    intake: Annotated[bool, typer.Option("--intake", help="The server's own scan decides, without receipts.")] = False,
    host: Annotated[str, typer.Option(help="Where it is called, to send to it.")] = "",
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="Its port.")] = None,
    tls: Annotated[bool, typer.Option("--tls", help="It is called over TLS.")] = False,
    data: DataFolder = None,
) -> None:
    """Let a program in at the DICOM door, or change what it may do.

    Example: firstlight peer add --ae-title PACS1 --from 10.1.2.3 --member kim@example.org --may store --may find
    """
    start_django(data)
    migrate_database()
    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from firstlight.imaging.peers import save_peer
    from firstlight.outbreaks.models import Outbreak
    from firstlight.people.models import Member

    allowed = set(may or ())
    standing = Member.objects.filter(email__iexact=member, is_active=True).first()
    into = Outbreak.objects.filter(slug=outbreak).first() if outbreak else None
    if standing is None:
        refuse("There is no member with that e-mail address.")
    if outbreak and into is None:
        refuse(f"There is no outbreak {outbreak!r} here.")
    try:
        save_peer(
            ae_title=ae_title, networks=", ".join(from_), member=standing, outbreak=into,
            may_store=Service.STORE in allowed, may_find=Service.FIND in allowed,
            may_retrieve=Service.RETRIEVE in allowed, decides_by_scan=intake, host=host, port=port, uses_tls=tls,
            is_active=True, by=BY, at=timezone.now(),
        )  # fmt: skip
    except ValidationError as error:
        refuse(" ".join(error.messages))
    console.print("It may come in from now on.")


def list_peers(data: DataFolder = None) -> None:
    """Say who may come in, one JSON object a line."""
    start_django(data)
    from firstlight.imaging.models import Peer

    for peer in Peer.objects.select_related("outbreak"):
        allowed = [name for name in ("store", "find", "retrieve") if getattr(peer, f"may_{name}")]
        typer.echo(
            json.dumps(
                {
                    "ae_title": peer.ae_title,
                    "from": peer.networks,
                    "may": allowed,
                    "intake": peer.decides_by_scan,
                    "outbreak": peer.outbreak.slug if peer.outbreak else None,
                    "called_at": f"{peer.host}:{peer.port}" if peer.can_be_called else None,
                    "in_use": peer.is_active,
                }
            )
        )


def remove_peer(ae_title: Title, data: DataFolder = None) -> None:
    """Let a program in no longer; what it sent stays."""
    start_django(data)
    from django.utils import timezone

    from firstlight.imaging.models import Peer
    from firstlight.imaging.peers import set_in_use

    peer = Peer.objects.filter(ae_title=ae_title).first()
    if peer is None:
        refuse("There is no peer of that AE title.")
    set_in_use(peer, is_active=False, by=BY, at=timezone.now())
