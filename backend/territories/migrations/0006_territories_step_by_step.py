"""The territories that somebody sees are found step by step (see the SQL beside this)."""

from pathlib import Path

from django.db import migrations

COVERAGE = Path(__file__).with_name("0001_coverage.sql").read_text()
BEFORE = COVERAGE[
    COVERAGE.index("CREATE FUNCTION visible_territories") : COVERAGE.index("CREATE FUNCTION visible_roots")
]


class Migration(migrations.Migration):
    dependencies = [("territories", "0005_sees_root")]

    operations = [
        migrations.RunSQL(
            Path(__file__).with_suffix(".sql").read_text(),
            BEFORE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"),
        )
    ]
