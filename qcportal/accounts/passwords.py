"""What a password must be, said in the portal's words."""

from __future__ import annotations

from django.contrib.auth.password_validation import MinimumLengthValidator
from django.core.exceptions import ValidationError

from qcportal.accounts.models import User


class LongEnough(MinimumLengthValidator):
    """Django's rule; its own sentence has no Chinese wording."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < self.min_length:
            raise ValidationError(
                f"密码至少 {self.min_length} 位，现在是 {len(password)} 位。",
                code="password_too_short",
            )

    def get_help_text(self) -> str:
        return f"至少 {self.min_length} 位。"
