"""Help for each channel, read from the campaign's own way up, places and dates."""

from __future__ import annotations

from collections.abc import Iterator

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign, Category, QuotaRule
from qcportal.campaigns.rules import moment
from qcportal.campaigns.shows import type_labels
from qcportal.campaigns.stages import Stage
from qcportal.ui.caching import public_page

TOPICS = {
    "group": "班组怎么填报",
    "unit": "单位怎么评分盖章",
    "recommender": "推荐单位怎么推荐",
    "judge": "专家怎么评分",
    "public": "怎么查结果和证书",
}
STAGE_OF = {
    "group": Stage.FILING, "unit": Stage.STAMPING, "recommender": Stage.RECOMMENDING,
    "judge": Stage.JUDGING,
}  # fmt: skip


@login_not_required
@public_page
@require_safe
def guide(request: HttpRequest, topic: str = "group") -> HttpResponse:
    """Of the newest campaign, or of the public one named by ``?campaign=``."""
    if topic not in TOPICS:
        raise Http404
    public = Campaign.objects.public().prefetch_related("windows", "categories")
    own = list(public.filter(ended_at__isnull=True).order_by("-year", "-pk")[:20])
    wanted = request.GET.get("campaign", "")
    chosen = next((c for c in own if c.code == wanted), None) or next(iter(own), None)
    facts = {
        "topic": topic, "topics": TOPICS, "about": chosen, "others": own,
        "steps": list(steps(topic, chosen)), "dates": dates(topic, chosen),
        "ways": ways(chosen) if chosen else [],
    }  # fmt: skip
    return render(request, "notices/help.html", facts)


def dates(topic: str, campaign: Campaign | None) -> list[tuple[str, str]]:
    """(for which category, from when until when) of the channel's own stage."""
    stage = STAGE_OF.get(topic)
    if campaign is None or stage is None:
        return []
    names = {c.pk: c.name for c in campaign.categories_in_order}
    own = [w for w in campaign.windows_by_stage.values() if w.stage == stage]
    found = []
    for window in own:
        text = f"{moment(window.opens_at)} 开放，{moment(window.closes_at)} 关闭"
        if window.advised_at:
            text += f"，建议 {moment(window.advised_at)} 前办完"
        found.append((names.get(window.category_id or 0, stage.label), text))
    return found


def ways(campaign: Campaign) -> list[tuple[str, str]]:
    """(category, its way up as one line)."""
    return [(c.name, " → ".join(_way(c))) for c in campaign.categories_in_order]


def _way(plan: Category) -> Iterator[str]:
    yield Role.GROUP.label
    if plan.needs_unit_stamp:
        yield Role.UNIT.label
    if plan.needs_recommender:
        yield Role.RECOMMENDER.label
    yield Role.ASSOCIATION.label
    yield Role.JUDGE.label
    if plan.has_contest:
        yield "发表赛"


def steps(topic: str, campaign: Campaign | None) -> Iterator[str]:
    """The sentences of one channel, in order."""
    plans = campaign.categories_in_order if campaign else []
    match topic:
        case "group":
            yield from _group(plans)
        case "unit":
            yield from _unit(campaign, plans)
        case "recommender":
            yield from _recommender(campaign, plans)
        case "judge":
            yield "用秘书处给的账号从评审专家入口登录，在“我的评审”看到分给您的成果。"
            yield "左边看报告，右边打分；随时会保存，评完一份点“提交，评下一份”。评奖开始以前可以改。"
            yield "与成果有关系的请“申请回避”，写明原因。您看不到其他专家的分数，也看不到小组和单位的名称。"
        case _:
            yield "“优秀成果”里可以按奖项、推荐单位、企业查公示和公布的名单；“往年活动”里有历届的通知和名单。"
            yield "“证书查验”里输入证书编号或查验码，或者用手机扫证书上的二维码。也可以上传手里的 PDF，核对有没有被改过。"
            yield "对公示的成果有异议、发现有人收费或弄虚作假的，请“反映问题”，可以匿名，凭查询码看办理情况。"


def _group(plans: list[Category]) -> Iterator[str]:
    yield "登录班组通道，在“我的成果”点“填报新成果”。填一份大约 30 分钟，可以随时存着，下次接着填。"
    if any(plan.requires_topic for plan in plans):
        yield "先在“登记和活动”里登记课题、请单位确认，并记活动记录；成果要从登记过的课题开始填。"
    yield "按页面上的步骤填基本信息、成员、内容，上传材料，最后核对并提交。企业名称和小组名称会印在证书上，要与公章一字不差。"
    stamps = not plans or any(plan.needs_unit_stamp for plan in plans)
    if stamps:
        yield "核对并提交后，材料锁定，交给单位。关闭时间以前、单位还没有盖章，可以收回再改。"
    else:
        yield "核对并提交后，材料锁定，直接交上去。关闭时间以前、还没有人办理，可以收回再改。"
    if any(plan.allows_direct for plan in plans):
        yield "会员单位确实没有推荐单位的，在“推荐单位”里选直接申报，由秘书处确认。"
    yield "在“办到哪一步了”里能看到现在在谁手里、等了多久，也可以一天提醒一次。"
    again = "；改过以后单位要重新盖章" if stamps else ""
    yield f"被退回时，按原因改好再提交{again}。"


def _unit(campaign: Campaign | None, plans: list[Category]) -> Iterator[str]:
    past = [plan.name for plan in plans if not plan.needs_unit_stamp]
    if plans and len(past) == len(plans):
        yield "本活动不用单位盖章，班组直接提交。"
        return
    if past:
        yield f"{'、'.join(past)}不用单位盖章，其他类别照下面办。"
    yield "登录单位通道，在“成果审核”打开一项成果，左边看材料，右边逐项打分、写推荐意见。"
    yield "点“生成意见表”，打印成果评分与推荐意见表，加盖公章，拍照或扫描后上传。"
    if campaign and campaign.allows_seal_picture:
        yield "本活动接受印章图样：印章管理员可以使用本单位自己的印章图样，纸面会如实注明。"
    yield "看清盖章页，勾选确认，再输一次密码，盖章并提交。"
    yield "材料有问题就退回修改，写明原因。班组改过以后，原来的盖章作废，要重新打印盖章。"


def _recommender(campaign: Campaign | None, plans: list[Category]) -> Iterator[str]:
    past = [plan.name for plan in plans if not plan.needs_recommender]
    if plans and len(past) == len(plans):
        yield "本活动不经推荐单位，成果直接到秘书处。"
        return
    if past:
        yield f"{'、'.join(past)}不经推荐单位，其他类别照下面办。"
    if any(plan.requires_site_visit for plan in plans):
        yield "推荐前到现场看记录、核实过程，把现场核查记在平台上。"
    yield "在“推荐工作台”逐项评审打分、写意见并盖章，排好名次。"
    if campaign:
        yield from _places(campaign)
    yield "点“推荐”就占一个名额，取消推荐就退出来。"
    if campaign is None or campaign.needs_dossier:
        yield "在“总结和统计”上传活动总结、填活动统计表，这是推荐的基础条件。"
    yield "在“汇总表和盖章”生成推荐表，打印盖章后上传，再提交秘书处。名单一改，推荐表要重新生成、重新盖章。"
    yield "不得以任何形式、任何名义收费；查实收费的，停止推荐资格，手里的成果由秘书处逐项另作安排。"


def _places(campaign: Campaign) -> Iterator[str]:
    """``每家单位：问题解决型 1 项、创新型 1 项。`` from the rules of the campaign."""
    labels = type_labels(campaign)
    names = {c.pk: c.name for c in campaign.categories_in_order}
    units = [
        rule for rule in campaign.quota_rules.all()
        if rule.subject != QuotaRule.Subject.RECOMMENDER and rule.hard is not None
        and not rule.recommender_id and not rule.recommender_class
    ]  # fmt: skip
    if units:
        parts = [
            f"{names.get(r.category_id or 0, '')}{labels.get(r.topic_type, r.topic_type)} {r.hard} 项".strip()
            for r in units
        ]  # fmt: skip
        yield f"每家单位的名额：{'、'.join(parts)}。贵单位的总名额在推荐工作台上写着。"
