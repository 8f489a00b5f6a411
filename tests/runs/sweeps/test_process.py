"""The process that has Optuna."""

import os
import signal

import pytest

from runs.sweeps.process import StudyError, StudyGone, StudyProcess
from tests.runs.sweeps.test_suggest import request


@pytest.fixture
def study():
    process = StudyProcess()
    yield process
    process.close()


def test_what_it_cannot_do_is_told_and_it_goes_on(study, capfd):
    for _ in range(2):
        with pytest.raises(StudyError, match="KeyError"):
            study.ask("nonsense", {})
    capfd.readouterr()


def test_one_that_gives_no_answer_in_time_is_ended(study):
    with pytest.raises(StudyGone):
        study.ask("suggest", request("random"), timeout=0.01)


@pytest.mark.slow
@pytest.mark.faults
def test_after_a_kill_the_next_request_starts_another(study):
    first = study.ask("suggest", request("tpe"))
    os.kill(study._process.pid, signal.SIGKILL)
    with pytest.raises(StudyGone):
        study.ask("suggest", request("tpe"))
    assert study.ask("suggest", request("tpe")) == first
