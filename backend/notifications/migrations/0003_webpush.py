"""An address may be a Web Push subscription, whose text is longer than what FCM gives."""

from django.db import migrations, models

KINDS = [("fid", "Fid"), ("fcm_token", "Fcm Token"), ("webpush", "Webpush")]


class Migration(migrations.Migration):
    dependencies = [("identity", "0003_sign_in_attempts"), ("notifications", "0002_touch")]

    operations = [
        migrations.RemoveConstraint(model_name="pushaddress", name="push_address_kind_known"),
        migrations.AlterField(
            model_name="pushaddress", name="kind", field=models.CharField(choices=KINDS, max_length=10)
        ),
        migrations.AlterField(model_name="pushaddress", name="value", field=models.CharField(max_length=2048)),
        migrations.AddConstraint(
            model_name="pushaddress",
            constraint=models.CheckConstraint(
                condition=models.Q(("kind__in", ["fid", "fcm_token", "webpush"])), name="push_address_kind_known"
            ),
        ),
    ]
