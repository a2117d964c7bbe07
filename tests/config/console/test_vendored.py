import hashlib
import re
from pathlib import Path

from django.conf import settings

from config.console.navigation import SECTIONS
from config.console.tags import ICONS

ROOT = Path(settings.BASE_DIR)


def test_the_sprite_holds_exactly_the_icons_that_are_used():
    templates = "".join(path.read_text() for path in (ROOT / "templates").rglob("*.html"))
    named = set(re.findall(r'{% icon "([a-z0-9-]+)" %}', templates))
    named |= {page.icon for _heading, pages in SECTIONS for page in pages}
    held = set(re.findall(r'<symbol id="([a-z0-9-]+)"', (ROOT / "static" / ICONS).read_text()))
    assert named == held


def test_vendored_files_are_the_ones_that_were_reviewed():
    rows = re.findall(r"\| `([^`]+)` \| `([0-9a-f]{64})` \|", (ROOT / "static/vendor/VENDOR.md").read_text())
    assert rows
    for path, digest in rows:
        assert hashlib.sha256((ROOT / path).read_bytes()).hexdigest() == digest, path


def test_every_vendored_part_carries_its_licence():
    for folder in [*(ROOT / "static/vendor").iterdir(), *(ROOT / "tests/vendor").iterdir()]:
        assert not folder.is_dir() or (folder / "LICENSE").is_file(), folder


def test_no_template_carries_inline_script_or_style():
    for path in (ROOT / "templates").rglob("*.html"):
        text = path.read_text()
        assert not re.search(r"\son[a-z]+=|\sstyle=|<style", text), path
        # Data for django-allauth is no script: the browser does not run application/json.
        scripts = re.findall(r"<script\b[^>]*>", text)
        assert all("src=" in script or 'type="application/json"' in script for script in scripts), path
