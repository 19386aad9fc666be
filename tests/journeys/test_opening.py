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
