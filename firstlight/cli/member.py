from typing import Annotated

import typer

from firstlight.cli.startup import DataFolder, console, migrate_database, refuse, start_django


def add(
    email: Annotated[str, typer.Option(help="Address they sign in with.")],
    name: Annotated[str, typer.Option(help="Name as others see it.")],
    role: Annotated[
        list[str],
        typer.Option(help="member, editor, reader, coordinator, committee or administrator; may be repeated."),
    ],
    password: Annotated[
        str | None, typer.Option(help="Without one, they set their own by e-mail.", envvar="FIRSTLIGHT_PASSWORD")
    ] = None,
    data: DataFolder = None,
) -> None:
    """Add a member, or grant more roles to one who is there.

    Example: firstlight member add --email kim@example.org --name "Kim Haneul" --role editor
    """
    start_django(data)
    migrate_database()
    from django.core.exceptions import ValidationError
    from django.utils import timezone

    from firstlight.people.actions import add_member
    from firstlight.people.models import Role

    unknown = [each for each in role if each not in Role.values]
    if unknown:
        refuse(f"There is no role {unknown[0]!r}. Roles: {', '.join(Role.values)}.")
    try:
        member = add_member(
            email=email,
            name=name,
            roles=[Role(each) for each in role],
            password=password,
            by="command:member-add",
            at=timezone.now(),
        )
    except ValidationError as error:
        refuse(" ".join(error.messages))
    console.print(
        f"Member {member.pk} has the roles: {', '.join(sorted(member.grants.values_list('role', flat=True)))}."
    )
