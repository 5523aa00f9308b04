from django.db import migrations

# SQLite and PostgreSQL each keep an index of words of their own; what goes into both is folded by search.words.
SQLITE = """
CREATE VIRTUAL TABLE literature_search USING fts5(title, people, body, tokenize = "unicode61 remove_diacritics 0")
"""
POSTGRESQL = """
CREATE TABLE literature_search (rowid bigint PRIMARY KEY, words tsvector NOT NULL);
CREATE INDEX literature_search_words ON literature_search USING gin (words);
"""


def make(apps, schema_editor):
    for sentence in (SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL).split(";"):
        if sentence.strip():
            schema_editor.execute(sentence)


def unmake(apps, schema_editor):
    schema_editor.execute("DROP TABLE literature_search")


class Migration(migrations.Migration):
    dependencies = [("literature", "0001_initial")]
    operations = [migrations.RunPython(make, unmake)]
