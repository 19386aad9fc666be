"""The child that opens uploads: its answer, its limits, its end."""

import io
import subprocess
import sys

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile
from PIL import Image

from qcportal.documents import inspecting, uploads
from qcportal.refusals import Refused
from tests import factories

MIB = 1024 * 1024


@pytest.fixture(autouse=True)
def apart(settings):
    settings.INSPECT_UPLOADS_APART = True


def test_sound_file_is_seen_and_left_at_its_start():
    given = factories.pdf_file(pages=3)
    inspected = uploads.inspect(given, ["pdf"], MIB)
    assert (inspected.extension, inspected.pages) == ("pdf", 3)
    assert given.tell() == 0


def test_file_on_disk_is_read_in_place():
    content = factories.png_file().read()
    given = TemporaryUploadedFile("照片.png", "image/png", len(content), None)
    given.write(content)
    given.flush()
    assert uploads.inspect(given, ["png"], MIB).size == len(content)
    assert given.read() == content


def test_refusal_of_the_child_is_the_sentence_of_the_page():
    broken = SimpleUploadedFile("报告.pdf", b"%PDF-1.7\n" + b"0" * 200)
    with pytest.raises(Refused) as refused:
        uploads.inspect(broken, ["pdf"], MIB, field="report")
    found = refused.value.refusals[0]
    assert (found.code, found.field) == ("file_broken", "report")
    assert "另存为 PDF" in found.message


def test_largest_picture_that_is_allowed_fits_the_limits():
    out = io.BytesIO()
    Image.new("RGB", (8000, 5000)).save(out, "JPEG", progressive=True)
    given = SimpleUploadedFile("大.jpg", out.getvalue())
    assert uploads.inspect(given, ["jpg"], 20 * MIB).extension == "jpg"


@pytest.mark.parametrize(
    ("program", "ending"),
    [
        ("import inspector; inspector.limit(); bytearray(900 << 20)", "MemoryError"),
        ("import os; os.abort()", "ended with -6"),
    ],
)
def test_child_that_dies_is_a_refusal_and_a_line_in_the_log(
    tmp_path, monkeypatch, caplog, program, ending
):
    file = tmp_path / "dying.py"
    folder = inspecting.INSPECTOR.parent
    file.write_text(f"import sys; sys.path.insert(0, {str(folder)!r})\n{program}\n")
    monkeypatch.setattr(inspecting, "INSPECTOR", file)
    with pytest.raises(Refused) as refused:
        uploads.inspect(factories.pdf_file(), ["pdf"], MIB)
    assert refused.value.codes == ["file_not_inspected"]
    assert "“成果报告.pdf”太大或太复杂" in str(refused.value)
    assert ending in caplog.text


def test_child_that_takes_too_long_is_ended(tmp_path, monkeypatch, caplog):
    file = tmp_path / "sleeping.py"
    file.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(inspecting, "INSPECTOR", file)
    monkeypatch.setattr(inspecting, "SECONDS", 0.5)
    with pytest.raises(Refused) as refused:
        uploads.inspect(factories.pdf_file(), ["pdf"], MIB)
    assert refused.value.codes == ["file_not_inspected"]
    assert "was ended after 0.5 s" in caplog.text


def test_child_has_no_keys_and_loads_no_framework():
    code = (
        "import sys, runpy; runpy.run_path(sys.argv[1], run_name='__main__'); "
        "print(sorted({'celery', 'django'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(inspecting.INSPECTOR)],
        stdin=inspecting._as_file(factories.pdf_file()), capture_output=True,
        check=True, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "[]"
    assert set(inspecting.KEPT_ENVIRONMENT) == {"LD_LIBRARY_PATH", "SYSTEMROOT"}
