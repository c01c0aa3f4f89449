"""What is written for a merged account in the rooms above goes where the account went; a merge's version rises."""

from django.db import migrations

from backend.crm.merged import follow_merges
from backend.kit.triggers import touch

TABLES = ("territories_accountshare", "field_visit", "planning_planstop", "planning_plandrop", "attachments_attachment")


class Migration(migrations.Migration):
    dependencies = [
        ("merging", "0001_initial"),
        ("territories", "0002_coverage"),
        ("field", "0002_guards"),
        ("attachments", "0002_guards"),
        ("planning", "0001_initial"),
    ]
    operations = [touch("merging_accountmerge"), *(follow_merges(table) for table in TABLES)]
