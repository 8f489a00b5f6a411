"""The watched folders: what is read again when, and what the server and the person at the console are told."""

import logging

import pytest

from tests.runs.own_recipes import own_recipe
from trainer_bridge.own import watch
from trainer_bridge.own.files import FileProblem, OwnFile
from trainer_bridge.own.watch import OwnFiles
from trainer_bridge.own.wire import Catalogue, from_json
from trainer_bridge.rest import ServerAway


class Api:
    """Takes reports; ``away`` refuses them."""

    def __init__(self) -> None:
        self.reports: list[Catalogue] = []
        self.away = False

    def report_recipes(self, data: bytes) -> None:
        if self.away:
            raise ServerAway("nobody answers")
        self.reports.append(from_json(data))

    @property
    def names(self) -> list[str]:
        return [recipe.name for recipe in self.reports[-1].recipes]


@pytest.fixture
def reads(monkeypatch):
    """The names of the files that were read; a file's text is the name of its recipe, or "bad"."""
    names = []

    def read(launcher, kind, path):
        names.append(path.name)
        text = path.read_text().split()[0]
        if text == "bad":
            return Catalogue({}, (), (FileProblem(kind, path.name, "SyntaxError: no", 3),))
        return Catalogue({}, (own_recipe(text, own=OwnFile(kind, path.name, path.read_text())),))

    monkeypatch.setattr(watch.reader, "read", read)
    return names


@pytest.fixture
def api():
    return Api()


@pytest.fixture
def own(folders, api, reads):
    return OwnFiles(folders, None, api)


def test_files_are_read_once_and_told_once(own, api, reads, write):
    write("recipe/a.py", "first")
    write("script/b.py", "second ArgumentParser")
    own.look()
    own.look()
    assert reads == ["a.py", "b.py"]
    assert [report.folders for report in api.reports] == [own.places.to_json()]
    assert api.names == ["first", "second"]


def test_a_changed_file_is_read_again_and_only_that(own, api, reads, write):
    write("recipe/a.py", "first")
    write("recipe/b.py", "second")
    own.look()
    write("recipe/b.py", "third one")
    own.look()
    assert reads == ["a.py", "b.py", "b.py"]
    assert api.names == ["first", "third"]


def test_a_helper_that_changed_makes_all_of_its_folder_be_read(own, reads, write):
    write("recipe/a.py", "first")
    write("script/s.py", "script ArgumentParser")
    own.look()
    write("recipe/_helper.py", "x = 1")
    own.look()
    write("recipe/package/inside.py", "x = 1")
    own.look()
    assert reads == ["a.py", "s.py", "a.py", "a.py"]


def test_a_file_that_disappeared_is_told(own, api, write, caplog):
    caplog.set_level(logging.INFO, "trainer_bridge")
    path = write("recipe/a.py", "first")
    own.look()
    path.unlink()
    own.look()
    assert api.names == []
    assert "own recipe first (a.py): offered" in caplog.text
    assert "first is not offered any more" in caplog.text


def test_a_broken_file_is_named_with_its_line_and_the_others_go_on(own, api, write, caplog):
    write("recipe/a.py", "bad")
    write("recipe/b.py", "second")
    own.look()
    own.look()
    assert api.names == ["second"]
    assert [problem.place for problem in api.reports[-1].problems] == ["a.py, line 3"]
    assert caplog.text.count("own recipe a.py, line 3: SyntaxError: no") == 1


def test_of_two_files_with_one_name_the_first_has_it(own, api, write):
    write("recipe/a.py", "same")
    write("recipe/b.py", "same")
    own.look()
    assert [recipe.own.name for recipe in api.reports[-1].recipes] == ["a.py"]
    (problem,) = api.reports[-1].problems
    assert (problem.file, problem.sentence) == (
        "b.py",
        "The recipe same is in a.py already: give one of them another name.",
    )


def test_helpers_among_the_scripts_are_left_alone(own, api, reads, write):
    write("script/tools.py", "def help(): pass")
    write("script/_more.py", "ArgumentParser")
    own.look()
    assert reads == []
    assert api.reports[-1].recipes == ()


def test_a_server_that_was_away_is_told_when_it_is_back(own, api, write, caplog):
    api.away = True
    write("recipe/a.py", "first")
    own.look()
    own.look()
    assert caplog.text.count("cannot be told to the server") == 1
    api.away = False
    own.look()
    assert api.names == ["first"]


def test_what_did_not_change_is_told_again_after_a_while(own, api, monkeypatch):
    own.look()
    monkeypatch.setattr(watch, "TELL_EVERY", 0.0)
    own.look()
    assert len(api.reports) == 2


def test_more_than_the_server_takes_is_left_out(own, api, write, monkeypatch, caplog):
    write("recipe/a.py", "first")
    write("recipe/b.py", "second")
    own.look()
    monkeypatch.setattr(watch, "MAX_REPORT", 1500)
    monkeypatch.setattr(watch, "TELL_EVERY", 0.0)
    own.look()
    assert api.names == ["first"]
    assert "too many own recipes and scripts: second is left out" in caplog.text


def test_folders_that_are_not_there_offer_nothing(own, api, folders):
    folders.recipe.rmdir()
    folders.script.rmdir()
    own.look()
    assert (api.reports[-1].recipes, api.reports[-1].problems) == ((), ())


def test_more_files_than_are_read_are_named(own, api, write, monkeypatch):
    for name in "abcd":
        write(f"recipe/{name}.py", name)
    monkeypatch.setattr(watch, "MAX_FILES", 2)
    monkeypatch.setattr("trainer_bridge.own.places.MAX_FILES", 2)
    own.look()
    assert api.names == ["a", "b"]
    (problem,) = api.reports[-1].problems
    assert (problem.file, problem.sentence) == (
        "c.py",
        "It and 1 files after it are not read: 2 are, by name.",
    )
