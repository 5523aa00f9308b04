from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, migrate_database, refuse, start_django


def create(
    email: Annotated[str, typer.Option(help="The member whose program will use it.")],
    name: Annotated[str, typer.Option(help="What the token is for.")],
    data: DataFolder = None,
) -> None:
    """Make a token for a program and print it, the only time it is shown.

    Example: firstlight token create --email kim@example.org --name gateway
    """
    start_django(data)
    migrate_database()
    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from firstlight.people.actions import create_token
    from firstlight.people.models import Member

    member = Member.objects.filter(email__iexact=email.strip()).first()
    if member is None:
        refuse("No member has this address. Add them with `firstlight member add`.")
    try:
        token = create_token(member=member, name=name, by="command:token-create", at=timezone.now())
    except ValidationError as error:
        refuse(" ".join(error.messages))
    typer.echo(token)
