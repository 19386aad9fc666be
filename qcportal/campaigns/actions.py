"""The only writers of campaigns: windows, publication, numbers, places, who runs and
judges."""

from datetime import datetime

from django.db import transaction
from guardian.shortcuts import assign_perm, remove_perm

from qcportal.accounts.actors import Actor
from qcportal.accounts.models import Organisation, User
from qcportal.audit.record import record
from qcportal.campaigns import higher_changes, quotas, rules
from qcportal.campaigns.models import (
    Campaign,
    Category,
    Counter,
    QuotaGrant,
    RecommendingRight,
    SettingCheck,
    Window,
    WindowChange,
)
from qcportal.refusals import refuse, refuse_if


@transaction.atomic
def move_window(
    window_id: int,
    *,
    opens_at: datetime,
    closes_at: datetime,
    reason: str,
    advised_at: datetime | None = None,
    keep_advised: bool = True,
    seen: datetime | None = None,
    by: Actor,
    at: datetime,
) -> Window:
    """Open, extend or close a stage earlier: to the minute, with a reason, on record.
    ``keep_advised`` leaves the advised time where it still lies within, else drops it.
    ``seen`` is the closing the clerk saw: another one by now is ``stale_version``."""
    window = (
        Window.objects.select_for_update().select_related("campaign").get(pk=window_id)
    )
    if seen is not None and seen != window.closes_at.replace(second=0, microsecond=0):
        refuse(
            "stale_version",
            f"同事刚刚把关闭时间改到 {rules.moment(window.closes_at)}，请看过再改。",
            "closes_at",
        )
    if keep_advised:
        old = window.advised_at
        advised_at = old if old and opens_at < old <= closes_at else None
    refuse_if(
        rules.why_not_move_window(window, opens_at, closes_at, reason, advised_at)
    )
    change = WindowChange.objects.create(
        window=window,
        old_opens_at=window.opens_at,
        old_closes_at=window.closes_at,
        new_opens_at=opens_at,
        new_closes_at=closes_at,
        reason=reason.strip(),
        by=by.user,
        at=at,
    )
    record(
        by, "window_moved", window.stage, at=at, campaign=window.campaign.code,
        old=[window.opens_at.isoformat(), window.closes_at.isoformat()],
        new=[opens_at.isoformat(), closes_at.isoformat()], reason=reason.strip(),
    )  # fmt: skip
    window.opens_at, window.closes_at = opens_at, closes_at
    window.advised_at = advised_at
    window.save(update_fields=["opens_at", "closes_at", "advised_at"])
    higher_changes.window_moved(window, change)
    return window


@transaction.atomic
def check_setting(campaign: Campaign, text: str, *, by: Actor, at: datetime) -> None:
    """Tick off one line of ``please_check``; a second click changes nothing. Refused
    ``not_yours``, or ``no_such_setting`` where the campaign has no such line."""
    refuse_if(rules.why_not_check_settings(campaign, by))
    if text not in campaign.please_check:
        refuse("no_such_setting", "没有这一项设定，请刷新页面。", "please_check")
    _, made = SettingCheck.objects.get_or_create(
        campaign=campaign, text=text, defaults={"by": by.user, "at": at}
    )
    if made:
        record(by, "setting_checked", campaign.code, at=at, campaign=campaign.code,
               name=text)  # fmt: skip


@transaction.atomic
def uncheck_setting(campaign: Campaign, text: str, *, by: Actor, at: datetime) -> None:
    """Takes ``check_setting`` back."""
    refuse_if(rules.why_not_check_settings(campaign, by))
    gone, _ = SettingCheck.objects.filter(campaign=campaign, text=text).delete()
    if gone:
        record(by, "setting_unchecked", campaign.code, at=at, campaign=campaign.code,
               name=text)  # fmt: skip


def next_number(campaign: Campaign, name: str) -> int:
    """The next running number under ``name``; call inside a transaction."""
    Counter.objects.get_or_create(campaign=campaign, name=name)
    counter = Counter.objects.select_for_update().get(campaign=campaign, name=name)
    counter.value += 1
    counter.save(update_fields=["value"])
    return counter.value


# --- places -------------------------------------------------------------------------


def hold_places(campaign: Campaign, *organisations: Organisation) -> None:
    """Hold the places of bodies and units in the campaign until the transaction ends:
    who takes a place, gives one or takes one back counts alone. Call it after the
    locks of submission and dossier."""
    names = sorted(f"places-{organisation.pk}" for organisation in organisations)
    # First all rows, then all locks, each in the order of the names: whoever holds one
    # never waits for a row that somebody else is making.
    Counter.objects.bulk_create(
        [Counter(campaign=campaign, name=name) for name in names],
        ignore_conflicts=True,
    )
    rows = Counter.objects.filter(campaign=campaign, name__in=names)
    list(rows.order_by("name").select_for_update().values_list("pk", flat=True))


@transaction.atomic
def grant_places(
    campaign: Campaign,
    recommender: Organisation,
    *,
    category: Category | None,
    topic_type: str,
    extra: int,
    reason: str,
    seen: str | None = None,
    by: Actor,
    at: datetime,
) -> QuotaGrant:
    """Give one recommending body places beyond the rules (``extra`` below 0: take
    some), for exactly what one of its rules counts. The body reads the reason.
    ``seen``: ``quotas.grants_seen`` of the page; another one by now is
    ``stale_version``, so that a second click gives nothing twice.

    Raises Refused (``not_yours``, ``reason_missing``, ``grant_without_rule``,
    ``places_in_use`` …).
    """
    hold_places(campaign, recommender)
    campaign = Campaign.objects.get(pk=campaign.pk)
    refuse_if(rules.why_not_adjust_places(campaign, reason, by))
    if seen is not None and seen != quotas.grants_seen(campaign):
        refuse(
            "stale_version",
            "打开这页以后已经有一次调整（可能是您按了两次），请看过列表里的再办。",
        )
    refuse_if(quotas.why_not_grant(campaign, recommender, category, topic_type, extra))
    grant = QuotaGrant.objects.create(
        campaign=campaign, recommender=recommender, category=category,
        topic_type=topic_type, extra=extra, reason=reason.strip(), by=by.user, at=at,
    )  # fmt: skip
    record(
        by, "places_granted", str(recommender.key), at=at, campaign=campaign.code,
        name=recommender.name, extra=extra, category=category.code if category else "",
        topic_type=topic_type, reason=reason.strip(),
    )  # fmt: skip
    return grant


@transaction.atomic
def end_grant(grant_id: int, *, reason: str, by: Actor, at: datetime) -> QuotaGrant:
    """Undo a single adjustment; a second click changes nothing. Refused with
    ``places_in_use`` while the body needs the places."""
    found = QuotaGrant.objects.select_related("campaign", "recommender").get(
        pk=grant_id
    )
    hold_places(found.campaign, found.recommender)
    grant = QuotaGrant.objects.select_related("campaign", "recommender").get(
        pk=grant_id
    )
    refuse_if(rules.why_not_adjust_places(grant.campaign, reason, by))
    if grant.ended_at is not None:
        return grant
    body = grant.recommender
    rule = quotas.own_rule(grant.campaign, body, grant.category_id, grant.topic_type)
    if rule is not None:
        refuse_if(quotas.why_not_change(grant.campaign, body, rule, -grant.extra))
    grant.ended_at = at
    grant.save(update_fields=["ended_at"])
    record(
        by, "places_ended", str(body.key), at=at, campaign=grant.campaign.code,
        name=body.name, extra=grant.extra, reason=reason.strip(),
    )  # fmt: skip
    return grant


# --- numbers and rights -------------------------------------------------------------


@transaction.atomic
def let_run(campaign: Campaign, user: User, *, by: Actor | None, at: datetime) -> None:
    """The user may run the campaign (secretariat)."""
    assign_perm("run_campaign", user, campaign)
    record(by, "campaign_run_granted", str(user.pk), at=at, campaign=campaign.code)


@transaction.atomic
def let_judge(
    campaign: Campaign, user: User, *, by: Actor | None, at: datetime
) -> None:
    """The user belongs to the campaign's pool of judges."""
    assign_perm("judge_campaign", user, campaign)
    record(by, "campaign_judge_granted", str(user.pk), at=at, campaign=campaign.code)


@transaction.atomic
def let_recommend(
    campaign: Campaign,
    organisation: Organisation,
    recommender_class: str,
    *,
    by: Actor | None,
    at: datetime,
) -> None:
    """An association may recommend in a higher one's campaign, counted as that class."""
    if by is not None:
        refuse_if(rules.why_not_let_recommend(campaign, organisation, by))
    RecommendingRight.objects.update_or_create(
        campaign=campaign,
        organisation=organisation,
        defaults={"recommender_class": recommender_class},
    )
    record(by, "recommending_granted", str(organisation.key), at=at,
           campaign=campaign.code, name=organisation.name)  # fmt: skip


@transaction.atomic
def stop_recommending(
    campaign: Campaign, organisation: Organisation, *, by: Actor, at: datetime
) -> None:
    """Takes ``let_recommend`` back; what was handed in stays where it is."""
    gone, _ = RecommendingRight.objects.filter(
        campaign=campaign, organisation=organisation
    ).delete()
    if gone:
        record(by, "recommending_revoked", str(organisation.key), at=at,
               campaign=campaign.code, name=organisation.name)  # fmt: skip


@transaction.atomic
def stop_running(
    campaign: Campaign, user: User, *, by: Actor | None, at: datetime
) -> None:
    """Takes ``let_run`` back, at once."""
    remove_perm("run_campaign", user, campaign)
    record(by, "campaign_run_revoked", str(user.pk), at=at, campaign=campaign.code)


@transaction.atomic
def stop_judging(
    campaign: Campaign, user: User, *, by: Actor | None, at: datetime
) -> None:
    """Takes ``let_judge`` back; what was marked already stays."""
    remove_perm("judge_campaign", user, campaign)
    record(by, "campaign_judge_revoked", str(user.pk), at=at, campaign=campaign.code)
