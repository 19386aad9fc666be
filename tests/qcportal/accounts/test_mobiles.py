"""Mobile numbers: read as typed, kept encrypted, found by their blind index."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection

from qcportal.accounts import encryption, mobiles
from qcportal.accounts.models import User


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("13800001234", "13800001234"),
        ("138 0000 1234", "13800001234"),
        ("138-0000-1234", "13800001234"),
        ("+86 138 0000 1234", "13800001234"),
        ("0086-13800001234", "13800001234"),
        ("8613800001234", "13800001234"),
        ("１３８００００１２３４", "13800001234"),
        ("", ""),
        ("  ", ""),
    ],
)
def test_a_number_is_read_as_people_type_it(typed, number):
    assert mobiles.clean(typed) == number


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("1380000123", "手机号是 11 位数字，现在是 10 位，请核对。"),
        ("12800001234", "手机号以 13 到 19 开头，请核对。"),
        ("021-0000 0000", "这是固定电话，这里请填 11 位手机号。"),
        ("138O0001234", "手机号只填数字，例如 13800000000。"),
        ("²3800001234", "手机号以 13 到 19 开头，请核对。"),
    ],
)
def test_what_is_no_mobile_is_told(typed, sentence):
    with pytest.raises(ValidationError) as told:
        mobiles.clean(typed)
    assert told.value.messages == [sentence]


def test_a_mobile_is_masked_alone_and_within_a_text():
    assert mobiles.mask("13800001234") == "138****1234"
    assert (
        mobiles.mask_within(
            "请拨 138 0000 1234 或 +8613900005678；代码 9138000012345。"
        )
        == "请拨 138****1234 或 139****5678；代码 9138000012345。"
    )


def raw(user: User, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            f"select {column} from accounts_user where id = %s",  # noqa: S608
            [user.pk],
        )
        return cursor.fetchone()[0]


def test_the_database_holds_no_mobile_and_the_index_finds_it(db):
    user = User.objects.create(username="a", name="甲", mobile="13800001234")

    assert raw(user, "mobile").startswith("enc1:")
    assert "13800001234" not in raw(user, "mobile") + raw(user, "mobile_index")
    user.refresh_from_db()
    assert user.mobile == "13800001234"
    asked = mobiles.index("+86 138-0000-1234")
    assert User.objects.get(mobile_index=asked) == user


def test_one_mobile_is_one_person_and_none_is_many(db):
    User.objects.create(username="a", name="甲", mobile="13800001234")
    User.objects.create(username="b", name="乙")
    User.objects.create(username="c", name="丙")
    with pytest.raises(IntegrityError):
        User.objects.create(username="d", name="丁", mobile="13800001234")


def test_an_encrypted_column_is_not_searched(db):
    with pytest.raises(TypeError, match="blind index"):
        User.objects.filter(mobile="13800001234").exists()


def test_a_token_opens_only_where_it_was_written():
    token = encryption.encrypt("13800001234", "accounts.User.mobile")

    assert encryption.decrypt(token, "accounts.User.mobile") == "13800001234"
    with pytest.raises(encryption.CannotOpen):
        encryption.decrypt(token, "registrations.Registration.mobile")
    with pytest.raises(encryption.CannotOpen):
        encryption.decrypt("enc1:broken", "accounts.User.mobile")


def test_old_keys_open_and_the_first_encrypts(settings):
    old = settings.FIELD_KEYS
    token = encryption.encrypt("13800001234", "x")
    settings.FIELD_KEYS = ["bmV3LW9uZS1mb3ItdGVzdHMtbmV3LW9uZS10ZXN0LTE=", *old]

    assert encryption.decrypt(token, "x") == "13800001234"
    assert not encryption.under_first_key(token)
    renewed = encryption.encrypt("13800001234", "x")
    assert encryption.under_first_key(renewed)
    settings.FIELD_KEYS = old
    with pytest.raises(encryption.CannotOpen):
        encryption.decrypt(renewed, "x")
