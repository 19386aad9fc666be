"""The house rules, executable. A convention that matters stands here."""

from __future__ import annotations

import ast
import io
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from celery import current_app
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import models
from django.urls import URLPattern, URLResolver, get_resolver

from qcportal.accounts.roles import DUTY_PERMISSIONS, Duty, Role
from qcportal.audit import words
from qcportal.campaigns.fields import COLUMN_MEANINGS, MEANINGS
from qcportal.documents.models import Document
from qcportal.management.commands import lifecycle as lifecycle_page
from submissions.lifecycle import FINAL, HOLDERS, MOVES, MoveName, State
from submissions.models import Step

ROOT = Path(settings.BASE_DIR)
APPS = ("qcportal", "submissions", "recommenders", "reviews", "conduct")
# Pages of anybody who is signed in, whatever the seat.
ACCOUNT_PAGES = {
    "accounts:account", "accounts:start", "accounts:take_seat", "accounts:no_seat",
    "accounts:name", "accounts:mobile", "accounts:mobile_enter", "accounts:email",
    "accounts:email_enter", "accounts:second_factor", "accounts:second_factor_off",
    "accounts:recovery_codes", "accounts:recovery_codes_renew", "accounts:sessions",
    "accounts:session_end", "accounts:sessions_end_others",
    "privacy:consent", "privacy:mine", "privacy:export",
}  # fmt: skip
# Answers the service itself, not people.
CLOCK_READERS = {
    "qcportal/clock.py",
    "qcportal/documents/making.py",  # heartbeats of workers, no deadline
    "qcportal/documents/uploads.py",  # when a file arrived, no deadline
    "qcportal/documents/tasks.py",
    "qcportal/ui/views.py",
    "qcportal/ui/templatetags/ui.py",
    "qcportal/entrance/middleware.py",  # when a session was last in use, no deadline
    "qcportal/signatures/checks.py",  # a certificate's end, at the start of the portal
    "reviews/views/limits.py",  # tries per minute
    "qcportal/management/commands/demo.py",
    "qcportal/management/commands/load_campaign.py",
}
# Tasks that are not papers, and why a second run is harmless.
OTHER_TASKS = {
    "books.check": "a second look finds the same and tells nobody",
    "documents.sweep": "sends rows that are still waiting",
    "documents.drop_unowned": "deletes what no row owns",
    "notices.bring_out": "orders the paper of a notice that has none",
    "inbox.sweep_mails": "a mail is sent by whoever claims its row",
    "inbox.sweep_texts": "a text message is sent by whoever claims its row",
    "entrance.sweep_codes": "a code is made once, under its row's lock",
    "people.end_stand_ins": "a stand-in ends once",
    "submissions.warn_idle": "tells of a topic once a week",
    "submissions.sweep_uploads": "a file is taken in once, a filing ends once",
    "imports.sweep": "sends imports that are still under way",
}
# Sent by an act, not by the clock of the beat.
SENT_TASKS = {
    "inbox.deliver_mail": "a mail is sent by whoever claims its row",
    "imports.check": "an import that was checked is left alone",
    "imports.apply": "an import that was applied is left alone",
    "submissions.take_in_upload": "a file is taken in once, under its row's lock",
    "inbox.deliver_text": "a text message is sent by whoever claims its row",
    "entrance.issue_code": "a code is made once, under its row's lock",
}


# --- sources ------------------------------------------------------------------------


@cache
def sources() -> dict[str, str]:
    """Our Python files but migrations: path → text."""
    return {
        path.relative_to(ROOT).as_posix(): path.read_text("utf-8")
        for app in APPS
        for path in sorted((ROOT / app).rglob("*.py"))
        if "migrations" not in path.parts
    }


@cache
def templates() -> dict[str, str]:
    folder = ROOT / "templates"
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8")
        for path in sorted(folder.rglob("*.html"))
    }


def pages() -> dict[str, str]:
    """Templates that browsers get; papers are read by the PDF maker only."""
    return {n: t for n, t in templates().items() if not n.startswith("papers/")}


def calls(tree: ast.AST, name: str) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "attr", getattr(node.func, "id", ""))
            if called == name:
                yield node


def routes() -> dict[str, URLPattern]:
    """Every named route: ``app:name`` → its pattern."""

    def walk(found: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
        for entry in found.url_patterns:
            if isinstance(entry, URLResolver):
                space = f"{entry.namespace}:" if entry.namespace else ""
                yield from walk(entry, prefix + space)
            else:
                yield f"{prefix}{entry.name}", entry

    listed = list(walk(get_resolver(), ""))
    assert len(listed) == len(dict(listed)), "two routes share a name"
    return dict(listed)


# --- database -----------------------------------------------------------------------


def test_no_migration_is_missing(db) -> None:
    out = io.StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue() == "No changes detected\n"


def test_keys_to_documents_protect_them() -> None:
    loose = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey)
        and field.related_model is Document
        and field.remote_field.on_delete is not models.PROTECT
    ]
    assert loose == []


def test_no_model_hides_logic_in_save_or_signals() -> None:
    hidden = re.compile(r"db\.models\.signals|django\.dispatch|@receiver|def save\(")
    assert {path for path, text in sources().items() if hidden.search(text)} <= {
        "qcportal/entrance/forms.py"  # Django's name for the password form's writer
    }


# --- routes -------------------------------------------------------------------------


def test_every_route_is_public_or_names_a_role() -> None:
    open_ended = {
        name
        for name, route in routes().items()
        if getattr(route.callback, "login_required", True)
        and not getattr(route.callback, "roles", ())
    }
    assert open_ended == ACCOUNT_PAGES


def test_roles_of_routes_are_roles() -> None:
    named = {
        role for r in routes().values() for role in getattr(r.callback, "roles", ())
    }
    assert named == set(Role)


# --- lifecycle ----------------------------------------------------------------------


def test_every_state_can_be_reached() -> None:
    reached, todo = set(), [State.DRAFT]
    while todo:
        state = todo.pop()
        reached.add(state)
        todo += [
            move.to_state
            for move in MOVES.values()
            if state in move.from_states and move.to_state not in reached
        ]
    assert reached == set(State)


def test_every_state_that_is_not_final_can_be_left_and_no_final_one() -> None:
    left = {s for move in MOVES.values() for s in move.from_states}
    assert left == set(State) - FINAL


def test_every_final_state_can_be_reached_from_every_state_that_was_filed() -> None:
    """No dead end but the final ones: from every other state a way leads out."""
    home = set(FINAL)
    while True:
        more = {
            state
            for move in MOVES.values()
            if move.to_state in home
            for state in move.from_states
        } - home
        if not more:
            break
        home |= more
    assert home == set(State)


def test_the_table_knows_every_move_and_every_holder() -> None:
    assert set(MOVES) == set(MoveName)
    assert set(HOLDERS) == set(State)
    assert {s for s, holder in HOLDERS.items() if holder is None} == FINAL


def test_moves_begin_at_the_desk_that_holds_the_submission() -> None:
    """Except where the table means it: taking back, and the association's overrule."""
    elsewhere = {
        (move.name.value, state.value)
        for move in MOVES.values()
        for state in move.from_states
        if HOLDERS[state] != move.role
    }
    assert elsewhere == {
        ("recall", "filed"), ("withdraw", "filed"), ("unstamp", "stamped"),
        ("set_aside", "amendment_asked"), ("set_aside", "amended"),
        ("decide", "judging"), ("recall_past_unit", "stamped"),
        ("take_over", "stamped"), ("take_over", "recommended"),
        ("take_over", "reserved"), ("choose_anew", "reserved"),
        ("close_barred", "reserved"),
        ("choose_anew", "filed"), ("choose_anew", "stamped"),
        ("choose_anew", "recommended"),
        ("close_barred", "filed"), ("close_barred", "stamped"),
        ("close_barred", "recommended"), ("close_barred", "amendment_asked"),
        ("close_barred", "amended"), ("close_barred", "judging"),
    }  # fmt: skip


def test_the_database_asks_a_reason_for_every_move_that_needs_one() -> None:
    constraint = next(
        c for c in Step._meta.constraints if c.name == "saying_no_needs_a_reason"
    )
    asked = re.search(r"move__in', \[(.*?)\]", str(constraint.condition))
    assert asked is not None
    assert set(re.findall(r"'(\w+)'", asked.group(1))) == {
        move.name.value for move in MOVES.values() if move.needs_comment
    }


def advancing() -> dict[str, set[str]]:
    """Move → the functions of actions that hand it to ``advance``, directly or by a
    name taken from a rule (filing_move, stamping_move) or a choice of two."""
    chosen = {
        "filing_move": {"FILE", "FILE_PAST_UNIT", "FILE_UP", "AMEND", "AMEND_UP"},
        "recall_move": {"RECALL", "RECALL_PAST_UNIT"},
        "stamping_move": {"STAMP", "STAMP_AMENDED", "STAMP_DIRECT", "STAMP_UP"},
    }
    found: dict[str, set[str]] = {name.name: set() for name in MoveName}
    for path, text in sources().items():
        if not path.endswith("/actions.py"):
            continue
        for function in ast.parse(text).body:
            if not isinstance(function, ast.FunctionDef):
                continue
            if not any(calls(function, "advance")):
                continue
            source = ast.unparse(function)
            named = set(re.findall(r"MoveName\.([A-Z_]+)", source))
            for rule, moves in chosen.items():
                named |= moves if f"{rule}(" in source else set()
            for move in named:
                found[move].add(f"{path}:{function.name}")
    return found


def test_every_move_has_exactly_one_action() -> None:
    counts = {move: sorted(where) for move, where in advancing().items()}
    assert {m: w for m, w in counts.items() if len(w) != 1} == {}


def test_the_lifecycle_document_is_the_table() -> None:
    written = lifecycle_page.PATH.read_text("utf-8")
    assert written == lifecycle_page.page(), "run manage.py lifecycle --write"


def test_only_advance_writes_a_state() -> None:
    writers = []
    for path, text in sources().items():
        for function in ast.walk(ast.parse(text)):
            if isinstance(function, ast.FunctionDef):
                writers += [f"{path}:{function.name}"] * _states_written(function)
    assert writers == [
        "submissions/actions.py:advance_many",  # stores what _take assigned
        "submissions/actions.py:_take",  # for advance and advance_many
    ]


def _states_written(function: ast.FunctionDef) -> int:
    """Assignments to ``.state`` and ``state=`` of update, bulk_update and create."""
    count = 0
    for node in ast.walk(function):
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = [n for t in targets for n in ast.walk(t)]
            count += any(
                isinstance(n, ast.Attribute) and n.attr == "state" for n in names
            )
        elif isinstance(node, ast.Call):
            called = getattr(node.func, "attr", "")
            about = ast.unparse(node.func)
            if called in {"update", "create"} and "Submission" in about:
                count += any(k.arg == "state" for k in node.keywords)
            # The register has no states.
            count += called == "bulk_update" and "Organisation." not in about
    return count


# --- code ---------------------------------------------------------------------------


def test_only_faces_tasks_and_commands_read_the_clock() -> None:
    reads = re.compile(r"timezone\.now\(|datetime\.now\(|datetime\.utcnow|time\.time\(")
    readers = {path for path, text in sources().items() if reads.search(text)}
    assert readers == CLOCK_READERS


def test_rules_models_and_papers_take_the_instant_as_a_parameter() -> None:
    floors = ("rules.py", "models.py", "papers.py", "notices.py", "actions.py",
              "places.py", "lifecycle.py")  # fmt: skip
    asking = [
        path
        for path, text in sources().items()
        if path.endswith(floors)
        and "/views/" not in path
        and re.search(r"\bclock\b.*import|\bclock\.now\(", text)
    ]
    assert asking == []


def test_no_inline_imports_and_no_drawers_for_odds_and_ends() -> None:
    inline = [
        f"{path}:{node.lineno}"
        for path, text in sources().items()
        for function in ast.walk(ast.parse(text))
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    assert inline == []
    names = {Path(path).stem for path in sources()}
    assert names & {"utils", "common", "core", "helpers", "misc", "base"} == set()


def test_every_code_of_the_trail_has_a_word_and_stands_in_the_glossary() -> None:
    recorded = {
        call.args[1].value
        for text in sources().values()
        for verb in ("record", "record_many")
        for call in calls(ast.parse(text), verb)
        if len(call.args) > 1 and isinstance(call.args[1], ast.Constant)
    }
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    listed = re.findall(r"^\| `(\w+)` \|", glossary.partition("## Codes")[2], re.M)
    assert recorded == set(words.WHAT)
    assert listed == list(words.WHAT)


def test_the_permissions_document_names_what_duties_give() -> None:
    text = (ROOT / "docs" / "permissions.md").read_text("utf-8")
    for duty, permissions in DUTY_PERMISSIONS.items():
        row = next(line for line in text.splitlines() if f"`{duty.value}` |" in line)
        cell = row.split("|")[2]
        assert re.findall(r"`(\w+)`", cell) == list(permissions), duty
    assert set(DUTY_PERMISSIONS) == set(Duty)


def our_tasks() -> set[str]:
    current_app.loader.import_default_modules()
    apart = ("celery.", "tests.", "trial.")
    return {name for name in current_app.tasks if not name.startswith(apart)}


def test_every_task_is_a_paper_or_known_to_be_harmless_twice() -> None:
    papers = {
        call.args[0].value
        for text in sources().values()
        for call in calls(ast.parse(text), "paper_task")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert our_tasks() - set(OTHER_TASKS) - set(SENT_TASKS) == papers


def test_the_clock_of_the_beat_names_tasks_that_exist() -> None:
    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert wanted == set(OTHER_TASKS)
    assert wanted - our_tasks() == set()


# --- templates ----------------------------------------------------------------------


def test_no_template_is_unused() -> None:
    everything = "".join(sources().values()) + "".join(templates().values())
    wrapped = {
        f"components/{call.args[0].value}.html"
        for call in calls(
            ast.parse(sources()["qcportal/ui/templatetags/ui.py"]), "wrapper"
        )
        if isinstance(call.args[0], ast.Constant)
    }
    # Chosen by Django's widgets, or named in halves.
    elsewhere = {"reviews/desk.html"}
    unused = [
        name
        for name in templates()
        if not re.search(rf"[\"']{re.escape(name)}[\"']", everything)
    ]
    assert set(unused) - wrapped == elsewhere


# The group's own registration is one form of the portal's, not a campaign's.
OWN_FORMS = re.compile(r"submissions/(year_\w+|yearbook)\.py|qcportal/management/")


def test_no_field_of_one_campaign_is_named_in_the_code() -> None:
    """A form is read by what its fields mean; what they are called is its own affair."""
    taking = re.compile(
        r"""content(?:\.get\(|\[)\s*["']|by_code(?:\.get\(|\[)\s*["']|content\.get\(f["']"""
    )
    named = {
        path
        for path, text in sources().items()
        if not OWN_FORMS.match(path) and taking.search(text)
    }
    assert named == set()
    meant = {
        arg.value
        for text in sources().values()
        for called, place in (("meaning", 0), ("value", 1), ("column", 0))
        for call in calls(ast.parse(text), called)
        for arg in call.args[place : place + 1]
        if isinstance(arg, ast.Constant)
    }
    assert meant <= set(MEANINGS) | set(COLUMN_MEANINGS)
    assert len(meant) > 8  # the forms are read somewhere


def test_no_template_names_a_field_of_a_campaign() -> None:
    codes = {
        item["code"]
        for path in (ROOT / "qcportal" / "campaigns" / "preset_files").glob("*.toml")
        for category in tomllib.loads(path.read_text("utf-8"))["categories"]
        for section in category["form"]["sections"]
        for item in section["fields"]
    }
    of_form = re.compile(
        rf"(?:content|form_facts|facts|fields|cells)\.({'|'.join(sorted(codes))})\b"
        rf"|field-({'|'.join(sorted(codes))})\b|\.content\."
    )
    named = {
        f"{name}: {match.group()}"
        for name, text in templates().items()
        for match in of_form.finditer(text)
    }
    assert named == set()


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("script", r"<script(?![^>]*\bsrc=)"),
        ("style sheet", r"<style\b"),
        ("style attribute", r"<[a-z][^>]*?\sstyle\s*="),
        ("event attribute", r"<[a-z][^>]*?\son[a-z]+\s*="),
        ("script address", r"(?i)javascript:"),
        ("foreign address", r"(?:src|href)=[\"']?(?:https?:)?//"),
        ("unescaped text", r"\|\s*safe\b|autoescape\s+off"),
    ],
)
def test_pages_carry_nothing_inline_or_foreign(name: str, pattern: str) -> None:
    tags = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.S)
    found = {
        path
        for path, text in pages().items()
        if re.search(pattern, text if name == "unescaped text" else tags.sub("", text))
    }
    assert found == set()


def test_nothing_is_marked_safe_outside_the_components() -> None:
    marking = re.compile(r"\bmark_safe\b|\bSafeString\b|\bformat_html\b|__html__")
    found = {path for path, text in sources().items() if marking.search(text)}
    assert {path for path in found if not path.startswith("qcportal/ui/")} == set()


def test_templates_never_compare_a_state_of_a_submission() -> None:
    values = "|".join(State.values)
    compare = re.compile(
        r"(?:submission|entry)\.state\w*\s*(?:==|!=|in\b)"
        rf"|submission\.state\w*\s*\}}\}}\s*(?:==|!=)|\.state_enum|State\.(?:{values})"
    )
    found = [
        f"{name}: {match.group()}"
        for name, text in templates().items()
        for match in [compare.search(text)]
        if match
    ]
    assert found == []


def test_scripts_of_pages_evaluate_nothing_and_fetch_from_here() -> None:
    dangerous = re.compile(r"\beval\(|new Function|document\.write|https?://")
    scripts = {
        path.name: path.read_text("utf-8")
        for path in sorted((ROOT / "static" / "js").glob("*.js"))
    }
    assert {name for name, text in scripts.items() if dangerous.search(text)} == set()
    # Only fragments the portal itself rendered, and a button's own words.
    writing = {name for name, text in scripts.items() if "innerHTML =" in text}
    assert writing == {
        "editor.js", "page.js", "poll.js", "together.js",
    }  # fmt: skip


# --- documents ----------------------------------------------------------------------


def test_decisions_are_numbered_without_gap_and_short() -> None:
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    numbers = [int(path.name[:4]) for path in decisions]
    assert numbers == list(range(1, len(decisions) + 1))
    long = {p.name for p in decisions if len(p.read_text("utf-8").splitlines()) > 30}
    assert long == set()


def test_links_between_documents_lead_somewhere() -> None:
    link = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")
    broken = [
        f"{path.relative_to(ROOT)}: {target}"
        for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
        for target in link.findall(path.read_text("utf-8"))
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_the_manual_quotes_words_that_stand_on_pages() -> None:
    scripts = (ROOT / "static" / "js").glob("*.js")  # they say a few words themselves
    shown = "".join([*sources().values(), *pages().values()])
    shown += "".join(path.read_text("utf-8") for path in scripts)
    invented = [
        f"{path.name}: {words}"
        for path in sorted((ROOT / "docs" / "manual").glob("*.md"))
        for words in re.findall(r"\*\*(.+?)\*\*", path.read_text("utf-8"))
        if words not in shown
    ]
    assert invented == []
