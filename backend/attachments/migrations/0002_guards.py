"""Versions rise in the database itself."""

from django.db import migrations

from backend.kit.triggers import touch


class Migration(migrations.Migration):
    dependencies = [("attachments", "0001_initial"), ("identity", "0002_touch")]
    operations = [touch("attachments_attachment")]
