"""``manage.py up``: the whole portal on one machine, by one command.

Migrates, starts the web server, the paper worker and the clock as child processes,
says where the portal is once it answers, and takes everything down again at the end.
In production each of the three runs on its own instead (see docker-compose.yml).
"""

import signal
import socket
import sys
import time
import urllib.error
import urllib.request

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command, get_commands
from django.core.management.base import BaseCommand, CommandError, CommandParser

from qcportal.management.processes import Child, Family, GaveUpError

WATCH = 0.5  # seconds between two looks at the children
PATIENCE = 60  # seconds the portal may take to answer at first


def on_stop(_number: int, _frame: object) -> None:
    """Signal handler: leave the loop from wherever it is."""
    raise KeyboardInterrupt


def refuse_taken_port(host: str, port: int) -> None:
    """Raise CommandError with a way out if the address cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} of {host} cannot be used ({error.strerror}).\n"
                f"Choose another one, for example: make demo PORT={port + 1}"
            ) from error


def family(host: str, port: int) -> Family:
    """The web server, the worker and the clock."""
    logs = settings.VAR_DIR / "logs"
    python = [sys.executable, "-m"]
    web = [*python, "gunicorn", "qcportal.wsgi", "--bind", f"{host}:{port}"]
    web += ["--worker-class", "gthread", "--workers", "1", "--threads", "8"]
    web += ["--timeout", "120", "--graceful-timeout", "10", "--no-control-socket"]
    celery = [*python, "celery", "-A", "qcportal"]
    worker = [*celery, "worker", "--pool", "prefork", "--loglevel", "INFO"]
    worker += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
    clock = [*celery, "beat", "--loglevel", "INFO", "--pidfile="]
    return Family(
        [
            Child("web", web, logs / "web.log"),
            Child("worker", worker, logs / "worker.log"),
            Child("clock", clock, logs / "clock.log"),
        ]
    )


def answers(address: str) -> bool:
    """True if the health page of ``address`` answers 200."""
    try:
        with urllib.request.urlopen(f"{address}/health/", timeout=2) as page:  # noqa: S310
            return page.status == 200
    except (OSError, urllib.error.HTTPError):
        return False


class Command(BaseCommand):
    """Start the portal: web server, worker and clock, until Ctrl-C."""

    help = "Start the whole portal on this machine until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        """Address and sample data."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on")
        parser.add_argument(
            "--demo",
            action="store_true",
            help="load sample data into an empty database",
        )

    def handle(self, *, host: str, port: int, demo: bool, **_options: object) -> None:
        """Prepare, run, take down."""
        if demo and not settings.DEMO:
            raise CommandError("--demo needs DEMO=1 in the environment.")
        signal.signal(signal.SIGTERM, on_stop)
        signal.signal(signal.SIGINT, on_stop)
        refuse_taken_port(host, port)
        children = family(host, port)
        try:
            self.prepare(demo)
            children.start()
            self.announce(children, host, port, demo)
            self.watch(children)
        except KeyboardInterrupt:
            self.say("Stopping …")
        except GaveUpError as gave_up:
            name, log = gave_up.args
            raise CommandError(
                f"The {name} process does not stay up. Its log: {log}"
            ) from None
        finally:
            # A second Ctrl-C must not leave half of the processes behind.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            children.stop()

    def say(self, text: str) -> None:
        """One line, at once."""
        self.stdout.write(text)
        self.stdout.flush()

    def prepare(self, demo: bool) -> None:
        """Bring the database up to date; static files and samples where needed."""
        self.say("Preparing the database …")
        call_command("migrate", interactive=False, verbosity=0)
        if not settings.WHITENOISE_USE_FINDERS:
            call_command("collectstatic", interactive=False, verbosity=0)
        if demo and not get_user_model().objects.exists():
            self.say("Loading the sample data …")
            call_command("demo")

    def announce(self, children: Family, host: str, port: int, demo: bool) -> None:
        """Wait for the first answer, then say where the portal is and who may enter."""
        address = f"http://{'127.0.0.1' if host == '0.0.0.0' else host}:{port}"  # noqa: S104
        deadline = time.monotonic() + PATIENCE
        while not answers(address):
            if time.monotonic() > deadline:
                logs = settings.VAR_DIR / "logs"
                raise CommandError(f"The portal did not answer. Its logs: {logs}")
            children.keep()
            time.sleep(WATCH)
        self.say(f"\nThe portal is running: {settings.SITE_URL}/")
        if demo and "demo_accounts" in get_commands():
            call_command("demo_accounts", stdout=self.stdout)
        self.say(f"Logs: {settings.VAR_DIR / 'logs'}   Stop: Ctrl-C")

    def watch(self, children: Family) -> None:
        """Keep the children alive until a signal arrives."""
        while True:
            for name in children.keep():
                self.say(f"The {name} process ended and was started again.")
            time.sleep(WATCH)
