"""The documents say what the code does."""

import re
from pathlib import Path

from tests.requirements import requirement

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_in_the_table_and_every_row_is_a_setting():
    code = (ROOT / "config" / "settings.py").read_text()
    read = set(re.findall(r'env\.(?:text|flag|integer|words|path)\(\s*"([A-Z_]+)"', code))
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "docs" / "settings.md").read_text(), re.MULTILINE))
    assert read == documented


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


def test_paths_in_the_documents_exist():
    pages = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
    named = {name for page in pages for name in re.findall(r"`([a-z_]+/[a-z_/]+\.(?:py|md))`", page.read_text())}
    assert named
    assert not [name for name in sorted(named) if not (ROOT / name).exists()]


@requirement("O19-documentation")
def test_o19_people_are_told_which_mcp_remote_is_safe():
    """Older ones run what the metadata of a hostile server says: CVE-2025-6514."""
    for page in ("README.md", "cli/clients/mcp-remote.toml"):
        assert re.search(r"mcp-remote\W.*0\.1\.16 or newer", (ROOT / page).read_text(), re.DOTALL), page
