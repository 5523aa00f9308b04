import sys

import typer

from firstlight.cli.startup import DataFolder, start_django


def bounce(data: DataFolder = None) -> None:
    """Read one bounced mail on standard input, as a mail server pipes it to a command.

    Example, in Postfix's aliases: bounces: "|firstlight bounce --data /srv/firstlight"
    """
    start_django(data)
    from django.utils import timezone

    from firstlight.delivery.actions.bounces import take_bounce
    from firstlight.delivery.transports.bounces import LONGEST_BOUNCE

    # A mail server would send the mail back for any other ending: what is not a bounce of ours is done with, too.
    typer.echo(take_bounce(sys.stdin.buffer.read(LONGEST_BOUNCE), at=timezone.now()))
