"""The five roles of the chain and the duties a member may hold in an organisation."""

from django.db import models


class Role(models.TextChoices):
    """Which desk an actor sits at; the channels of the notices."""

    GROUP = "group", "班组"
    UNIT = "unit", "单位"
    RECOMMENDER = "recommender", "推荐单位"
    ASSOCIATION = "association", "秘书处"
    JUDGE = "judge", "评审专家"


CHANNELS = {
    Role.GROUP: "班组通道",
    Role.UNIT: "单位通道",
    Role.RECOMMENDER: "推荐通道",
    Role.ASSOCIATION: "秘书处",
    Role.JUDGE: "评审专家",
}


class Duty(models.TextChoices):
    """What a member does for the organisation; each maps to object permissions."""

    CLERK = "clerk", "经办人"
    APPROVER = "approver", "审核人"
    SEAL_KEEPER = "seal_keeper", "印章管理员"
    MANAGER = "manager", "管理员"
    JUDGE = "judge", "评审专家"
    # An association that recommends to a higher one: its desk for that work.
    RECOMMENDING = "recommending", "推荐经办人"


# Object permissions on Organisation granted by each duty (docs/permissions.md).
DUTY_PERMISSIONS: dict[Duty, tuple[str, ...]] = {
    Duty.CLERK: ("act_for",),
    Duty.APPROVER: ("act_for", "approve_for"),
    Duty.SEAL_KEEPER: ("act_for", "seal_for"),
    Duty.MANAGER: ("act_for", "approve_for", "seal_for", "manage_members"),
    Duty.JUDGE: (),
    Duty.RECOMMENDING: ("act_for", "seal_for"),
}
