"""The trail's codes in words. Pure; a code without a word is shown as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qcportal.ui.words import local

WHAT = {
    "stamped": "盖章",
    "table_stamped": "推荐表盖章",
    "handed_over": "推荐单位提交秘书处",
    "summary_kept": "上传活动总结",
    "seal_picture_kept": "登记印章图样",
    "seal_picture_ended": "停用印章图样",
    "seat_granted": "开通人员",
    "seat_ended": "停用人员",
    "window_moved": "改时间",
    "campaign_run_granted": "授权办理活动",
    "campaign_run_revoked": "收回办理活动",
    "campaign_judge_granted": "加入评审专家",
    "judge_assigned": "分配专家",
    "judge_recused": "专家回避",
    "decided": "评定奖项",
    "announced": "发布公示",
    "published": "公布结果",
    "certificate_revoked": "撤销证书",
    "exported": "导出名单",
    "export_downloaded": "下载导出的名单",
    "file_read": "打开材料",
    "file_downloaded": "下载材料",
    "document_read": "打开文件",
    "password_changed": "改密码",
    "registration_sent": "报送登记",
    "registration_reopened": "申请变更登记",
    "registration_confirmed": "单位确认登记",
    "registration_returned": "单位退回登记",
    "activity_recorded": "记录活动",
    "activity_corrected": "更正活动记录",
    "topic_ended": "结束课题",
    "site_visited": "现场核查",
}
EVIDENCE = {
    "scan": "纸质盖章扫描件",
    "seal_picture": "印模图像",
    "signature": "数字签名",
    "exception": "秘书处确认",
}
STAGES = {
    "filing": "班组申报",
    "stamping": "单位盖章",
    "recommending": "推荐单位推荐",
    "checking": "形式审查",
    "judging": "材料文审",
}
TIERS = {"unit": "单位", "recommender": "推荐单位"}


def what(code: str) -> str:
    """``window_moved`` → 改时间."""
    return WHAT.get(code, code)


def about(code: str, key: str) -> str:
    """What was acted on, as a person would call it; ids of people say nothing."""
    if code == "window_moved":
        return STAGES.get(key, key)
    if code.startswith("campaign_") or code in {"seat_granted", "seat_ended"}:
        return ""
    return key


def details(data: dict[str, Any]) -> str:
    """The line's own facts in words; hashes and ids are left out."""
    parts = []
    if data.get("old") and data.get("new"):
        parts.append(f"{_times(data['old'])} 改为 {_times(data['new'])}")
    if data.get("tier") in TIERS:
        parts.append(TIERS[data["tier"]])
    if data.get("evidence") in EVIDENCE:
        parts.append(EVIDENCE[data["evidence"]])
    if isinstance(data.get("rows"), int):
        parts.append(f"{data['rows']} 项")
    if isinstance(data.get("count"), int):
        parts.append(f"{data['count']} 项")
    if data.get("reason"):
        parts.append(f"原因：{data['reason']}")
    return "，".join(parts)


def _times(pair: Any) -> str:
    """Two ISO moments as ``6-28 00:00 到 7-12 22:00`` on Shanghai's clock."""
    try:
        moments = [local(datetime.fromisoformat(text)) for text in pair]
    except (TypeError, ValueError):
        return "（没有记下）"
    return " 到 ".join(f"{m.month}-{m.day} {m:%H:%M}" for m in moments)
