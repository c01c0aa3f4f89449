"""Versions rise, and evidence stays, in the database itself."""

from django.db import migrations

from backend.kit.triggers import append_only, touch


class Migration(migrations.Migration):
    dependencies = [("field", "0001_initial"), ("identity", "0002_touch")]
    operations = [
        *(touch(f"field_{table}") for table in ("visit", "workinghours", "absence", "callcycle")),
        append_only("field_checkin"),
        append_only("field_visitreport"),
    ]
