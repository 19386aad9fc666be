"""Word and Excel, out and in: the form as a file without stamp, a filled file read back
into a draft after the group has seen what was understood and what not."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from qcportal.accounts.access import acting_as
from qcportal.accounts.roles import Role
from qcportal.campaigns.deadlines import judged
from qcportal.campaigns.models import Category, FormVersion
from qcportal.clock import now
from qcportal.documents import excel, serving, uploads, word, word_reading
from qcportal.refusals import Refused, refuse
from submissions import actions, bringing, columns, papers, rules
from submissions.bringing import Brought, Unread
from submissions.editor import body_options, options_of
from submissions.forms import BringForm, VersionForm
from submissions.models import Submission
from submissions.views.editing import own
from submissions.views.files import READERS, seen
from submissions.views.group import chosen_category, open_categories

SALT = "submissions.bringing"
DAY = 24 * 3600
MOST_BYTES = 10 * 1024 * 1024


# --- out ------------------------------------------------------------------------------


@acting_as(*READERS)
@require_safe
def form_word(request: HttpRequest, code: str) -> HttpResponse:
    """The filled form as Word without stamp: the group's draft, or what was filed."""
    submission = seen(request, code)
    facts = papers.word_form(submission, request.actor.role)
    name = f"{submission.unit_name or submission.code}_{submission.title}_申报表.docx"
    return serving.attachment(word.form(facts), name)


@acting_as(Role.GROUP)
@require_safe
def blank_word(request: HttpRequest, code: str) -> HttpResponse:
    """The empty form of this draft's own version, to fill in where there is no network."""
    form = own(request, code).form
    return serving.attachment(word.form(papers.blank_form(form)), f"{_title(form)}（空白）.docx")  # fmt: skip


@acting_as(Role.GROUP)
@require_safe
def blank_excel(request: HttpRequest, code: str) -> HttpResponse:
    """A sheet with one line per result, its heads as the form names them."""
    return _sheet(own(request, code).form)


@acting_as(Role.GROUP)
@require_safe
def blank_excel_new(request: HttpRequest) -> HttpResponse:
    """The same for a category in which nothing was begun yet."""
    category = _category(request)
    if category is None or category.newest_form is None:
        return redirect("submissions:new")
    return _sheet(category.newest_form)


def _title(form: FormVersion) -> str:
    return form.form.title.replace("{year}", str(form.category.campaign.year))


def _sheet(form: FormVersion) -> HttpResponse:
    heads = columns.columns_of(form.form, "group")
    sheet = excel.Sheet(title=_title(form)[:31], columns=heads, rows=[], landscape=True)
    return serving.attachment(excel.workbook(sheet), f"{_title(form)}（一行一项）.xlsx")


# --- in: one draft --------------------------------------------------------------------


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def bring(request: HttpRequest, code: str) -> HttpResponse:
    """Choose a file; look at what was understood; take what is ticked."""
    submission = own(request, code)
    if request.method != "POST":
        return _ask(request, submission, BringForm())
    form = BringForm(request.POST, request.FILES)
    if "sealed" in request.POST:
        return _take(request, submission)
    try:
        (found,) = _read(form, submission.form, options_of(submission), most=1)
    except Refused as refused:
        _say(form, refused)
        return _ask(request, submission, form, 422)
    return _show(request, submission, found)


def _ask(
    request: HttpRequest, submission: Submission, form: BringForm, status: int = 200
) -> HttpResponse:
    closed = list(rules.why_not_write(submission, request.actor, now()))
    context = {"submission": submission, "form": form, "closed": closed}
    return render(request, "submissions/bring.html", context, status=status)


def _show(
    request: HttpRequest, submission: Submission, found: Brought, status: int = 200,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    lines = found.against(submission.form.form, submission.content)
    context = {
        "submission": submission, "unread": found.unread, "sealed": _seal([found]),
        "lines": [one for one in lines if not one.same],
        "same": [one for one in lines if one.same], **more,
    }  # fmt: skip
    return render(request, "submissions/bring_read.html", context, status=status)


def _take(request: HttpRequest, submission: Submission) -> HttpResponse:
    (found,) = _unseal(request) or [None]
    if found is None:
        messages.info(request, "这一页放得太久了，请再选一次文件。")
        return redirect("submissions:bring", submission.code)
    codes = request.POST.getlist("field")
    content = bringing.changed(submission.content, found, codes)
    try:
        actions.save_draft(
            submission.pk, content, version=VersionForm.read(request.POST),
            by=request.actor, at=judged(request, submission.campaign),
        )  # fmt: skip
    except Refused as refused:
        fresh = own(request, submission.code)
        return _show(request, fresh, found, 409, refused=refused.refusals)
    names = list(bringing.labels(submission.form.form, codes))
    said = f"已带入 {len(names)} 项，请核对。" if names else "没有选，什么都没有带入。"
    messages.success(request, said)
    return redirect("submissions:edit", submission.code)


# --- in: several results of one sheet -------------------------------------------------


@acting_as(Role.GROUP)
@require_http_methods(["GET", "HEAD", "POST"])
def bring_new(request: HttpRequest) -> HttpResponse:
    """An Excel of several results: every ticked line begins a draft of its own."""
    category = _category(request)
    if category is None or category.newest_form is None:
        return redirect("submissions:new")
    posted = request.method == "POST"
    form = BringForm(request.POST, request.FILES) if posted else BringForm()
    context: dict[str, Any] = {"category": category, "form": form}
    if posted and "sealed" in request.POST:
        return _begin_all(request, category)
    if posted:
        try:
            options = body_options(category, request.actor.organisation.parent)
            found = _read(form, category.newest_form, options)
            return _show_many(request, category, found)
        except Refused as refused:
            _say(form, refused)
    status = 422 if posted else 200
    return render(request, "submissions/bring_new.html", context, status=status)


def _show_many(
    request: HttpRequest, category: Category, found: list[Brought], status: int = 200,
    **more: Any,
) -> HttpResponse:  # fmt: skip
    form = category.newest_form.form
    lines = [
        {"number": n, "title": form.value(one.content, "title") or "没有写题目",
         "count": len(one.against(form, {})), "unread": one.unread}
        for n, one in enumerate(found, 1)
    ]  # fmt: skip
    context = {"category": category, "lines": lines, "sealed": _seal(found), **more}
    return render(request, "submissions/bring_many.html", context, status=status)


def _begin_all(request: HttpRequest, category: Category) -> HttpResponse:
    found = _unseal(request)
    here = f"{reverse('submissions:bring_new')}?category={category.pk}"
    if not found:
        messages.info(request, "这一页放得太久了，请再选一次文件。")
        return redirect(here)
    wanted = set(request.POST.getlist("line"))
    chosen = [one.content for n, one in enumerate(found, 1) if str(n) in wanted]
    try:
        begun, known = actions.begin_all(category, chosen, by=request.actor, at=now())
    except Refused as refused:
        return _show_many(request, category, found, 422, refused=refused.refusals)
    if begun:
        messages.success(request, f"已建 {len(begun)} 份草稿，请逐份核对、上传材料。")
    if known:
        messages.info(request, f"同名的草稿已经有了，没有再建：{'、'.join(known)}。")
    return redirect("submissions:desk" if begun or known else here)


def _say(form: BringForm, refused: Refused) -> None:
    """Beside the file, unless the form has said it."""
    if not form.errors:
        form.add_error("file", str(refused))


def _category(request: HttpRequest) -> Category | None:
    return chosen_category(request, open_categories(request.actor, now()))


def _read(
    form: BringForm, version: FormVersion, options: Any, most: int = 0
) -> list[Brought]:
    """What the chosen file says; Refused with a sentence where it says nothing."""
    if not form.is_valid():
        refuse("no_file", "请选一份 .docx 或 .xlsx。")
    upload = form.cleaned_data["file"]
    inspected = uploads.inspect(upload, ["docx", "xlsx"], MOST_BYTES)
    if inspected.extension == "docx":
        read = word_reading.read(upload)
        found = [bringing.from_word(version.form, read, options)]
    else:
        rows = list(excel.read_rows(upload, max_rows=200))
        found = bringing.from_rows(version.form, rows, options)
    found = [one for one in found if any(one.content.values())]
    if not found:
        refuse("nothing_read", "这份文件里没有找到申报表的栏目。请用这里下载的空白表填写。")  # fmt: skip
    if most and len(found) > most:
        refuse(
            "several_results",
            f"这份表里有 {len(found)} 项成果。要一次建多份草稿，请从“填报新成果”里带入。",
        )
    return found


def _seal(found: list[Brought]) -> str:
    """What was read travels with the page, signed: nothing is kept until it is taken."""
    return signing.dumps(
        [asdict(one) for one in found] + [secrets.token_hex(4)],
        salt=SALT,
        compress=True,
    )


def _unseal(request: HttpRequest) -> list[Brought]:
    try:
        *rows, _ = signing.loads(request.POST["sealed"], salt=SALT, max_age=DAY)
    except signing.BadSignature:
        return []
    return [
        Brought(one["content"], [Unread(**said) for said in one["unread"]])
        for one in rows
    ]
