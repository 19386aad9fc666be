"""The first words of the 个人信息处理同意书, and how two versions are read side by side."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

HEADING = re.compile(r"^[一二三四五六七八九十]+、")
FIRST = """\
一、谁处理您的信息
主办本活动的质量协会（秘书处）是您的个人信息的处理者，名称、地址和电话写在本页页脚。您所在的单位和您选的推荐单位，在各自办理的环节里使用这些信息。
二、为什么处理
只为四件事：开通账号、核对身份；办理成果申报、盖章、推荐、评审、公示和发证；办理中联系您；按规定留存办理记录。不用于广告，不卖给别人，也不用来自动给您打分。
三、收集什么
必须有的：姓名、用户名、所在单位和小组。愿意填才填的：手机、邮箱。申报时由小组填写的：联系人和成员的姓名、性别、职务、组内分工。登录和办理时自动记下的：时间、网络地址、办了什么。
平台不收身份证号、银行账号、人脸和指纹。请不要在任何一栏或文件名里写这些内容。
四、谁看得到
手机：您自己的小组和单位、下一个办理的环节（班组对单位，单位对所选的推荐单位）和主办活动的秘书处看得到完整号码；其他人只看到 138****5678 这样的写法。评审专家看不到姓名、单位和手机。
公示和公布的名单只有课题名称、小组名称、企业名称、推荐单位和奖项。
五、怎样保管
手机号在数据库里加密存放，传输全程加密，办理都留操作日志。服务器在中国境内，不向境外提供。
六、保存多久
账号停用后，姓名和办理记录随申报材料保存 5 年，供核对证书和处理异议；手机和邮箱在账号停用后 1 年内删去或改成看不出是谁。法律另有规定的从其规定。
七、您的权利
您可以查看、复制、更正自己的信息，要求删除，也可以撤回同意。在“账号和密码”的“我的个人信息”里办，或者打秘书处电话。撤回以前已经办完的事仍然有效；撤回以后不能再用账号办理，已经公布的获奖名单和证书不受影响。
对处理有意见的，可以先找秘书处，也可以向网信部门投诉。
八、替别人填写的时候
填写小组成员和联系人之前，请先告诉他们填了什么、给谁看，并得到他们同意。不满 14 周岁的人的信息请不要填。
九、文字改了怎么办
内容有变会发布新的版本，写明改了什么，您下次登录时请您再看一遍。不同意新版本的，可以退出，已经办完的不受影响。\
"""


@dataclass(frozen=True)
class Part:
    """A heading (may be empty) and its paragraphs."""

    heading: str
    paragraphs: list[str]


def parts(body: str) -> list[Part]:
    """The body under its headings 一、二、…"""
    found: list[Part] = []
    for line in filter(None, (line.strip() for line in body.splitlines())):
        if HEADING.match(line):
            found.append(Part(line, []))
        elif found:
            found[-1].paragraphs.append(line)
        else:
            found.append(Part("", [line]))
    return found


def differences(old: str, new: str) -> list[tuple[str, str]]:
    """(``gone`` or ``new``, line) for every line that is not in both, in order."""
    lines = [
        [line.strip() for line in text.splitlines() if line.strip()]
        for text in (old, new)
    ]
    kinds = {"- ": "gone", "+ ": "new"}
    return [
        (kinds[line[:2]], line[2:])
        for line in difflib.ndiff(*lines)
        if line[:2] in kinds
    ]
