from types import SimpleNamespace

import pytest

from trainer_bridge.printing import LogPrinter, log_line


def test_a_log_is_one_readable_line() -> None:
    logs = {"loss": 0.51234567, "learning_rate": 0.0012, "epoch": 1.5, "total_flos": 12}
    assert log_line(40, 180, logs) == "step 40/180  loss 0.5123  learning_rate 0.0012"


def test_values_that_are_no_numbers_are_printed_too() -> None:
    assert log_line(1, 2, {"loss": float("nan"), "note": "warm"}) == "step 1/2  loss nan  note warm"


@pytest.mark.parametrize(("first", "printed"), [(True, "step 3/9  loss 1\n"), (False, "")])
def test_only_the_first_process_prints(first: bool, printed: str, capsys: pytest.CaptureFixture[str]) -> None:
    state = SimpleNamespace(is_world_process_zero=first, global_step=3, max_steps=9)
    LogPrinter().on_log(None, state, None, logs={"loss": 1.0})
    assert capsys.readouterr().out == printed
