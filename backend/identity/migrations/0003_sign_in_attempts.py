"""Counts of failed attempts to sign in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("identity", "0002_touch")]
    operations = [
        migrations.CreateModel(
            name="SignInAttempts",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("since", models.DateTimeField(db_index=True)),
                ("count", models.IntegerField()),
            ],
        ),
    ]
