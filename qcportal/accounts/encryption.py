"""Personal data at rest: AES-256-GCM under a list of keys, and a blind index.

A token is ``enc1:`` and URL-safe Base64 of key mark (4 bytes), nonce (12) and
ciphertext with its tag. It opens only under the name it was written for
(``bound_to``), so that a value moved to another column is not believed. The first of
``settings.FIELD_KEYS`` encrypts, every one of them opens. The index tells equal values
without opening any; it has a key of its own, so that whoever holds the rows alone
cannot try out all numbers there are.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from functools import lru_cache
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import models

from qcportal.ui.words import MOBILE_WITHIN

PREFIX = "enc1:"
MARK, NONCE = 4, 12
INDEX_LENGTH = 32
# A text in JSON that was encrypted: {"enc": token}. Texts typed on a form are strings,
# so nobody can type one.
SEALED = "enc"
LONGEST_NUMBER, FEWEST_DIGITS = 20, 7
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class CannotOpen(ValueError):  # noqa: N818 - reads as a sentence: raise CannotOpen
    """None of the keys opens the token: a key is missing, or it was tampered with."""


@lru_cache
def _keyring(keys: tuple[str, ...]) -> dict[bytes, AESGCM]:
    """Key mark → cipher, in the order of the setting."""
    raw = [base64.urlsafe_b64decode(key) for key in keys]
    return {hashlib.sha256(key).digest()[:MARK]: AESGCM(key) for key in raw}


def keyring() -> dict[bytes, AESGCM]:
    return _keyring(tuple(settings.FIELD_KEYS))


def encrypt(text: str, bound_to: str) -> str:
    """The token of ``text``; the empty text stays empty."""
    if not text:
        return ""
    mark, cipher = next(iter(keyring().items()))
    nonce = secrets.token_bytes(NONCE)
    sealed = cipher.encrypt(nonce, text.encode(), bound_to.encode())
    return PREFIX + base64.urlsafe_b64encode(mark + nonce + sealed).decode()


def is_token(value: object) -> bool:
    return isinstance(value, str) and value.startswith(PREFIX)


def decrypt(token: str, bound_to: str) -> str:
    """The clear text; what is no token is given back as it is (rows from before).

    Raises CannotOpen.
    """
    if not is_token(token):
        return token
    try:
        raw = base64.urlsafe_b64decode(token.removeprefix(PREFIX))
        nonce, sealed = raw[MARK : MARK + NONCE], raw[MARK + NONCE :]
        cipher = keyring()[raw[:MARK]]
        return cipher.decrypt(nonce, sealed, bound_to.encode()).decode()
    except (ValueError, KeyError, InvalidTag) as error:
        raise CannotOpen(f"{bound_to}: no key in FIELD_KEYS opens this") from error


def under_first_key(token: str) -> bool:
    """Whether the token was written under the key that encrypts now."""
    raw = base64.urlsafe_b64decode(token.removeprefix(PREFIX))
    return raw[:MARK] == next(iter(keyring()))


def blind_index(text: str) -> str:
    """32 hexadecimal characters that are equal for equal texts; empty for empty."""
    if not text:
        return ""
    key = base64.urlsafe_b64decode(settings.FIELD_INDEX_KEY)
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:INDEX_LENGTH]


class EncryptedField(models.TextField):
    """A text that is clear in Python and a token in the database.

    It cannot be searched; put a BlindIndexField beside it for that.
    """

    def __init__(self, *args: Any, bound_to: str, **options: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"bound_to": self.bound_to}

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return text if text is None else encrypt(text, self.bound_to)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        return value if value is None else decrypt(value, self.bound_to)

    def get_lookup(self, lookup_name: str) -> Any:
        if lookup_name != "isnull":
            raise TypeError(f"{self.name} is encrypted; ask its blind index")
        return super().get_lookup(lookup_name)


class BlindIndexField(models.CharField):
    """The blind index of the encrypted field ``of``, written together with it.

    NULL where there is nothing, so that it can be unique. Whoever saves with
    ``update_fields`` names both.
    """

    def __init__(self, *args: Any, of: str, **options: Any) -> None:
        self.of = of
        fixed = {"max_length": INDEX_LENGTH, "null": True, "editable": False}
        super().__init__(*args, **(options | fixed))

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        for fixed in ("max_length", "null", "editable"):
            options.pop(fixed, None)
        return name, path, args, options | {"of": self.of}

    def pre_save(self, instance: models.Model, add: bool) -> str | None:
        value = blind_index(getattr(instance, self.of, "") or "") or None
        setattr(instance, self.attname, value)
        return value


def holds_number(text: str) -> bool:
    """Whether a mobile number stands in the text, or what may be half of one."""
    if MOBILE_WITHIN.search(text):
        return True
    if len(text) > LONGEST_NUMBER or DAY.match(text):
        return False
    return sum(c.isdigit() for c in text) >= FEWEST_DIGITS


def seal_texts(value: Any, bound_to: str) -> Any:
    """The JSON value with every text that holds a number turned into a token."""
    if isinstance(value, str):
        return {SEALED: encrypt(value, bound_to)} if holds_number(value) else value
    if isinstance(value, dict):
        return {key: seal_texts(one, bound_to) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [seal_texts(one, bound_to) for one in value]
    return value


def open_texts(value: Any, bound_to: str) -> Any:
    """The JSON value as it was before ``seal_texts``. Raises CannotOpen."""
    if isinstance(value, dict):
        if value.keys() == {SEALED} and is_token(value[SEALED]):
            return decrypt(value[SEALED], bound_to)
        return {key: open_texts(one, bound_to) for key, one in value.items()}
    if isinstance(value, list):
        return [open_texts(one, bound_to) for one in value]
    return value


class PrivateJSONField(models.JSONField):
    """JSON whose texts with telephone numbers are tokens in the database and clear in
    Python: hashes, rules and papers see what was typed. It goes by what a text looks
    like, not by the form's definition, so a number in the wrong field is kept as well.
    """

    def __init__(self, *args: Any, bound_to: str, **options: Any) -> None:
        self.bound_to = bound_to
        super().__init__(*args, **options)

    def deconstruct(self) -> Any:
        name, path, args, options = super().deconstruct()
        return name, path, args, options | {"bound_to": self.bound_to}

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        return super().get_db_prep_save(seal_texts(value, self.bound_to), connection)

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        found = super().from_db_value(value, expression, connection)
        return open_texts(found, self.bound_to)
