"""Elects one among several processes of the same kind."""

from django.db.models import Q

from core.lib.clock import database_now
from core.models import Lease


def take_lease(name: str, *, holder: str, seconds: float) -> bool:
    """Take or renew the lease; False while another process holds it, by the database's clock."""
    until = database_now(plus=seconds)
    free = Q(holder=holder) | Q(until__lt=database_now())
    if Lease.objects.filter(free, name=name).update(holder=holder, until=until):
        return True
    if Lease.objects.filter(name=name).exists():
        return False
    Lease.objects.bulk_create([Lease(name=name, holder=holder, until=until)], ignore_conflicts=True)
    return Lease.objects.filter(name=name, holder=holder).exists()


def give_back_lease(name: str, *, holder: str) -> None:
    Lease.objects.filter(name=name, holder=holder).delete()
