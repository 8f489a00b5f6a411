"""The console log becomes lines as it grows."""

from tqdm import tqdm

from trainer_bridge import console
from trainer_bridge.console import ConsoleTail, last_lines
from trainer_bridge.console_text import LineCutter, plain, visible


def texts(lines) -> list[str]:
    return [line.text for line in lines]


def test_lines_come_as_they_are_completed(tmp_path):
    path = tmp_path / "console.log"
    tail = ConsoleTail(path)
    assert tail.read() == []
    with path.open("w", buffering=1) as file:
        file.write("one\ntwo\nthr")
        file.flush()
        assert texts(tail.read()) == ["one", "two"]
        assert tail.read() == []
        file.write("ee\nlast")
    assert texts(tail.read()) == ["three"]
    assert texts(tail.rest()) == ["last"]
    assert tail.rest() == []


def test_a_progress_bar_is_one_line(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"before\n\r 1%\r50%\x1b[K\r\x1b[31m100%\x1b[0m\nafter\r\n")
    assert texts(ConsoleTail(path).read()) == ["before", "\x1b[31m100%\x1b[0m", "after"]


def test_a_real_bar_within_a_bar_is_two_lines_however_it_is_read(tmp_path):
    path = tmp_path / "console.log"
    with path.open("w") as file:
        for _ in tqdm(range(2), "outer", file=file, mininterval=0, ascii=True):
            for _ in tqdm(range(3), "inner", file=file, mininterval=0, ascii=True, leave=False):
                pass
        file.write("after\n")
    written = path.read_bytes().decode()  # read_text() takes "\r" for the end of a line
    for size in (1, 7, len(written)):
        cutter = LineCutter()
        pieces = [written[at : at + size] for at in range(0, len(written), size)]
        bar, after = [line for piece in pieces for line in cutter.feed(piece)]
        assert bar.startswith("outer: 100%")
        assert after == "after"


def test_a_bar_that_ended_is_told_once_nothing_follows(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"\r 1%\r100%\n")
    tail = ConsoleTail(path)
    assert tail.read() == []
    assert texts(tail.read()) == ["100%"]
    assert tail.read() == tail.rest() == []


def test_colours_stay_and_other_escapes_go():
    assert (
        visible("\x1b]0;title\x07\x1b[2K\x1b[1;31mred\x1b[0m\x1b[?25l \x1b(Bend\x08")
        == "\x1b[1;31mred\x1b[0m end"
    )
    assert plain("\x1b[1;31mred\x1b[m") == "red"


def test_a_letter_cut_between_two_reads_is_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "CHUNK", 3)
    path = tmp_path / "console.log"
    path.write_text("aé█\n")
    assert texts(ConsoleTail(path).rest()) == ["aé█"]


def test_long_lines_are_cut_and_bad_bytes_replaced(tmp_path):
    path = tmp_path / "console.log"
    path.write_bytes(b"x" * 20_000 + b"\n\xff\n")
    first, second = texts(ConsoleTail(path).read())
    assert first == "x" * 10_000 + " … (10000 more characters)"
    assert second == "\N{REPLACEMENT CHARACTER}"


def test_a_flood_is_cut_and_said(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "MAX_BYTES", 1000)
    monkeypatch.setattr(console, "CHUNK", 500)
    path = tmp_path / "console.log"
    path.write_text("0123456789\n" * 1000)
    tail = ConsoleTail(path)
    assert 90 < len(tail.rest()) < 150
    assert tail.cut


def test_a_long_line_without_an_end_does_not_hide_what_follows(tmp_path, monkeypatch):
    monkeypatch.setattr(console, "CHUNK", 100)
    path = tmp_path / "console.log"
    path.write_text("y" * 450 + "\nend\n")
    assert texts(ConsoleTail(path).rest()) == ["y" * 450, "end"]


def test_the_last_lines_of_a_log(tmp_path):
    path = tmp_path / "console.log"
    path.write_text("\n".join(map(str, range(100))) + "\n")
    assert last_lines(path, 2) == "98\n99"
    assert last_lines(tmp_path / "none") == ""
