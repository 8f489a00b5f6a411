"""The console on its way, which process this is, what importing costs, the local record."""

import io
import subprocess
import sys

import pytest

from trainer_bridge.join import hooks
from trainer_bridge.join.local import LocalRun, Meta, recorded_runs
from trainer_bridge.join.ranks import Rank, this_process
from trainer_bridge.join.tee import Capture, Lines, Tee
from trainer_bridge.join.wish import wish


def texts(lines):
    return [line.text for line in lines]


def test_lines_are_whole_and_bars_collapse():
    lines = Lines()
    lines.feed("stdout", "one\ntw")
    lines.feed("stderr", "10%\r50%\r100%\n")
    assert texts(lines.take() + lines.take()) == ["one", "100%"]
    lines.feed("stdout", "o\n\x1b[31mred\x1b[0m")
    assert texts(lines.take()) == ["two"]
    assert texts(lines.rest()) == ["\x1b[31mred\x1b[0m"]
    assert lines.rest() == []


def test_more_output_than_is_kept_is_cut(monkeypatch):
    monkeypatch.setattr("trainer_bridge.join.tee.MAX_BYTES", 10)
    lines = Lines()
    lines.feed("stdout", "12345678901\n")
    lines.feed("stdout", "after\n")
    assert (texts(lines.take()), lines.cut) == (["12345678901"], True)


def test_a_tee_is_the_stream_in_everything_else():
    stream, lines = io.StringIO(), Lines()
    tee = Tee(stream, "stdout", lines)
    print("to both", file=tee)
    tee.writelines(["a\n", "b\n"])
    assert stream.getvalue() == "to both\na\nb\n"
    assert texts(lines.take()) == ["to both", "a", "b"]
    assert (tee.isatty(), tee.readable()) == (False, True)


def test_a_capture_gives_back_what_was_there(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)  # a service without a console
    before = sys.stdout
    capture = Capture()
    print("seen")
    capture.end()
    assert texts(capture.lines.take()) == ["seen"]
    assert sys.stdout is before
    assert sys.stderr is None


def test_one_process_alone(monkeypatch):
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):
        monkeypatch.delenv(name, raising=False)
    assert this_process() == Rank()
    assert Rank().own_key("system/cpu") == "system/cpu"


def test_processes_of_one_launch_agree_and_keep_their_samples_apart(monkeypatch):
    monkeypatch.setenv("WORLD_SIZE", "2")
    found = []
    for rank in ("0", "1"):
        monkeypatch.setenv("RANK", rank)
        monkeypatch.setenv("LOCAL_RANK", rank)
        found.append(this_process())
    first, second = found
    assert first.launch == second.launch != ""
    assert (first.source, second.source) == ("trainer", "rank1")
    assert second.own_key("system/cpu") == "system/rank1/cpu"
    monkeypatch.setenv("MASTER_PORT", "29999")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "2")
    assert this_process().launch != first.launch
    assert this_process().attempt == 3
    monkeypatch.setenv("LOCAL_RANK", "0")  # the first of another machine
    assert not this_process().on_first_node


def test_what_is_not_given_comes_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("TRAINBOARD_SERVER", "http://there:1")
    monkeypatch.setenv("TRAINBOARD_TOKEN", "secret")
    monkeypatch.setenv("TRAINBOARD_DIR", str(tmp_path))
    asked = wish(project="mine")
    assert (asked.server, asked.token, asked.project, asked.folder) == (
        "http://there:1",
        "secret",
        "mine",
        tmp_path,
    )
    assert wish(server="http://here").server == "http://here"


def test_importing_is_cheap_and_gives_names_when_they_are_asked_for():
    code = (
        "import sys, trainer_bridge\n"
        "heavy = {'torch', 'transformers', 'numpy', 'websockets', 'msgspec', 'psutil'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "trainer_bridge.start_run\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
        "try: trainer_bridge.nothing\n"
        "except AttributeError: print('fine')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.returncode) == ("fine\n", 0), done.stderr


def test_a_hook_acts_once_the_module_is_there(tmp_path, monkeypatch):
    (tmp_path / "made_for_this_test.py").write_text("value = 1")
    monkeypatch.syspath_prepend(tmp_path)
    seen = []
    hooks.when_imported("made_for_this_test", lambda module: seen.append(module.value))
    assert seen == []
    import made_for_this_test

    assert seen == [1]
    hooks.when_imported("made_for_this_test", lambda module: seen.append(module.value + 1))
    assert seen == [1, 2]
    assert type(made_for_this_test.__loader__).__module__ != hooks.__name__


def test_a_record_holds_no_token_and_goes_away_with_the_last_of_it(tmp_path):
    local = LocalRun.create(tmp_path / "all" / "abcdefgh", Meta(run="abcdefgh", project="p"))
    assert [found.meta.run for found in recorded_runs(tmp_path / "all")] == ["abcdefgh"]
    assert [found.meta.run for found in recorded_runs(local.folder)] == ["abcdefgh"]
    assert "token" not in (local.folder / "meta.json").read_text()
    assert (local.folder / "meta.json").stat().st_mode & 0o077 == 0
    local.spool("rank1").write_bytes(b"")
    local.spool("trainer").write_bytes(b"")
    assert local.sources() == ["rank1", "trainer"]
    local.remove_delivered("trainer")
    assert local.folder.exists()
    local.remove_delivered("rank1")
    assert not (tmp_path / "all").exists()


@pytest.mark.parametrize("content", [None, "{", "[]", '{"attempt": 1}'])
def test_a_damaged_record_is_passed_over(tmp_path, content):
    if content is not None:
        (tmp_path / "meta.json").write_text(content)
    assert list(recorded_runs(tmp_path)) == []
