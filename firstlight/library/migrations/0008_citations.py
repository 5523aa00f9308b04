from django.db import migrations

from firstlight.library.rules import CaseDocument
from firstlight.literature.rules.identifiers import doi


def keep_citations(apps, schema_editor):
    """What each version of a case cited, while it was in force."""
    Citation = apps.get_model("literature", "Citation")
    versions = apps.get_model("library", "CaseVersion").objects.select_related("case").order_by("pk")
    for version in versions.iterator(chunk_size=500):
        references = CaseDocument.from_json(version.document).reference_list
        Citation.objects.bulk_create(
            Citation(
                thing=f"case:{version.case.number}",
                doi=name,
                in_force_from=version.in_force_from,
                in_force_until=version.in_force_until,
            )
            for name in sorted({doi(each.doi) for each in references} - {""})
        )


class Migration(migrations.Migration):
    dependencies = [("library", "0007_collection_versions"), ("literature", "0002_search")]
    operations = [migrations.RunPython(keep_citations, migrations.RunPython.noop)]
