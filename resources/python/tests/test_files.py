"""Where this package and Equipoise must say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from equipoise import _files, _record

CORE = Path(__file__).resolve().parents[3] / "core" / "run"
pytestmark = pytest.mark.skipif(not CORE.is_dir(), reason="the sources of Equipoise are not here")


def numbers_in(text: str) -> set[int]:
    return {int(number, 16) for number in re.findall(r"0x([0-9a-fA-F]+)", text)}


def between(file: str, begin: str, end: str) -> str:
    text = (CORE / file).read_text()
    return text[text.index(begin) : text.index(end, text.index(begin))]


def test_the_schema_is_that_of_the_program():
    theirs = between("run_rows.cpp", 'R"(', ')";')[3:]
    assert _record.SCHEMA.split() == theirs.split()


def test_the_network_file_systems_are_those_of_the_program():
    assert _files._NETWORK_TYPES == numbers_in(between("journal.cpp", "kNetworkTypes[]{", "};"))


def test_the_letters_of_names_are_those_of_the_program():
    ranges = {number for pair in _files._NO_LETTERS for number in pair}
    assert ranges == numbers_in(between("slug.cpp", "kNoLetters[]", "};"))


@pytest.mark.parametrize(
    "name, slug",
    [
        ("Two digits", "two-digits"),
        ("  a/b\\c: 1.5 ", "a-b-c-1-5"),
        ("Größe Ärger", "größe-Ärger"),
        ("日本語 🎉 1", "日本語-1"),
        ("¿?…", "run"),
        ("../..", "run"),
    ],
)
def test_names_of_folders(name, slug):
    assert _files.slug_of(name) == slug


def test_long_names_are_cut_at_a_character():
    slug = _files.slug_of("ä" * 200)
    assert len(slug.encode()) <= 120 and re.fullmatch("ä+-[0-9a-f]{8}", slug)
    assert _files.slug_of("ä" * 201) != slug


def test_a_run_on_a_network_has_no_log_beside_it(tmp_path, monkeypatch):
    import equipoise
    from conftest import Reader

    monkeypatch.setattr(_record, "is_on_network", lambda folder: True)
    with equipoise.Run(tmp_path, tasks=["a"]) as run:
        run._recorder._pace._next = 0
        run.log(1, [1])
        assert not list(run.folder.glob("run.sqlite-*"))
        assert Reader(run.folder).rows("PRAGMA journal_mode") == [("delete",)]
    assert Reader(run.folder).rows("SELECT step FROM steps") == [(1,)]
