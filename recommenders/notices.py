"""Messages of the recommending body's year: to whom, in which words."""

from __future__ import annotations

from datetime import datetime

from qcportal.inbox.actions import tell
from qcportal.inbox.models import Message
from recommenders import rules
from recommenders.models import Dossier
from submissions import places
from submissions.models import Submission

DESK = "/recommenders/"


def place_came_free(submission: Submission, at: datetime) -> None:
    """A result that had a place was set aside: its body may move the first of the
    reserve up. Nothing moves by itself. Silent where no rule counts places."""
    body, campaign = submission.recommender, submission.campaign
    if body is None or not list(places.Tally(campaign, body).covering(submission)):
        return
    first = rules.reserve_of(body, submission).first()
    dossier = Dossier.objects.filter(campaign=campaign, recommender=body).first()
    closed = dossier is not None and bool(list(rules.why_desk_closed(dossier, at)))
    said = f"{submission.code} 形式审查没有通过，不再占名额。"
    said += f"候补第一项是《{first.title}》，是否递补由您决定。" if first else ""
    said += "推荐时间已过，要递补请先联系秘书处延期。" if first and closed else ""
    tell(body, "空出一个名额", said, at=at, icon="arrow-up",
         kind=Message.Kind.TODO if first else Message.Kind.PROGRESS,
         tone="warn" if first else "info",
         link=f"{DESK}?campaign={campaign.code}&category={submission.category.code}",
         link_label="去推荐工作台")  # fmt: skip
    if first and closed:
        tell(campaign.host, f"{body.label}空出一个名额，有候补",
             f"{said}同意递补的，请给它单独延期。", at=at, icon="arrow-up", tone="info",
             link="/campaigns/", link_label="去看活动")  # fmt: skip
