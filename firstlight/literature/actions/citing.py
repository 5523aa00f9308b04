"""Keep what cites which DOI, from when to when."""

from collections.abc import Iterable
from datetime import datetime

from firstlight.literature.models import Citation
from firstlight.literature.rules.identifiers import doi


def cite(thing: str, dois: Iterable[str], *, at: datetime) -> None:
    """From now on `thing` ("case:12") cites these DOIs and no others."""
    wanted = {name for each in dois if (name := doi(each))}
    now = Citation.objects.filter(thing=thing, in_force_until=None)
    there = dict(now.values_list("doi", "pk"))
    gone = [pk for name, pk in there.items() if name not in wanted]
    now.filter(pk__in=gone, in_force_from__gte=at).delete()
    now.filter(pk__in=gone).update(in_force_until=at)
    Citation.objects.bulk_create(
        [Citation(thing=thing, doi=name, in_force_from=at) for name in sorted(wanted - there.keys())]
    )
