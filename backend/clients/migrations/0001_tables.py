"""Builds of clients, and the documents that each brings."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="TrustedDocument",
            fields=[
                ("id", models.CharField(editable=False, max_length=64, primary_key=True, serialize=False)),
                ("text", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="ClientBuild",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("app", models.CharField(max_length=50)),
                ("build", models.CharField(max_length=50)),
                ("added_at", models.DateTimeField()),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                ("documents", models.ManyToManyField(related_name="builds", to="clients.trusteddocument")),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("app", "build"), name="client_build_once")],
            },
        ),
    ]
