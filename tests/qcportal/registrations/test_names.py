"""Credit codes by GB 32100-2015, and names as people mean them."""

import pytest

from qcportal.accounts.names import (
    check_character,
    clean_code,
    code_fault,
    like_key,
    same_key,
)

GOOD = "91310000MA1FL0000" + check_character("91310000MA1FL0000")


def test_the_check_character_of_the_standards_own_example():
    assert check_character("91350100M000100Y4") == "3"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        (GOOD, ""),
        ("91350100M000100Y43", ""),
        ("91350100M000100Y44", "校验位不对，请对照营业执照核对。"),
        ("91350100M000100Y4", "统一社会信用代码是 18 位，现在是 17 位，请对照营业执照核对。"),
        ("91350100I000100Y43", "代码里不会有“I”（不用字母 I、O、S、V、Z），请对照营业执照核对。"),
    ],
)  # fmt: skip
def test_faults_are_sentences(code, fault):
    assert code_fault(code) == fault


def test_every_single_wrong_character_is_found():
    for place in range(17):
        other = "1" if GOOD[place] != "1" else "2"
        assert code_fault(GOOD[:place] + other + GOOD[place + 1 :])


def test_codes_are_cleaned_of_width_case_and_blanks():
    assert clean_code(" ９１350100 m000100y43 ") == "91350100M000100Y43"


def test_same_name_in_another_width_or_with_other_brackets():
    assert same_key("上海申浦（集团）有限公司") == same_key("上海申浦 (集团)有限公司")
    assert same_key("上海申浦有限公司") != same_key("上海申浦有限责任公司")


def test_like_names_differ_in_the_legal_form_alone():
    assert like_key("上海申浦有限公司") == like_key("上海申浦股份有限公司")
    assert like_key("上海申浦有限公司") != like_key("上海申江有限公司")
    assert like_key("有限公司") == "有限公司"
