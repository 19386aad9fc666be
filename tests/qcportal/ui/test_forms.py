"""The field template: labels, hints, errors, counters."""

import re

import pytest
from django import forms

from qcportal.ui.forms import ParagraphsField, RadioCards, YesNo


class EntryForm(forms.Form):
    title = forms.CharField(label="课题名称", max_length=35, help_text="证书照此打印。")
    postcode = forms.CharField(label="邮编", max_length=6, required=False)
    story = ParagraphsField(label="成果简介", max_length=20)
    kind = forms.ChoiceField(
        label="课题类型",
        choices=[("problem", "问题解决型"), ("innovation", "创新型")],
        widget=RadioCards(notes={"problem": "改进现状"}),
    )
    name_agrees = forms.ChoiceField(
        label="名称一致", choices=[("yes", "符合"), ("no", "不符")], widget=YesNo
    )
    honest = forms.BooleanField(label="材料真实")


def field(name: str, data: dict[str, str] | None = None) -> str:
    form = EntryForm(data)
    return " ".join(form[name].as_field_group().split())


def test_a_field_has_label_control_counter_and_hint():
    html = field("title")
    assert '<label for="id_title">课题名称</label>' in html
    assert 'class="form-control"' in html
    assert 'aria-describedby="id_title_helptext"' in html
    assert '<p class="field-hint" id="id_title_helptext">证书照此打印。</p>' in html
    assert "已写 0 / 35 字" in html


def test_a_counted_limit_does_not_cut_typing_short():
    assert "maxlength" not in field("title")
    assert 'data-limit="35"' in field("title")


def test_a_short_limit_stays_with_the_browser():
    html = field("postcode")
    assert 'maxlength="6"' in html
    assert "counter" not in html


def test_only_optional_fields_are_marked():
    assert '<span class="optional">选填</span>' in field("postcode")
    assert "选填" not in field("title")


def test_an_error_is_tied_to_its_control():
    html = field("title", {"title": ""})
    control = re.search(r"<input[^>]*>", html)
    assert control
    assert 'aria-invalid="true"' in control[0]
    assert 'aria-describedby="id_title_helptext id_title_error"' in control[0]
    assert re.search(r'<p class="field-error" id="id_title_error">.*</p>', html)


@pytest.mark.parametrize(
    ("typed", "valid"),
    [("一\r\n" * 10, True), ("一\r\n" * 10 + "二二", False), ("一" * 20, True)],
)
def test_line_ends_count_once_on_the_server(typed, valid):
    form = EntryForm({"story": typed})
    assert ("story" not in form.errors) is valid


def test_the_counter_starts_at_what_is_written():
    assert "已写 3 / 20 字" in field("story", {"story": "一\r\n二"})


def test_radio_cards_are_native_radios_with_their_sentence():
    html = field("kind", {"kind": "problem"})
    assert html.startswith('<fieldset class="field" id="field-kind"')
    assert "<legend>课题类型</legend>" in html
    assert "<small>改进现状</small>" in html
    assert re.search(r'<input type="radio"[^>]*value="problem"[^>]*checked>', html)


def test_the_second_answer_of_yes_no_is_the_red_one():
    html = field("name_agrees")
    assert re.search(r'value="no" data-tone="bad"', html)
    assert not re.search(r'value="yes" data-tone', html)


def test_a_single_tick_has_its_label_behind_it():
    html = field("honest")
    assert html.index("<input") < html.index("材料真实")
    assert 'class="form-check-input"' in html


def test_a_form_lists_all_its_errors_with_links():
    html = str(EntryForm({"title": ""}))
    assert "<b>有 5 处要改</b>" in html
    assert '<a href="#id_title">课题名称</a>' in html
