"""What the recommending body types: filters, ranks, figures. Parses and cleans only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms

from qcportal.campaigns.models import Campaign
from qcportal.documents import uploads
from qcportal.refusals import Refused
from qcportal.ui.forms import ParagraphsField, PortalForm
from recommenders.rules import number
from submissions.lifecycle import State

RANK_PREFIX = "rank-"
SUMMARY_EXTENSIONS = ["docx", "doc", "pdf"]
SUMMARY_MAX_BYTES = 20 * uploads.MIB
SORTS = (("rank", "按名次"), ("unit", "按单位"), ("-score", "按本级得分"))
# What a recommending body may come to see on its bench.
BENCH_STATES = (
    State.STAMPED, State.RECOMMENDED, State.RESERVED, State.RETURNED, State.FILED,
    State.SUBMITTED, State.AMENDMENT_ASKED, State.CHECKED, State.NOT_RECOMMENDED,
)  # fmt: skip


class DeskFilter(PortalForm):
    """The filters of the desk's address; what names nothing is left out."""

    q = forms.CharField(
        label="搜课题、小组或单位",
        required=False,
        max_length=60,
        strip=True,
        widget=forms.TextInput(attrs={"type": "search", "class": "form-control"}),
    )
    state = forms.ChoiceField(
        label="状态",
        required=False,
        choices=[("", "全部状态"), *((s.value, s.label) for s in BENCH_STATES)],
    )
    topic_type = forms.ChoiceField(label="类型", required=False)
    unit = forms.ChoiceField(label="单位", required=False)
    category = forms.ChoiceField(label="类别", required=False, widget=forms.HiddenInput)
    sort = forms.ChoiceField(label="排序", required=False, choices=[("", ""), *SORTS])

    def __init__(
        self,
        data: Mapping[str, Any],
        *,
        topic_types: Mapping[str, str],
        units: Iterable[tuple[str, str]],
        categories: Iterable[tuple[str, str]] = (),
    ) -> None:
        super().__init__(data, auto_id="filter_%s")
        self.fields["topic_type"].choices = [("", "全部类型"), *topic_types.items()]
        self.fields["unit"].choices = [("", "全部单位"), *units]
        self.fields["category"].choices = [("", "全部类别"), *categories]

    @property
    def chosen(self) -> dict[str, str]:
        """The sound filters, as ``SubmissionQuerySet.filtered`` takes them."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    @property
    def is_narrowed(self) -> bool:
        """By more than the tab of a category, within which ranks are given."""
        return any(name not in {"sort", "category"} for name in self.chosen)


def typed_ranks(data: Mapping[str, str]) -> dict[str, int | None]:
    """``rank-<code>`` fields as whole numbers from 1; empty or odd ones are None."""
    found: dict[str, int | None] = {}
    for name, text in data.items():
        if name.startswith(RANK_PREFIX):
            text = str(text).strip()
            whole = text.isascii() and text.isdigit() and len(text) <= 6
            found[name.removeprefix(RANK_PREFIX)] = max(int(text), 1) if whole else None
    return found


def reordered(
    ranked: Sequence[tuple[str, int]], typed: Mapping[str, int | None]
) -> list[str]:
    """The whole order, best first, after some ranks were typed anew.

    ``ranked`` is today's order as (code, rank). A result whose number was not touched
    keeps its neighbours; a touched one goes to the place its number says; one whose
    number was emptied leaves the order.
    """
    now = dict(ranked)
    touched = {code: place for code, place in typed.items() if now.get(code) != place}
    order = [code for code, _ in ranked if code not in touched]
    moving = sorted(
        (place, code) for code, place in touched.items() if place is not None
    )
    for place, code in moving:
        order.insert(place - 1, code)
    return order


class StatisticsForm(PortalForm):
    """One text field per figure of the campaign; the rules judge what was typed."""

    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, campaign: Campaign, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.campaign = campaign
        for item in campaign.statistics:
            if not item.get("part"):
                self.fields[item["code"]] = forms.CharField(
                    label=item["label"], required=False, max_length=20
                )

    @property
    def figures(self) -> dict[str, str]:
        """Item code → the typed figure without separators, or the text as typed."""
        return {
            code: plain_figure(self.data.get(code, ""))
            for code in self.fields
            if code != "version"
        }

    @property
    def version_seen(self) -> int:
        """The version the page was opened with; -1 (never current) when unreadable."""
        try:
            return int(self.data.get("version", ""))
        except ValueError:
            return -1


def plain_figure(text: Any) -> str:
    """``1,286`` and ``１，２８６`` as ``1286``; what is no number stays as typed."""
    text = str(text).strip()[:20]
    value = number(text)
    return f"{value:f}" if value is not None and abs(value) < 10**15 else text


class SummaryForm(PortalForm):
    """The 活动总结 as the body wrote it."""

    summary = forms.FileField(
        label="活动总结",
        error_messages={
            "required": "请先选择活动总结文件。",
            "empty": "选的文件是空的，请换一份。",
        },
        widget=forms.FileInput(attrs={"accept": ".docx,.doc,.pdf"}),
    )

    def clean_summary(self) -> Any:
        upload = self.cleaned_data["summary"]
        try:
            self.inspected = uploads.inspect(
                upload, SUMMARY_EXTENSIONS, SUMMARY_MAX_BYTES
            )
        except Refused as refused:
            raise forms.ValidationError([r.message for r in refused.refusals]) from None
        return upload


class CommentForm(PortalForm):
    """Why a result goes back or is not recommended."""

    comment = ParagraphsField(label="原因", required=False)

    @property
    def said(self) -> str:
        """The reason as typed; the rules ask for one."""
        self.is_valid()
        return self.cleaned_data.get("comment", "")
