"""The example of the environment names what the code reads, no more and no less."""

import re
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
READ = re.compile(r"\benv\.(?:text|flag|number|words|keys)\(\s*[\"']([A-Z0-9_]+)[\"']")
LISTED = re.compile(r"^#?([A-Z0-9_]+)=", re.MULTILINE)
APPS = ("qcportal", "submissions", "recommenders", "reviews")


def variables_read() -> set[str]:
    """Names given to the readers of qcportal.env anywhere in the apps."""
    sources = (path for app in APPS for path in (ROOT / app).rglob("*.py"))
    return {name for path in sources for name in READ.findall(path.read_text("utf-8"))}


def test_example_lists_exactly_the_variables_read():
    listed = LISTED.findall((ROOT / ".env.example").read_text("utf-8"))

    assert sorted(listed) == sorted(variables_read())


def test_nothing_reads_the_environment_past_the_readers():
    past = [
        path.relative_to(ROOT).as_posix()
        for app in APPS
        for path in (ROOT / app).rglob("*.py")
        if re.search(r"os\.(environ(?!\.setdefault)|getenv)", path.read_text("utf-8"))
    ]

    assert past == ["qcportal/env.py"]


def test_compose_gives_only_variables_the_portal_reads():
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    block = text.split("environment:\n", 1)[1].split("  secrets:", 1)[0]
    given = re.findall(r"^    ([A-Z0-9_]+):", block, re.MULTILINE)

    assert {name.removesuffix("_FILE") for name in given} - variables_read() == set()
