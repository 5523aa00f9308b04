import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("imaging", "0001_initial"),
        ("library", "0004_editing"),
    ]

    operations = [
        migrations.AddField(
            model_name="case",
            name="arrangement",
            field=models.JSONField(blank=True, default=dict, help_text="the view that readers begin with"),
        ),
        migrations.CreateModel(
            name="Mark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("frame", models.PositiveIntegerField(default=1)),
                ("kind", models.CharField(max_length=8)),
                ("points", models.JSONField(help_text="(column, row) from the top left corner of the image")),
                ("label_ko", models.CharField(blank=True, max_length=200)),
                ("label_en", models.CharField(blank=True, max_length=200)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="marks", to="library.case"
                    ),
                ),
                (
                    "instance",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="imaging.instance"),
                ),
            ],
            options={
                "ordering": ("number",),
                "constraints": [models.UniqueConstraint(fields=("case", "number"), name="library_mark_number")],
            },
        ),
    ]
