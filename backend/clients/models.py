"""The programs that call this server, and the GraphQL documents that each of their builds may name instead of sending."""

from django.db import models


class TrustedDocument(models.Model):
    """A document. Its id is the SHA-256 of its text, so that neither can ever be changed alone."""

    id = models.CharField(primary_key=True, max_length=64, editable=False)
    text = models.TextField()


class ClientBuild(models.Model):
    """One build of one app; its documents are good until it is retired."""

    id = models.BigAutoField(primary_key=True)
    app = models.CharField(max_length=50)
    build = models.CharField(max_length=50)
    added_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)
    documents = models.ManyToManyField(TrustedDocument, related_name="builds")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "build"], name="client_build_once")]

    def __str__(self) -> str:
        return f"{self.app} {self.build}"
