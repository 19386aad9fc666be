"""Nightly: ``manage.py check_books [--digests]`` prints what does not add up."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from qcportal.management import books


class Command(BaseCommand):
    help = "Look for what no single constraint can see. Exit code 1 if there is any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--digests", action="store_true", help="read every stored file as well"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(books.findings(digests=options["digests"]))
        for finding in found:
            self.stdout.write(f"{finding.code}\t{finding.about}\t{finding.words}")
        if found:
            counts = "，".join(f"{c} {n}" for c, n in books.counted(found).items())
            raise CommandError(f"有 {len(found)} 处对不上：{counts}", returncode=1)
        self.stdout.write("账目全部对得上。")
