"""Invented specimens for the gallery, one of every state a component can be in."""

import datetime as dt
from types import SimpleNamespace

from django import forms
from django.core.paginator import Paginator

from qcportal.refusals import Refusal
from qcportal.ui.forms import ParagraphsField, PortalForm, RadioCards, YesNo

BADGES = [
    ("draft", "草稿，还没提交"),
    ("mine", "待您处理"),
    ("wait", "待单位盖章"),
    ("back", "退回修改"),
    ("run", "形式审查中"),
    ("ok", "已推荐"),
    ("gold", "一等奖"),
    ("silver", "二等奖"),
    ("bronze", "三等奖"),
    ("bad", "补正逾期"),
    ("end", "未入选"),
    ("todo", "未开始"),
]
RINGS = [
    ["now", "later", "later", "later", "later", "later"],
    ["done", "now", "later", "later", "later", "later"],
    ["back", "later", "later", "later", "later", "later"],
    ["done"] * 6,
    ["gold"] * 6,
]


class SpecimenForm(PortalForm):
    """One field of every look."""

    title = forms.CharField(label="课题名称", max_length=35, help_text="证书照此打印。")
    postcode = forms.RegexField(
        r"^\d{6}$",
        label="邮编",
        required=False,
        error_messages={"invalid": "邮编是 6 位数字，请核对"},
    )
    kind = forms.ChoiceField(
        label="课题类型",
        choices=[("problem", "问题解决型"), ("innovation", "创新型")],
        widget=RadioCards(
            notes={
                "problem": "解决已经发生的问题，改进现状",
                "innovation": "研制新产品、新工具、新方法",
            }
        ),
    )
    recommender = forms.ChoiceField(
        label="推荐单位", choices=[("", "请选择"), ("pd", "浦东新区质量协会")]
    )
    story = ParagraphsField(label="成果简介", max_length=800)
    checked = forms.ChoiceField(
        label="企业名称与公章一致",
        choices=[("yes", "符合"), ("no", "不符")],
        widget=YesNo,
    )
    methods = forms.MultipleChoiceField(
        label="用到的方法",
        required=False,
        choices=[("pareto", "排列图"), ("cause", "因果图")],
        widget=forms.CheckboxSelectMultiple,
    )
    honest = forms.BooleanField(label="我确认名称与公章一致，材料真实")


def offer(name, label, kind="line", found=(), *, needs_comment=False):
    """A move as move_button takes it."""
    return SimpleNamespace(
        name=name,
        label=label,
        kind=kind,
        url=f"#{name}",
        refusals=list(found),
        needs_comment=needs_comment,
    )


def windows(now):
    """One window per level of the deadline ruler."""
    spans = {
        "calm": (-9, 5.27),
        "soon": (-12, 2.27),
        "last": (-14, 0.0122),
        "closed": (-20, -1),
        "before": (3, 17),
    }
    notes = {"soon": "请留出单位盖章的时间"}
    return [
        SimpleNamespace(
            label="在线申报",
            opens_at=now + dt.timedelta(days=opens),
            closes_at=now + dt.timedelta(days=closes),
            now=now,
            note=notes.get(level, ""),
            closed_note="您 21:58 提交的 1 项已收到。",
        )
        for level, (opens, closes) in spans.items()
    ]


def papers():
    """One document per status."""
    statuses = ("waiting", "making", "ready", "failed", "expired")
    return [
        SimpleNamespace(
            key=f"00000000-{status}",
            title="成果申报表.pdf",
            status=status,
            size_text="86 KB",
            pages=2 if status == "ready" else None,
            progress=63 if status == "making" else 0,
            progress_text="正在写第 6 项，共 8 项" if status == "making" else "",
        )
        for status in statuses
    ]


def stations():
    """The chain in two situations."""
    labels = ("班组", "单位", "推荐单位", "秘书处", "专家", "公示")
    notes = ("已提交", "等待盖章", "浦东新区质协", "形式审查", "材料文审", "公布结果")
    states = ("done", "now", "later", "later", "later", "later")
    waiting = [
        SimpleNamespace(label=label, state=state, note=note, more="")
        for label, state, note in zip(labels, states, notes, strict=True)
    ]
    returned = [
        SimpleNamespace(label="班组", state="back", note="退回修改", more="第 1 次")
    ]
    returned += [
        SimpleNamespace(label=label, state="later", note="", more="")
        for label in labels[1:]
    ]
    return waiting, returned


def events(now):
    """Three entries of a log."""
    said = [
        ("王敏打开了材料", "正在核对", "单位质量安全部", "wait", ""),
        ("顾晓岚提交成果", "共 3 件材料", "班组", "", "改好了，请核对"),
        ("开始填写", "", "班组", "start", ""),
    ]
    return [
        SimpleNamespace(
            what=what,
            detail=detail,
            who=who,
            tone=tone,
            comment=comment,
            at=now - dt.timedelta(days=day, hours=2),
        )
        for day, (what, detail, who, tone, comment) in enumerate(said)
    ]


def steps():
    """Milestones of a year and steps of a form."""
    year = [
        ("6月", "活动宣传推广", "done", "各区、行业、集团公司组织交流发表", ""),
        ("6月28日–7月12日", "在线申报 / 推荐", "now", "", "7月12日 22:00 系统关闭"),
        ("7月20日前", "申报材料形式审查", "later", "秘书处逐份核对", ""),
        ("12月", "公布市级结果", "later", "公示后发布，可查证书", ""),
    ]
    form = [
        ("基本信息", "填好了", "done"),
        ("小组成员", "8 人", "done"),
        ("简介和效果", "还差 1 项", "missing"),
        ("上传材料", "2 / 3 件", "now"),
        ("核对并提交", "", "later"),
    ]
    return (
        [
            SimpleNamespace(
                when=when, label=label, state=state, note=note, deadline=end
            )
            for when, label, state, note, end in year
        ],
        [
            SimpleNamespace(label=label, note=note, state=state, url="#")
            for label, note, state in form
        ],
    )


def specimens(now):
    """The gallery's context for the moment ``now``."""
    waiting, returned = stations()
    year, rail = steps()
    no_place = Refusal(
        "no_place_left", "问题解决型只能推荐 1 项，已经推荐了“降低车门故障率”。"
    )
    caution = Refusal("late", "离关闭不到 1 小时，请尽快。", kind="caution")
    return {
        "now": now,
        "badges": BADGES,
        "rings": RINGS,
        "form_class": SpecimenForm,
        "windows": windows(now),
        "papers": papers(),
        "waiting": waiting,
        "returned": returned,
        "events": events(now),
        "milestones": year,
        "rail": rail,
        "no_place": [no_place, caution],
        "offers": [
            offer("file", "提交", "primary"),
            offer("recommend", "推荐", "primary", [no_place]),
            offer("withdraw", "撤回", "line", [caution]),
            offer("send_back", "退回修改", "back", needs_comment=True),
            offer("stamp", "盖章并提交", "seal"),
        ],
        "page": Paginator(range(300), 25).page(3),
        "crumb": [("我的成果", "#"), ("办到哪一步了", "")],
        "weights": [
            ("选题", 15),
            ("原因分析", 30),
            ("对策与实施", 20),
            ("效果", 20),
            ("成果报告", 5),
            ("特点", 10),
        ],
        "hands": [("班组", 93), ("单位", 44), ("推荐单位", 82), ("秘书处", 523)],
        "funnel": [
            ("开始填写", 742, "74 项草稿还没提交"),
            ("班组已提交", 668, "44 项在单位，19 项退回班组修改"),
            ("已推荐", 523, ""),
        ],
        "viewer_tabs": [
            SimpleNamespace(
                id="form",
                label="申报表",
                meta="2页",
                url="",
                images=[],
                note="正在转成可看的页面",
                download_url="#",
                current=True,
            ),
            SimpleNamespace(
                id="report",
                label="成果报告",
                meta="28页",
                url="",
                images=[],
                note="",
                download_url="#",
                current=False,
            ),
        ],
    }
