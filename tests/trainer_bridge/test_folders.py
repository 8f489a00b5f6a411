"""Which local paths a spec may name."""

from pathlib import Path

import pytest

from trainer_bridge import folders


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with a secret, and a folder beside it that is not open."""
    data = tmp_path / "data"
    (data / "datasets").mkdir(parents=True)
    (data / "secret-key").write_text("secret")
    (data / "datasets" / "a.csv").write_text("x")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "b.csv").write_text("x")
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(data))
    monkeypatch.delenv("TRAINBOARD_DATA_FOLDERS", raising=False)
    return data


def test_a_relative_path_is_looked_for_in_the_data_folder(data: Path) -> None:
    assert folders.find("a.csv", "datasets") == data / "datasets" / "a.csv"
    assert folders.find("*.csv", "datasets") == data / "datasets" / "*.csv"


@pytest.mark.parametrize(
    "path",
    [
        "{data}/secret-key",
        "../secret-key",
        "{data}/runs/../secret-key",
        "{data}",
        "*/../../secret-key",
        "/etc/passwd",
    ],
)
def test_what_is_not_open_is_refused(data: Path, path: str) -> None:
    said = folders.problem(path.format(data=data), "datasets")
    assert said is not None
    assert "TRAINBOARD_DATA_FOLDERS" in said


def test_a_folder_around_the_data_folder_does_not_open_its_secrets(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", "/")
    assert folders.problem(str(data / "secret-key"), "datasets") is not None
    assert folders.problem(str(data / "datasets" / "a.csv"), "datasets") is None


def test_data_is_not_read_out_of_runs(data: Path) -> None:
    (data / "runs" / "abc").mkdir(parents=True)
    token = data / "runs" / "abc" / "undelivered.json"
    token.write_text("token")
    assert "outside" in (folders.problem(str(token), "datasets") or "")
    assert folders.problem("abc/undelivered.json", "runs") is None


def test_a_link_does_not_lead_out(data: Path) -> None:
    (data / "datasets" / "link").symlink_to(data.parent / "other")
    assert "outside" in (folders.problem("link/b.csv", "datasets") or "")


def test_a_named_folder_is_open(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRAINBOARD_DATA_FOLDERS", str(data.parent / "other"))
    other = data.parent / "other" / "b.csv"
    assert folders.find(str(other), "datasets") == folders.find("b.csv", "datasets") == other


def test_what_is_missing_is_named(data: Path) -> None:
    assert (
        folders.problem("c.csv", "datasets")
        == f"There is no file or folder {data}/datasets/c.csv on this machine."
    )
