"""The spool keeps what it was given, in order, through kills, damage and full disks."""

import errno
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer_bridge import spool as spool_module
from trainer_bridge import spool_file
from trainer_bridge.spool import Spool
from trainer_bridge.spool_file import HEADER_SIZE, SpoolBusy, leftover

payloads = st.lists(st.binary(max_size=300), max_size=30)


def everything(spool: Spool, after: int | None = None) -> list[bytes]:
    found: list[bytes] = []
    after = spool.acknowledged if after is None else after
    while batch := spool.pending(after + len(found), 7, 500):
        found += batch
    return found


@given(groups=st.lists(payloads, max_size=6), acknowledged=st.integers(0, 200))
@settings(max_examples=60, deadline=None)
def test_what_was_appended_and_not_acknowledged_is_there_after_reopening(
    tmp_path_factory, groups, acknowledged
):
    path = tmp_path_factory.mktemp("spool") / "a.spool"
    spool = Spool(path)
    for group in groups:
        spool.append(group)
    sent = [payload for group in groups for payload in group]
    spool.acknowledge(acknowledged)
    assert everything(spool) == sent[acknowledged:]
    spool.close()
    again = Spool(path)
    assert again.last == len(sent)
    kept = again.last - again.first + 1
    assert everything(again) == sent[len(sent) - kept :]
    assert kept >= len(sent) - acknowledged
    again.close()


@given(group=payloads, data=st.data())
@settings(max_examples=60, deadline=None)
def test_a_torn_or_damaged_tail_is_cut_and_the_rest_is_whole(tmp_path_factory, group, data):
    path = tmp_path_factory.mktemp("spool") / "a.spool"
    spool = Spool(path)
    spool.append(group)
    spool.close()
    raw = path.read_bytes()
    cut = data.draw(st.integers(0, len(raw)))
    path.write_bytes(raw[:cut] + data.draw(st.binary(max_size=20)))
    again = Spool(path)
    found = everything(again, 0)
    assert found == group[: len(found)]
    whole = sum(spool_file.RECORD_HEAD + len(payload) for payload in found) + HEADER_SIZE
    assert len(found) == len(group) or cut < whole + spool_file.RECORD_HEAD + len(group[len(found)])
    again.append([b"after"])
    assert everything(again, 0)[len(found) :] == [b"after"]
    again.close()


def test_a_flipped_bit_ends_the_file_there(tmp_path):
    path = tmp_path / "a.spool"
    spool = Spool(path)
    spool.append([b"one", b"two", b"three"])
    spool.close()
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"two")] ^= 1
    path.write_bytes(raw)
    again = Spool(path)
    assert (again.last, everything(again), again.cut_bytes) == (1, [b"one"], 3 + 5 + 16)
    again.close()


def test_acknowledged_events_leave_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "COMPACT_BYTES", 1000)
    path = tmp_path / "a.spool"
    spool = Spool(path)
    spool.append([b"x" * 100] * 100)
    spool.acknowledge(60)
    assert path.stat().st_size == HEADER_SIZE + 40 * 108
    spool.append([b"y"])
    assert everything(spool) == [b"x" * 100] * 40 + [b"y"]
    spool.acknowledge(101)
    spool.close()
    assert not leftover(path)
    assert Spool(path).last == 101  # numbers go on where they were


def test_only_one_process_has_it(tmp_path):
    path = tmp_path / "a.spool"
    spool = Spool(path)
    with pytest.raises(SpoolBusy):
        Spool(path)
    spool.close()
    Spool(path).close()


class FullDisk:
    """Takes some bytes of a write, then none until there is room again."""

    def __init__(self, monkeypatch) -> None:
        self.full = False
        self._pwrite = os.pwrite
        monkeypatch.setattr(spool_file.os, "pwrite", self.write)

    def write(self, descriptor, data, offset):
        if self.full:
            self._pwrite(descriptor, bytes(data)[:3], offset)
            raise OSError(errno.ENOSPC, "No space left on device")
        return self._pwrite(descriptor, data, offset)


def test_a_full_disk_keeps_events_in_memory_and_writes_them_later(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "RETRY_AFTER", 0.0)
    disk, path = FullDisk(monkeypatch), tmp_path / "a.spool"
    spool = Spool(path)
    spool.append([b"1", b"2"])
    disk.full = True
    assert spool.append([b"3", b"4"]) == 4
    assert spool.waiting == 2
    assert "No space" in spool.problem
    assert everything(spool) == [b"1", b"2", b"3", b"4"]
    disk.full = False
    spool.append([b"5"])
    assert (spool.waiting, spool.problem) == (0, "")
    spool.close()
    assert everything(Spool(path)) == [b"1", b"2", b"3", b"4", b"5"]


def test_events_acknowledged_out_of_memory_leave_no_gap_in_the_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "RETRY_AFTER", 0.0)
    disk, path = FullDisk(monkeypatch), tmp_path / "a.spool"
    spool = Spool(path)
    spool.append([b"1"])
    disk.full = True
    spool.append([b"2", b"3", b"4"])
    spool.acknowledge(3)
    assert everything(spool) == [b"4"]
    disk.full = False
    spool.append([b"5"])
    spool.close()
    again = Spool(path)
    assert (again.first, again.last, everything(again, 3)) == (4, 5, [b"4", b"5"])


def test_memory_is_bounded_and_what_is_dropped_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(spool_module, "MEMORY_BYTES", 10)
    disk = FullDisk(monkeypatch)
    spool = Spool(tmp_path / "a.spool")
    disk.full = True
    assert spool.append([b"12345"] * 5) == 2
    assert (spool.dropped, everything(spool)) == (3, [b"12345"] * 2)


def test_a_folder_that_cannot_be_made_is_a_problem_not_an_exception(tmp_path):
    (tmp_path / "file").write_text("")
    spool = Spool(tmp_path / "file" / "a.spool")
    spool.append([b"1"])
    assert spool.problem
    assert everything(spool) == [b"1"]
