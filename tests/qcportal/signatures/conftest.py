import pytest

from qcportal.documents import pdf
from tests.qcportal.signatures import signed

PAPER = """<html lang="zh-Hans"><head><title>意见表</title></head><body>
<h1>成果评分与推荐意见表</h1><p>同意推荐。</p><p>（单位盖章）</p><p>（推荐单位盖章）</p>
</body></html>"""


@pytest.fixture(scope="session")
def plain_paper() -> bytes:
    """A paper as it comes out of the renderer, not signed."""
    return pdf.render_html(PAPER, identifier="paper-1")


@pytest.fixture
def signing_dir(settings, tmp_path):
    """The portal's own key, of an association."""
    issued = signed.leaf("某市质量协会文件章", "某市质量协会")
    settings.SIGNING_DIR = str(signed.keep(tmp_path / "signing", issued))
    return tmp_path / "signing"


@pytest.fixture
def trusted(settings, tmp_path):
    """Trusted from outside: the authority called 可信机构."""
    folder = signed.trust(tmp_path / "trusted", "可信机构")
    settings.TRUSTED_CERTIFICATES_DIR = str(folder)
    return folder
