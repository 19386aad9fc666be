"""Says at sign-in where an application stands. Lets nobody in."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.contrib.auth.hashers import check_password, make_password
from django.http import HttpRequest

from qcportal.registrations.models import Registration, RegistrationState

SAID = (
    RegistrationState.WAITING,
    RegistrationState.RETURNED,
    RegistrationState.REFUSED,
)


class ApplicantBackend(BaseBackend):
    """Puts ``request.applied`` (the registration) if name and password are those of an
    application that is not through. Costs one hash whether or not there is one."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **more: Any,
    ) -> None:
        if request is None or not username or password is None:
            return
        rows = Registration.objects.with_bodies().filter(
            username__iexact=username, has_account=False
        )
        found = rows.filter(status__in=SAID).order_by("-applied_at").first()
        if found is None or not found.password:
            make_password(password)
        elif check_password(password, found.password):
            request.applied = found
