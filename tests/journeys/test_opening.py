"""From the notice to an open campaign, by a new clerk, without scripts. The steps and
inputs are counted: docs/manual/从通知到开通.md names the numbers."""

from __future__ import annotations

import pytest

from qcportal.campaigns.models import Campaign
from tests import factories
from tests.journeys.plain import Plain

pytestmark = pytest.mark.django_db(transaction=True)
STEPS = (
    "时间和节点", "类别和渠道", "名额", "评审表", "奖项、公示和证书", "通知", "检查并发布",
)  # fmt: skip


# The keystroke-level model (Card, Moran and Newell, 1980): seconds for a key, for
# pointing at something, for taking the mouse, for deciding; and characters read in a
# minute (Brysbaert, 2019: 260 words of Chinese, 1.5 characters each). Nobody was timed:
# it says how much there is to read and to do.
KEY, POINT, HAND, THINK, READ = 0.28, 1.1, 0.4, 1.35, 390
NEW_CLERK_MINUTES = 15


def seen(element):
    """The words before one's eyes: not those of lists that are closed, nor those that
    only a screen reader says."""
    hidden = element.tag in {"option", "template", "script", "dialog"}
    if hidden or "visually-hidden" in element.get("class", "").split():
        return
    folded = element.tag == "details" and element.get("open") is None
    yield element.text or ""
    for child in element:
        if isinstance(child.tag, str) and not (folded and child.tag != "summary"):
            yield from seen(child)
        yield child.tail or ""


class Effort:
    """What one person reads, types and presses on the way; said twice is read once."""

    def __init__(self, notice: str) -> None:
        self.read: set[str] = set()
        self.characters, self.keys, self.acts = len("".join(notice.split())), 0, 0

    def looks(self, page: Plain) -> None:
        for text in seen(page.page.find(".//main")):
            said = "".join(text.split())
            if said and said not in self.read:
                self.read.add(said)
                self.characters += len(said)

    def acts_once(self, typed: str = "") -> None:
        self.acts += 1
        self.keys += len(typed)

    @property
    def minutes(self) -> float:
        doing = self.keys * KEY + self.acts * (POINT + HAND + THINK + KEY)
        return self.characters / READ + doing / 60


def test_a_new_clerk_s_way_is_short_enough(cast, campaign):
    """Every page of the way read to the end once, the notice read first."""
    notice = campaign.notices.get(is_main=True)
    effort = Effort(notice.title + notice.body)
    typed = {"username": cast.association.user.username, "password": factories.PASSWORD}
    clerk = Plain().open("/accounts/sign-in/association/").press("登录", typed)
    effort.acts_once("".join(typed.values()))
    clerk.open("/campaigns/")
    effort.looks(clerk)
    clerk.follow("开始新活动")
    effort.looks(clerk)
    clerk.press("用这个预设开始", {"preset": "shanghai-2020", "year": "2027"})
    effort.acts_once("2027")
    effort.looks(clerk)
    clerk.press("保存", {"document_number": "沪质协〔2027〕17号"})
    effort.acts_once("huzhixie2027 17 hao")
    for _ in STEPS:
        clerk.follow("下一步")
        effort.acts_once()
        effort.looks(clerk)
    for _ in Campaign.objects.get(code="shanghai-2027").please_check:
        clerk.press("核对过了")
        effort.acts_once()
    clerk.press("发布活动").says("已发布")
    effort.acts_once()
    effort.looks(clerk)
    assert effort.characters > 2000, "the pages were read"
    assert effort.minutes < NEW_CLERK_MINUTES, effort.minutes


def test_a_clerk_opens_a_campaign_from_a_preset(cast):
    inputs = 0
    typed = {"username": cast.association.user.username, "password": factories.PASSWORD}
    clerk = Plain().open("/accounts/sign-in/association/").press("登录", typed)
    clerk.open("/campaigns/").follow("开始新活动").says("第 1 步，共 9 步")
    clerk.press("用这个预设开始", {"preset": "shanghai-2020", "year": "2027"})
    inputs += 2
    clerk.says("第 2 步，共 9 步", "发布前检查", "草稿，未发布")
    clerk.press("保存", {"document_number": "沪质协〔2027〕17号"}).says("已保存")
    inputs += 1
    for number, step in enumerate(STEPS, 3):
        clerk.follow("下一步").says(f"第 {number} 步，共 9 步", step)
    made = Campaign.objects.get(code="shanghai-2027")
    for _ in made.please_check:
        clerk.press("核对过了")
        inputs += 1
    clerk.says("都检查过了，可以发布").follow("预览首页").says(made.headline)
    clerk.open("/campaigns/shanghai-2027/settings/opening/").press("发布活动")

    clerk.says("已发布")
    made.refresh_from_db()
    assert made.published_at is not None
    assert made.document_number_key == "沪质协〔2027〕17号"
    assert inputs == 9, "the manual says how many"
