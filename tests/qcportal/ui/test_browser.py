"""The modules in a real browser: what they do, and that nobody is shut out."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.urls("tests.qcportal.ui.urls"),
]


@pytest.fixture
def gallery(live_server, settings, page):
    settings.DEMO = True
    page.goto(f"{live_server.url}/ui/")
    page.wait_for_selector("html.js")
    return page


@pytest.fixture
def draft(live_server, page):
    page.goto(f"{live_server.url}/drafting/")
    page.wait_for_selector("html.js")
    return page


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("query", ["", "?title="])
def test_nobody_is_shut_out_of_the_gallery(live_server, settings, page, width, query):
    settings.DEMO = True
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/ui/{query}")
    page.wait_for_selector("html.js")
    found = Axe().run(page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_stepper_moves_by_half_a_point_and_adds_up(gallery):
    cause = gallery.locator("#score-cause")
    gallery.get_by_label("原因分析加 0.5 分").click()
    assert cause.input_value() == "0.0"
    gallery.get_by_label("原因分析加 0.5 分").click()
    assert cause.input_value() == "0.5"
    assert gallery.locator("[data-total]").inner_text() == "39.0"
    cause.fill("31")
    assert "is-bad" in cause.locator("xpath=..").get_attribute("class")


def test_the_counter_counts_characters_and_never_cuts(gallery):
    title = gallery.locator("#id_title")
    counter = gallery.locator('[data-counter="id_title"]')
    title.fill("车" * 32)
    assert counter.inner_text() == "已写 32 / 35 字"
    assert "is-near" in counter.get_attribute("class")
    title.fill("𬭎" * 37)
    assert counter.inner_text() == "多了 2 字，请删减"


def test_a_dialog_holds_the_focus_and_gives_it_back(gallery):
    opener = gallery.locator("[data-dialog-open=ask]")
    opener.click()
    dialog = gallery.get_by_role("dialog", name="提交给单位盖章？")
    assert dialog.is_visible()
    for _ in range(5):
        gallery.keyboard.press("Tab")
        assert gallery.evaluate("!!document.activeElement.closest('[role=dialog]')")
    gallery.keyboard.press("Escape")
    assert not gallery.locator("#ask").is_visible()
    assert gallery.evaluate("document.activeElement.dataset.dialogOpen") == "ask"


def test_the_countdown_runs_by_the_servers_clock(gallery):
    seconds = gallery.locator(".deadline-hero [data-part=s]")
    before = seconds.inner_text()
    gallery.wait_for_function(
        "before => document.querySelector('[data-part=s]').textContent !== before",
        arg=before,
    )
    gallery.evaluate(
        """() => {
            const bar = document.querySelector('.deadline-bar.is-calm');
            bar.dataset.closes = new Date(Date.now() + 30 * 60000).toISOString();
        }"""
    )
    gallery.wait_for_selector(".deadline-bar.is-last [data-left]:has-text('00:2')")


def test_typed_words_are_saved_by_themselves(draft):
    draft.locator("[name=words]").fill("降低车门故障率")
    draft.wait_for_selector("[data-save-state][data-state=saved]")
    assert draft.locator("[data-save-text]").inner_text() == "已自动保存 15:26"
    assert draft.locator("[name=version]").input_value() == "2"


def test_a_conflict_is_said_and_the_words_are_kept(draft):
    draft.locator("[name=words]").fill("冲突")
    draft.wait_for_selector("[data-save-state][data-state=conflict]")
    assert (
        draft.locator("[data-save-text]").inner_text() == "别处存过另一版，请刷新后核对"
    )
    draft.reload()
    draft.get_by_role("button", name="用这份").click()
    assert draft.locator("[name=words]").input_value() == "冲突"


def test_words_typed_without_a_network_stay_on_the_device(draft):
    draft.context.set_offline(True)
    draft.locator("[name=words]").fill("断网时写的")
    draft.wait_for_selector("[data-save-state][data-state=offline]")
    assert draft.locator("[data-save-text]").inner_text() == "没网，已存这台电脑"
    draft.context.set_offline(False)
    draft.wait_for_selector("[data-save-state][data-state=saved]")


def test_rows_are_added_removed_and_numbered_for_the_formset(draft):
    names = "[data-row-list] input"
    draft.get_by_role("button", name="添加成员").click()
    assert draft.locator("[name=members-TOTAL_FORMS]").input_value() == "2"
    assert draft.locator(names).nth(1).get_attribute("name") == "members-1-name"
    draft.get_by_role("button", name="删").first.click()
    assert draft.locator(names).nth(0).get_attribute("name") == "members-0-name"
    assert draft.locator("[name=members-TOTAL_FORMS]").input_value() == "1"


def test_a_column_pasted_from_a_spreadsheet_fills_rows_up_to_the_limit(draft):
    draft.locator("[data-row-paste]").fill(
        "顾晓岚\t女\n陈立群\t男\n沈佳怡\t女\n陆志强\t男"
    )
    draft.get_by_role("button", name="放进表里").click()
    values = [one.input_value() for one in draft.locator("[data-row-list] input").all()]
    assert values == ["顾晓岚", "陈立群", "沈佳怡"]
    assert draft.locator("[data-row-says]").inner_text() == "放进 3 行，还有 1 行放不下"


def test_a_wrong_file_is_refused_before_it_travels(draft):
    file = draft.locator("[name=report]")
    file.set_input_files({"name": "照片.exe", "mimeType": "", "buffer": b"MZ"})
    says = draft.locator("[data-file-says]")
    assert says.inner_text() == "“照片.exe”不是能收的格式，请用 docx、pdf"
    file.set_input_files({"name": "报告.pdf", "mimeType": "", "buffer": b"x" * 2097153})
    assert says.inner_text() == "“报告.pdf”有 2.0 MB，超过 1.0 MB。请压缩后再传"


def test_a_file_goes_up_and_the_answer_is_the_next_page(draft):
    draft.locator("[name=report]").set_input_files(
        {"name": "报告.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7"}
    )
    draft.get_by_role("button", name="上传").click()
    draft.wait_for_url("**/drafting/?got=8")


def test_a_form_is_posted_once_and_a_question_is_asked_first(draft):
    draft.get_by_role("button", name="提交给单位").click()
    dialog = draft.get_by_role("dialog", name="提交给单位盖章？")
    dialog.get_by_role("button", name="再看看").click()
    assert draft.url.endswith("/drafting/")
    draft.get_by_role("button", name="提交给单位").click()
    draft.get_by_role("button", name="确认提交").click()
    draft.wait_for_url("**/drafting/?filed=yes")


def test_a_key_works_but_not_while_typing(draft):
    draft.locator("[name=words]").press("j")
    assert draft.url.endswith("/drafting/")
    draft.locator("h1").click()
    draft.keyboard.press("j")
    draft.wait_for_url("**/drafting/?next=1")


def test_polling_replaces_itself_until_settled(draft):
    draft.wait_for_selector("#paper:has-text('已生成')")
    assert draft.locator("#paper").get_attribute("data-poll") is None
