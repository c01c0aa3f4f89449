"""Versions rise, lines stay as they were taken, and orders follow their account where it is merged."""

from django.db import migrations

from backend.crm.merged import follow_merges
from backend.kit.triggers import append_only, touch


class Migration(migrations.Migration):
    dependencies = [
        ("orders", "0001_initial"),
        ("crm", "0004_account_merged_into"),
        ("field", "0002_guards"),
    ]
    operations = [touch("orders_order"), append_only("orders_orderitem"), follow_merges("orders_order")]
