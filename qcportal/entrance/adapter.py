"""What allauth asks of us. Its own pages, letters and registering are closed."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.internal.stagekit import clear_login
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.stages import AuthenticateStage
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from qcportal.accounts.encryption import decrypt, encrypt
from qcportal.accounts.models import User
from qcportal.entrance import door
from qcportal.entrance.addresses import address_of

BOUND_TO = "mfa.Authenticator.data"
ISSUER = "QC成果申报"


class SecondStep(AuthenticateStage):
    """allauth's stage, on our page."""

    urlname = "accounts:second_step"

    def handle(self) -> tuple[HttpResponse | None, bool]:
        asked, onward = super()._should_handle(self.request), True
        return (redirect(self.urlname) if asked else None), onward


class AccountAdapter(DefaultAccountAdapter):
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def get_login_stages(self) -> list[str]:
        return ["qcportal.entrance.adapter.SecondStep"]

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request)

    def add_message(self, *args: Any, **kwargs: Any) -> None:
        """Our pages say what happened."""

    def send_mail(self, *args: Any, **kwargs: Any) -> None:
        """Mails leave through the outbox (qcportal.inbox.mailing)."""

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        clear_login(request)
        return redirect("accounts:sign_in")

    def post_login(
        self, request: HttpRequest, user: User, **facts: Any
    ) -> HttpResponse:
        answer = super().post_login(request, user, **facts)
        door.entered(request, user)
        return answer


class SecondFactorAdapter(DefaultMFAAdapter):
    def encrypt(self, text: str) -> str:
        return encrypt(text, BOUND_TO)

    def decrypt(self, encrypted_text: str) -> str:
        return decrypt(encrypted_text, BOUND_TO)

    def get_totp_label(self, user: User) -> str:
        return user.username

    def get_totp_issuer(self) -> str:
        return ISSUER
