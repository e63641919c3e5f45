"""Puts Deskbell's own admin site in the place of Django's."""

from django.contrib.admin.apps import AdminConfig


class DeskbellAdminConfig(AdminConfig):
    default_site = "core.admin_site.DeskbellAdminSite"
