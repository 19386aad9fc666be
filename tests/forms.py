"""A made-up form: a field of every kind, a condition of every sort, a table with long
text, fields that not everybody may read. Nothing of it is any campaign's."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from qcportal.campaigns.definition import FormDefinition, parse

RAW: dict[str, Any] = {
    "title": "{year}年万能申报表",
    "heading": "归口单位",
    "notes": ["注：一式一份。"],
    "sections": [
        {
            "code": "who",
            "title": "单位和班组",
            "fields": [
                {"code": "company", "label": "单位全称", "limit": 40, "means": "unit_name", "on_certificate": True},
                {"code": "team", "label": "班组名称", "limit": 40, "means": "group_name", "on_certificate": True},
                {"code": "deed", "label": "事迹标题", "limit": 50, "means": "title", "on_certificate": True},
                {"code": "body", "label": "归口单位", "kind": "recommender", "means": "recommender"},
                {"code": "sort", "label": "类型", "kind": "choice", "means": "topic_type", "choices": [
                    {"code": "problem", "label": "问题解决型", "hint": "改进现状"},
                    {"code": "innovation", "label": "创新型"}]},
                {"code": "trade", "label": "行业", "kind": "select", "choices": [
                    {"code": "steel", "label": "钢铁"}, {"code": "other", "label": "其他"}]},
                {"code": "trade_name", "label": "其他行业名称", "limit": 20,
                 "when": {"field": "trade", "is": ["other"]}},
                {"code": "methods", "label": "用过的方法", "kind": "checks", "at_least": 2, "at_most": 3, "choices": [
                    {"code": "pareto", "label": "排列图"}, {"code": "fishbone", "label": "因果图"},
                    {"code": "control", "label": "控制图"}, {"code": "own", "label": "自创方法"}]},
                {"code": "own_method", "label": "自创方法说明", "kind": "textarea", "limit": 200,
                 "when": {"field": "methods", "is": ["own"]}},
            ],
        },
        {
            "code": "figures",
            "title": "数字和联系",
            "fields": [
                {"code": "people", "label": "班组人数", "kind": "number", "least": 3, "most": 30},
                {"code": "share", "label": "合格率", "kind": "decimal", "least": "0", "most": "100", "example": "99.5"},
                {"code": "founded", "label": "成立年份", "kind": "year", "least": 1950},
                {"code": "done_on", "label": "完成日期", "kind": "date", "required": False},
                {"code": "cell", "label": "联系手机", "kind": "mobile", "means": "mobile"},
                {"code": "office", "label": "办公电话", "kind": "phone", "required": False},
                {"code": "mail", "label": "电子邮箱", "kind": "email", "required": False, "seen_by": ["association"]},
                {"code": "zip_code", "label": "邮政编码", "kind": "postcode", "means": "postcode"},
                {"code": "secret", "label": "给秘书处的话", "kind": "textarea", "limit": 300,
                 "required": False, "seen_by": ["association"]},
                {"code": "inside", "label": "本级意见参考", "limit": 60, "required": False,
                 "seen_by": ["unit", "recommender"]},
                {"code": "gauge", "label": "指标", "limit": 30, "means": "measure",
                 "seen_by": ["unit", "recommender", "association"]},
                {"code": "blind", "label": "改进要点", "kind": "textarea", "limit": 400,
                 "seen_by": ["unit", "recommender", "association", "judge"]},
            ],
        },
        {
            "code": "tables",
            "title": "名单和经历",
            "fields": [
                {"code": "crew", "label": "成员", "kind": "rows", "means": "members", "at_least": 2, "at_most": 4, "columns": [
                    {"code": "name", "label": "姓名", "limit": 20},
                    {"code": "role", "label": "身份", "kind": "select", "choices": [
                        {"code": "lead", "label": "组长"}, {"code": "other", "label": "其他"}]},
                    {"code": "role_name", "label": "其他身份", "limit": 10, "when": {"field": "role", "is": ["other"]}},
                    {"code": "born", "label": "出生年", "kind": "year", "required": False}]},
                {"code": "story", "label": "创新经历", "kind": "rows", "at_most": 3,
                 "when": {"field": "sort", "is": ["innovation"]}, "columns": [
                    {"code": "year", "label": "年份", "kind": "year"},
                    {"code": "deeds", "label": "做了什么", "kind": "textarea", "limit": 100}]},
            ],
        },
    ],
    "papers": [
        {"code": "report", "label": "事迹材料", "extensions": ["docx", "pdf"], "max_mb": 20},
        {"code": "photos", "label": "照片", "required": False, "extensions": ["jpg", "png"], "max_mb": 10, "many": True},
    ],
    "print": [
        ["company"], ["team"], ["deed"], ["sort"], ["trade", "trade_name"], ["methods"],
        ["own_method"], ["people", "share", "founded", "done_on"], ["cell", "office", "zip_code"],
        ["gauge"], ["blind"], ["crew"], ["story"],
    ],
}  # fmt: skip


def raw() -> dict[str, Any]:
    """A copy to be changed."""
    return deepcopy(RAW)


def form(**changes: Any) -> FormDefinition:
    return parse({**raw(), **changes})


def content(**changes: Any) -> dict[str, Any]:
    """A complete content of it, whatever the group."""
    return {
        "company": "上海申浦轨道车辆维修有限公司", "team": "启明星QC小组", "deed": "三十年不出次品",
        "body": "", "sort": "problem", "trade": "steel", "trade_name": "", "methods": "pareto control",
        "own_method": "", "people": "12", "share": "99.5", "founded": "1998", "done_on": "",
        "cell": "13800006207", "office": "", "mail": "someone@example.cn", "zip_code": "201200",
        "secret": "只给秘书处看的话", "inside": "只给本级看的话", "gauge": "一次合格率", "blind": "换了刀具，重排了工序。",
        "crew": [{"name": "顾晓岚", "role": "lead", "role_name": "", "born": "1986"},
                 {"name": "陈立群", "role": "other", "role_name": "顾问", "born": ""}],
        "story": [], **changes,
    }  # fmt: skip
