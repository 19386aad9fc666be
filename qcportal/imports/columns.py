"""The workbook, declared once: template, reading, fault sentences and the help page
all follow this table. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from qcportal.accounts.industries import INDUSTRIES
from qcportal.accounts.models import RecommenderClass
from qcportal.accounts.roles import Duty, Role

MAX_ROWS = 5_000  # of all four sheets together
FAULTS_TITLE = "要改的地方"  # the column the marked file adds; never read
GUIDE = "填写说明"
TIERS = {"单位": Role.UNIT, "推荐单位": Role.RECOMMENDER}
DUTIES = {
    duty.label: duty
    for duty in (Duty.CLERK, Duty.APPROVER, Duty.SEAL_KEEPER, Duty.MANAGER)
}
CLASSES = {one.label: one for one in RecommenderClass}


@dataclass(frozen=True)
class Column:
    """``kind`` says how a cell is cleaned: ``name`` keeps its characters, ``code``,
    ``mobile``, ``email``, ``username`` and ``choice`` are made half width."""

    title: str
    code: str
    example: str = ""
    note: str = ""
    required: bool = False
    kind: str = "name"
    most: int = 80
    choices: tuple[str, ...] = ()
    width: int = 16


@dataclass(frozen=True)
class Table:
    """One sheet of the workbook."""

    title: str
    code: str
    what: str
    columns: tuple[Column, ...]

    def column(self, code: str) -> Column:
        return next(one for one in self.columns if one.code == code)


UNITS = Table("单位", "units", "登记单位和推荐单位，补登记信息", (
    Column("层级", "tier", "单位", "空着就是单位", kind="choice", choices=tuple(TIERS), width=10),
    Column("全称", "name", "上海申浦阀门制造有限公司", "与公章一致", required=True, width=34),
    Column("统一社会信用代码", "credit_code", "91310000MA1FL00069", "营业执照上的 18 位代码，没有可以不填", kind="code", most=18, width=24),
    Column("推荐单位", "recommender", "浦东新区质量协会", "新单位必填，写全称或信用代码；推荐单位自己导入时不用填", width=26),
    Column("类别", "recommender_class", "", "只有推荐单位要填", kind="choice", choices=tuple(CLASSES), width=18),
    Column("简称", "short_name", "申浦阀门", most=40),
    Column("主管部门", "department", "质量管理部", most=40),
    Column("行业", "industry", "制造业", "从下拉里选", kind="choice", choices=INDUSTRIES, width=22),
    Column("地区", "region", "浦东新区", most=40),
    Column("通信地址", "address", "上海市浦东新区川沙路1180号", most=100, width=34),
    Column("邮编", "postcode", "201200", "6 位数字", kind="postcode", most=6, width=10),
))  # fmt: skip
GROUPS = Table("小组", "groups", "登记单位下面的小组", (
    Column("所在单位", "unit", "上海申浦阀门制造有限公司", "全称或信用代码；单位自己导入时可以空着", width=34),
    Column("小组全称", "name", "启明QC小组", required=True, width=26),
    Column("所在部门", "department", "装配车间", most=40),
))  # fmt: skip
PEOPLE = Table("人员", "people", "要办理的人，每人一行", (
    Column("姓名", "name", "林知远", required=True, most=40, width=14),
    Column("用户名", "username", "lin-zhiyuan", "登录用，4 到 40 个字符；空着由平台编一个", kind="username", most=40, width=20),
    Column("手机", "mobile", "13800006207", "手机和邮箱至少填一项", kind="mobile", most=11, width=16),
    Column("邮箱", "email", "lin@example.com", "手机和邮箱至少填一项", kind="email", most=150, width=26),
))  # fmt: skip
SEATS = Table("职务", "seats", "谁在哪一家办什么，一个人可以有几行", (
    Column("人员", "person", "13800006207", "“人员”里那一行的用户名、手机或邮箱", required=True, kind="person", most=150, width=26),
    Column("单位", "unit", "上海申浦阀门制造有限公司", "单位或推荐单位，全称或信用代码；办自己单位的可以空着", width=34),
    Column("小组", "group", "", "在小组里任职才填，写小组全称", width=26),
    Column("职责", "duty", "经办人", "小组只有经办人和管理员", required=True, kind="choice", choices=tuple(DUTIES), width=14),
))  # fmt: skip
TABLES = (UNITS, GROUPS, PEOPLE, SEATS)
BY_CODE = {one.code: one for one in TABLES}

GUIDES = (
    "四张表按需要填，用不到的留空。不要改表名和第 1 行的列名，列的先后可以换。",
    "从第 2 行起一行一条，不要合并单元格，不要隐藏行；公式请先粘贴成数值。",
    f"四张表合起来最多 {MAX_ROWS} 行，文件不超过 10 MB，存成 .xlsx。",
    "信用代码、手机和邮编的列已经设成文本，请不要改成数字。",
    "已经登记过的不会重复登记：先按信用代码找，再按全称找。",
    "空着的格不改原来的内容。导入不会删除任何内容。",
    "已有账号的人只加职责，姓名、手机和邮箱以他自己的账号为准。",
    "新账号没有密码：本人用手机或邮箱收验证码登录，再自己设密码。",
)


def letters(number: int) -> str:
    """``1`` → A, ``27`` → AA."""
    text = ""
    while number:
        number, left = divmod(number - 1, 26)
        text = chr(65 + left) + text
    return text
