"""What an org's files have together is asked before each upload, from the index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Beside the writers of a running server."""

    atomic = False

    dependencies = [("attachments", "0003_capture")]

    operations = [
        AddIndexConcurrently(
            model_name="blob",
            index=models.Index(
                fields=["org"], include=["size"], condition=Q(stored_at__isnull=False), name="blob_bytes_of_org"
            ),
        ),
    ]
