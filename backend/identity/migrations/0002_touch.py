"""Versions rise in the database, so that no way of writing can forget them."""

from django.db import migrations

from backend.kit.triggers import TOUCH_FUNCTION, touch


class Migration(migrations.Migration):
    dependencies = [("identity", "0001_initial")]
    operations = [
        migrations.RunSQL(TOUCH_FUNCTION, "DROP FUNCTION fieldbeat_touch(); DROP FUNCTION fieldbeat_append_only()"),
        touch("identity_org"),
        touch("identity_user"),
        touch("identity_device"),
    ]
