"""Load a campaign from a preset file: ``manage.py load_campaign shanghai-2020``."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from qcportal.campaigns import presets as campaign_presets
from qcportal.campaigns.models import Campaign
from qcportal.privacy import actions as privacy


@transaction.atomic
def load(path: Path, *, open_now: bool) -> Campaign:
    """The campaign of a preset file, whole or PresetError. ``open_now`` moves all dates
    so that the online window is open today, and ends the public notice at once (a demo
    has no five days to wait)."""
    now = timezone.now()
    preset = campaign_presets.read(path, open_at=now if open_now else None)
    campaign = campaign_presets.load(preset, published_at=now)
    if open_now:
        campaign.notice_days = 0
        campaign.save(update_fields=["notice_days"])
    return campaign


class Command(BaseCommand):
    help = "Load a campaign from qcportal/campaigns/preset_files or from a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "preset", help="a preset's code, or the path of a TOML file"
        )
        parser.add_argument(
            "--open-now", action="store_true",
            help="move the dates so that the online window is open today",
        )  # fmt: skip

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["preset"])
        if path.suffix != ".toml":
            path = campaign_presets.FOLDER / f"{options['preset']}.toml"
        if not path.is_file():
            known = ", ".join(
                sorted(p.stem for p in campaign_presets.FOLDER.glob("*.toml"))
            )
            raise CommandError(f"没有这个预设：{options['preset']}。可用的有：{known}")
        try:
            campaign = load(path, open_now=options["open_now"])
        except campaign_presets.PresetError as error:
            raise CommandError(str(error)) from error
        privacy.load_first(at=timezone.now())
        self.stdout.write(f"已导入 {campaign.name}（{campaign.code}）")
        self.stdout.write("请核对：个人信息处理同意书（/privacy/），请法律顾问看过。")
        for line in campaign.please_check:
            self.stdout.write(f"请核对：{line}")
