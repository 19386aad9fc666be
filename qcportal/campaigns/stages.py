"""The stages of a campaign that windows open and close."""

from django.db import models


class Stage(models.TextChoices):
    FILING = "filing", "班组申报"
    STAMPING = "stamping", "单位盖章"
    RECOMMENDING = "recommending", "推荐单位推荐"
    CHECKING = "checking", "形式审查"
    JUDGING = "judging", "材料文审"


# The stages the public calls 在线申报: the home page counts down to the last of them.
ONLINE_STAGES = (Stage.FILING, Stage.STAMPING, Stage.RECOMMENDING)
