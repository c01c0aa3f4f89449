"""A notification's version rises in the database, as that of every row a phone holds."""

from django.db import migrations

from backend.kit.triggers import touch


class Migration(migrations.Migration):
    dependencies = [("notifications", "0001_initial"), ("identity", "0002_touch")]
    operations = [touch("notifications_notification")]
