"""The trail's codes in words. Pure; a code without a word is shown as it is."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from qcportal.ui.words import local

WHAT = {
    "stamped": "盖章",
    "stamp_looked": "核对盖章页",
    "table_stamped": "推荐表盖章",
    "handed_over": "推荐单位提交秘书处",
    "summary_kept": "上传活动总结",
    "seal_picture_kept": "登记印章图样",
    "seal_picture_ended": "停用印章图样",
    "signed_copy_kept": "上传签好名的文件",
    "seat_granted": "开通人员",
    "seat_ended": "停用人员",
    "member_invited": "邀请人员",
    "invitation_renewed": "再发邀请",
    "invitation_revoked": "撤回邀请",
    "invitation_accepted": "接受邀请",
    "duties_handed_on": "交接工作",
    "approval_set": "设置审核人确认",
    "stand_in_began": "开始代办",
    "stood_in": "代办操作",
    "stand_in_ended": "结束代办",
    "window_moved": "改时间",
    "campaign_cloned": "照去年开新活动",
    "setting_checked": "核对设定",
    "setting_unchecked": "取消核对设定",
    "campaign_begun": "开始新活动",
    "campaign_forwarded": "转发上级通知",
    "higher_changes_seen": "看过上级的改动",
    "campaign_changed": "改活动设置",
    "line_added": "设置里增加一行",
    "line_changed": "改设置里的一行",
    "line_removed": "删设置里的一行",
    "line_moved": "调设置里的顺序",
    "category_added": "增加类别",
    "category_changed": "改类别",
    "category_removed": "删除类别",
    "category_moved": "调类别的顺序",
    "window_planned": "安排时间",
    "window_dropped": "取消单独的时间",
    "extension_given": "单独延期",
    "extension_ended": "撤销单独延期",
    "campaign_published": "发布活动",
    "campaign_ended": "办结活动",
    "campaign_reopened": "重新打开活动",
    "form_begun": "起新版申报表",
    "form_published": "发布申报表",
    "form_dropped": "删掉申报表草稿",
    "form_taken": "换新版申报表",
    "rubric_begun": "起新版评审表",
    "rubric_published": "发布评审表",
    "rubric_dropped": "删掉评审表草稿",
    "notice_begun": "起草通知",
    "notice_changed": "改通知",
    "notice_published": "公开通知",
    "notice_taken_back": "通知改回草稿",
    "notice_withdrawn": "撤回通知",
    "notice_corrected": "起草更正",
    "notice_dropped": "删掉通知草稿",
    "notice_attached": "加通知附件",
    "notice_attachment_changed": "改通知附件",
    "notice_attachment_moved": "调附件的顺序",
    "notice_detached": "拿掉通知附件",
    "filing_waits": "提交，等文件传完",
    "filing_cancelled": "取消等文件的提交",
    "filing_lapsed": "等文件的提交没有办成",
    "campaign_run_granted": "授权办理活动",
    "campaign_run_revoked": "收回办理活动",
    "campaign_judge_granted": "加入评审专家",
    "campaign_judge_revoked": "移出评审专家",
    "judge_assigned": "分配专家",
    "judge_recused": "专家回避",
    "decided": "评定奖项",
    "announced": "发布公示",
    "published": "公布结果",
    "certificate_revoked": "撤销证书",
    "exported": "导出名单",
    "export_downloaded": "下载导出的名单",
    "list_downloaded": "下载公示、公布名单",
    "certificate_downloaded": "下载证书",
    "file_read": "打开材料",
    "file_downloaded": "下载材料",
    "document_read": "打开文件",
    "password_changed": "改密码",
    "consent_published": "发布同意书",
    "consent_given": "同意个人信息处理",
    "consent_withdrawal_asked": "要求撤回同意",
    "registration_approved": "通过账号申请",
    "registration_returned": "退回账号申请",
    "registration_refused": "不通过账号申请",
    "organisation_registered": "登记单位",
    "organisation_renamed": "改单位名称",
    "organisation_edited": "改登记信息",
    "organisation_ended": "停用单位",
    "organisation_resumed": "恢复单位",
    "organisations_merged": "合并单位",
    "merge_undone": "撤销合并",
    "member_class_kept": "记会员类别",
    "affiliation_made": "建立隶属关系",
    "affiliation_ended": "解除隶属关系",
    "quota_added": "增加名额规定",
    "quota_changed": "改名额规定",
    "quota_removed": "删名额规定",
    "places_granted": "单独调整名额",
    "places_ended": "收回单独调整的名额",
    "recommending_granted": "授权推荐",
    "recommending_revoked": "收回推荐授权",
    "year_sent": "报送登记",
    "year_reopened": "申请变更登记",
    "year_confirmed": "单位确认登记",
    "year_returned": "单位退回登记",
    "imported": "批量导入",
    "activity_recorded": "记录活动",
    "activity_corrected": "更正活动记录",
    "topic_ended": "结束课题",
    "site_visited": "现场核查",
    "signed_in": "登录",
    "signed_out": "退出登录",
    "sign_in_refused": "多次输错，暂停登录",
    "password_reset": "重设密码",
    "name_changed": "改姓名",
    "mobile_changed": "换手机号",
    "email_changed": "换邮箱",
    "second_factor_on": "设置两步验证",
    "second_factor_off": "关闭两步验证",
    "recovery_codes_renewed": "换备用码",
    "second_factor_dropped": "清除他人的两步验证",
    "sessions_ended": "退出其他设备",
    "complaint_received": "收到反映",
    "case_opened": "登记案件",
    "case_accepted": "受理案件",
    "case_transferred": "转交案件",
    "case_asked": "请对方说明情况",
    "case_extended": "延长说明期限",
    "case_answered": "作出说明",
    "case_concluded": "案件结论",
    "case_dismissed": "不予受理",
    "case_reopened": "重新办理案件",
    "complainant_seen": "看反映人的联系方式",
    "case_file_read": "打开案件材料",
    "right_lost": "停止推荐资格",
    "right_restored": "恢复推荐资格",
    "pending_decided": "决定手里的成果",
    "conduct_exported": "导出台账",
}
# What the look at the books may find.
BOOKS = {
    "places_overrun": "名额超出",
    "steps_broken": "流转记录接不上",
    "state_differs": "状态和流转记录不一致",
    "revision_altered": "版次内容变了",
    "sheet_altered": "评分或意见变了",
    "stamp_missing": "缺盖章",
    "stamp_differs": "盖章和内容不一致",
    "number_gap": "编号断开或重复",
    "verify_code_wrong": "查验码不对",
    "certificate_missing": "缺证书",
    "not_on_the_list": "不在名单里",
    "grant_differs": "权限和职责不一致",
    "file_missing": "文件不在了",
    "file_altered": "文件内容变了",
}
# What these acted on is named by the line's own organisation; the key says nothing.
OF_AN_ORGANISATION = {
    "seat_granted", "seat_ended", "member_invited", "invitation_renewed",
    "invitation_revoked", "invitation_accepted", "duties_handed_on", "approval_set",
    "stand_in_began", "stand_in_ended", "second_factor_dropped",
}  # fmt: skip
DUTIES = {
    "clerk": "经办人",
    "approver": "审核人",
    "seal_keeper": "印章管理员",
    "manager": "管理员",
    "judge": "评审专家",
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
# What these are about is a row's key: the name stands in the details.
KEYED = {
    "seat_granted", "seat_ended", "organisation_registered", "organisation_renamed",
    "organisation_edited", "organisation_ended", "organisation_resumed",
    "organisations_merged", "merge_undone", "member_class_kept", "affiliation_made",
    "affiliation_ended", "recommending_granted", "recommending_revoked", "imported",
    "list_downloaded", "places_granted", "places_ended", "quota_added",
    "quota_changed", "quota_removed",
}  # fmt: skip
# What these are about is the person who acted.
OF_A_PERSON = {
    "signed_in", "signed_out", "sign_in_refused", "password_changed", "password_reset",
    "name_changed", "mobile_changed", "email_changed", "second_factor_on",
    "second_factor_off", "recovery_codes_renewed", "sessions_ended",
}  # fmt: skip
TIERS = {"unit": "单位", "recommender": "推荐单位"}
# Blocks and kinds of lines of a campaign's settings.
SETTINGS = {
    "naming": "名称和编号",
    "hosts": "主办单位",
    "contact": "联系方式和不收费承诺",
    "conditions": "办理条件",
    "publicity": "公示",
    "certificate": "证书",
    "scoring": "打分和排名",
    "milestones": "主要节点",
    "awards": "奖项",
    "checks": "形式审查核对项",
}
OF_A_STAGE = {
    "window_moved", "window_planned", "window_dropped", "extension_given",
    "extension_ended",
}  # fmt: skip
OF_SETTINGS = {
    "campaign_changed", "line_added", "line_changed", "line_removed", "line_moved",
}  # fmt: skip
OF_A_CATEGORY = {
    "category_added", "category_changed", "category_removed", "category_moved",
}  # fmt: skip


def what(code: str) -> str:
    """``window_moved`` → 改时间."""
    return WHAT.get(code, code)


def about(code: str, key: str) -> str:
    """What was acted on, as a person would call it; ids of people say nothing."""
    if code in OF_A_STAGE:
        return STAGES.get(key, key)
    if code in OF_SETTINGS:
        return SETTINGS.get(key, key)
    if code in OF_A_CATEGORY:
        return ""
    own = OF_AN_ORGANISATION | KEYED | OF_A_PERSON
    if code.startswith(("campaign_", "notice_")) or code in own:
        return ""
    return key


def details(data: dict[str, Any]) -> str:
    """The line's own facts in words; hashes and ids are left out."""
    parts = []
    if data.get("old") and data.get("new"):
        parts.append(f"{_times(data['old'])} 改为 {_times(data['new'])}")
    if data.get("line"):
        parts.append(f"“{data['line']}”")
    if data.get("notice"):
        parts.append(f"《{data['notice']}》")
    if data.get("attachment"):
        parts.append(str(data["attachment"]))
    if isinstance(data.get("fields"), list) and data["fields"]:
        parts.append(f"改了{'、'.join(map(str, data['fields']))}")
    if data.get("tier") in TIERS:
        parts.append(TIERS[data["tier"]])
    if data.get("evidence") in EVIDENCE:
        parts.append(EVIDENCE[data["evidence"]])
    if data.get("duty") in DUTIES:
        parts.append(DUTIES[data["duty"]])
    if isinstance(data.get("wanted"), bool):
        parts.append("要确认" if data["wanted"] else "不要确认")
    if isinstance(data.get("minutes"), int):
        parts.append(f"{data['minutes']} 分钟")
    if data.get("path"):
        parts.append(str(data["path"]))
    if isinstance(data.get("extra"), int):
        parts.append(f"{data['extra']:+d} 个名额")
    if isinstance(data.get("rows"), int):
        parts.append(f"{data['rows']} 项")
    if isinstance(data.get("count"), int):
        parts.append(f"{data['count']} 项")
    if data.get("name"):
        was = f"（原“{data['was']}”）" if data.get("was") else ""
        to = f" → {data['to']}" if data.get("to") else ""
        parts.append(f"{data['name']}{was}{to}")
    if data.get("shown"):
        parts.append(str(data["shown"]))
    if data.get("address"):
        parts.append(f"地址 {data['address']}")
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


def books(by_code: dict[str, int]) -> str:
    """``名额超出 1 处、缺盖章 2 处``."""
    return "、".join(f"{BOOKS.get(code, code)} {n} 处" for code, n in by_code.items())
