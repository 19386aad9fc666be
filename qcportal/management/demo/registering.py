"""The demo's register: codes and regions, applications, an affiliation asked for, and
one unit that stands there twice."""

from __future__ import annotations

from datetime import datetime, timedelta

from qcportal.accounts.models import Affiliation, Organisation
from qcportal.accounts.names import check_character
from qcportal.accounts.roles import Role
from qcportal.campaigns.models import Campaign
from qcportal.management.demo.build import People
from qcportal.registrations import actions
from qcportal.registrations.founding import Founding, Kind
from qcportal.registrations.rules import Application
from reviews.founding import found


def fill(people: People, now: datetime) -> None:
    """Call when this year's campaign exists: its host takes the applications."""
    for number, unit in enumerate(people.units, 1):
        unit.credit_code = credit_code(number)
        unit.region = unit.address.removeprefix("上海市").partition("区")[0] + "区"
        unit.save(update_fields=["credit_code", "region"])
    _applications(people, now)
    asked = next(
        u
        for u in people.units
        if u.affiliations_above.count() == 1 and _managed(people, u)
    )
    body = people.bodies[4]
    actions.ask_affiliation(
        body, "本单位属申江电气集团配套企业", by=people.actor(asked), at=now - timedelta(hours=20)
    )  # fmt: skip
    twice = Organisation.objects.create(
        tier=Role.UNIT, name=people.units[1].name.replace("有限公司", "股份有限公司"),
        address=people.units[1].address, region=people.units[1].region,
    )  # fmt: skip
    Affiliation.objects.create(unit=twice, recommender=people.bodies[0])
    _lower_association(people, now - timedelta(hours=9))


def _lower_association(people: People, at: datetime) -> None:
    """Taken up by the secretariat, with the right to recommend; its manager is asked."""
    campaign, officer = Campaign.objects.newest(), people.officers[0]
    given = Founding(
        Kind.BELOW, "申江新片区质量协会", officer.organisation, short_name="新片区质协",
        letters="XP", credit_code=credit_code(9100), recommender_class="district",
        region="浦东新区",
    )  # fmt: skip
    found(given, [campaign] if campaign else [], manager="章远之", email="", by=officer, at=at)  # fmt: skip


def credit_code(number: int) -> str:
    """An invented code of a registry office that does not exist, with a right check."""
    first = f"91990000MADEM{number:04d}"
    return first + check_character(first)


def _managed(people: People, unit: Organisation) -> bool:
    return people.actor(unit).may("manage_members")


def _applications(people: People, now: datetime) -> None:
    hour = timedelta(hours=1)
    unit = Application(
        Role.UNIT, "钱思远", "lingang-casting", people.password, organisation_name="上海临港精密铸造有限公司",
        credit_code=credit_code(9001), region="浦东新区", industry="制造业", address="上海市浦东新区临港大道1号",
        postcode="201306", department="质量管理部", recommender=people.bodies[0], agreed=True,
    )  # fmt: skip
    actions.apply(unit, at=now - 26 * hour)
    known = next(u for u in people.units if _managed(people, u))
    group = Application(
        Role.GROUP, "蔡雨晨", "dengta-qc", people.password, organisation_name="灯塔QC小组",
        department="运行一部", unit=known, agreed=True,
    )  # fmt: skip
    actions.apply(group, at=now - 5 * hour)
    both = Application(
        Role.GROUP, "陶致远", "qihang-qc", people.password, organisation_name="启航QC小组", department="装配车间",
        unit_name="上海申浦轨道车辆维修股份有限公司", region="浦东新区", recommender=people.bodies[0], agreed=True,
    )  # fmt: skip
    actions.apply(both, at=now - 3 * hour)
    back = Application(
        Role.RECOMMENDER, "贺兰若", "baoshan-zx", people.password, organisation_name="宝山质协",
        recommender_class="district", region="宝山区", agreed=True,
    )  # fmt: skip
    returned = actions.apply(back, at=now - 50 * hour)
    reason = "请填写与公章一致的全称。"
    actions.give_back(returned.pk, reason, by=people.officers[0], at=now - 30 * hour)
