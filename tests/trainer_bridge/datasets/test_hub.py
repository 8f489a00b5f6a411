"""Datasets of the hub: configuration, split, revision, and what is said when there is no way to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trainer_bridge.datasets.conftest import Load
from tests.trainer_bridge.datasets.fake_hub import COMMIT, FakeHub
from trainer_bridge.data_choice import DataProblem


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub that the libraries take for theirs, with an empty cache."""
    hub = FakeHub()
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    template = hub.url + "/{repo_id}/resolve/{revision}/{filename}"
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", hub.url)
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("datasets.config.HF_ENDPOINT", hub.url)
    yield hub
    hub.close()


def test_a_configuration_is_read_with_its_splits_and_its_commit_kept(hub: FakeHub, load: Load) -> None:
    splits = load("me/words", config="en", eval_size=4)
    assert (len(splits.train), len(splits.evaluation), len(splits.test)) == (16, 4, 2)
    assert splits.labels == ["bad", "good"]
    assert splits.notes["fingerprint"] == f"hub:me/words@{COMMIT}"
    assert load("me/words", config="de", revision=COMMIT).labels == ["gut", "schlecht"]


def test_a_stream_of_the_hub_knows_its_columns_and_its_commit(hub: FakeHub, load: Load) -> None:
    splits = load("me/words", config="en", streaming=True, eval_size=2, shuffle_buffer=0)
    assert next(iter(splits.train)) == {"text": "yes", "label": 1}
    assert splits.notes["fingerprint"] == f"hub:me/words@{COMMIT}"


def test_what_was_read_once_is_there_without_a_network(hub: FakeHub, load: Load) -> None:
    load("me/words", config="en")
    hub.close()
    assert load("me/words", config="en").notes["fingerprint"] == f"hub:me/words@{COMMIT}"
    with pytest.raises(DataProblem, match=r"cannot be reached .*load_dataset\('me/other'\)"):
        load("me/other")


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        (
            "me/words",
            {},
            "data.config: me/words has several configurations, one must be named. There are: en, de.",
        ),
        ("me/words", {"config": "fr"}, "data.config: me/words has no configuration “fr”. There are: en, de."),
        (
            "me/words",
            {"config": "en", "revision": "v9"},
            "data.revision: me/words has no revision “v9” on the hub.",
        ),
        ("me/none", {}, "data.source: The hub has no dataset me/none, or it is private"),
        (
            "me/words",
            {"config": "en", "train_split": "trian"},
            "data.train_split: There is no split “trian”. Did you",
        ),
    ],
)
def test_what_the_hub_has_not_is_said(hub: FakeHub, load: Load, name: str, values: dict, said: str) -> None:
    with pytest.raises(DataProblem) as problem:
        load(name, **values)
    assert str(problem.value).startswith(said)
