"""What the wiring itself keeps."""

from django.db import models


class Lease(models.Model):
    """The right of one process to do something alone, for as long as it renews it."""

    name = models.CharField(primary_key=True, max_length=40)
    holder = models.CharField(max_length=16)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
