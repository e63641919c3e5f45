"""When a business is open."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import Business
from core.lib.tenancy import ScopedQuerySet


class BusinessHours(models.Model):
    """An open span on a weekday, in the business's own zone. No rows at all = always open."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday, validators=[MaxValueValidator(6)])
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 means the end of the day.")

    objects = ScopedQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "business hours"
        ordering = ["weekday", "opens"]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M}–{self.closes:%H:%M}"

    def clean(self) -> None:
        if (
            self.closes
            and self.opens
            and str(self.closes) != "00:00:00"
            and self.closes <= self.opens
        ):
            raise ValidationError("Closing time must be after opening time on the same day.")


class Holiday(models.Model):
    """A day on which the business is closed whatever its weekday."""

    business = models.ForeignKey(Business, on_delete=models.CASCADE, related_name="holidays")
    date = models.DateField()
    name = models.CharField(max_length=80, blank=True)

    objects = ScopedQuerySet.as_manager()

    class Meta:
        ordering = ["date"]
        constraints = [models.UniqueConstraint(fields=["business", "date"], name="holiday_once")]

    def __str__(self) -> str:
        return f"{self.date} {self.name}".strip()
