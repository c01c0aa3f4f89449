"""Versions rise, and history stays, in the database itself."""

from django.db import migrations

from backend.kit.triggers import append_only, touch

TABLES = (
    "account address contact accountcontactrelation lead pipeline stage opportunity product opportunityline "
    "activity accountsales"
).split()


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial"), ("identity", "0002_touch")]
    operations = [*(touch(f"crm_{table}") for table in TABLES), append_only("crm_stagehistory")]
