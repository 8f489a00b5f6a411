"""The whole journey in a real browser: from the log-in link to an export that gives what was logged."""

import csv
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.helpers import (
    TRAINING,
    api,
    download,
    expect_state,
    field,
    launch,
    new_run,
    project_tab,
    rehearse,
    run_example,
    run_id,
    set_fields,
    stop,
    sweep_over,
    tab,
    wait_for_points,
)
from tests.live import PROJECT, LiveTrainboard

pytestmark = [pytest.mark.browser, pytest.mark.training, pytest.mark.slow]

#: A script in the style of transformers' examples.
SCRIPT = PROJECT / "tests" / "trainer_bridge" / "own" / "scripts" / "fit_line.py"
#: Loads an export as a stranger would and measures it on the split that the run was measured on.
MEASURE = """
import json, sys, tempfile
from transformers import AutoModelForImageClassification
from trainer_bridge.spec import build_trainer

built = build_trainer(json.loads(sys.argv[1]), tempfile.mkdtemp())
built.trainer.model = AutoModelForImageClassification.from_pretrained(sys.argv[2])
print("measured", built.trainer.evaluate()["eval_accuracy"])
"""

#: What a checkpoint is before its checksums are taken, while they are, and after.
WHOLE = re.compile("complete|checking|verified")


def test_journey(page: Page, trainboard: LiveTrainboard, tmp_path: Path) -> None:
    log_in(page, trainboard)
    stopped = run_an_example_and_stop_it(page, trainboard)
    run = launch_a_run_and_watch_it(page)
    keep_a_form_and_start_from_a_run(page, run)
    sweep = launch_a_sweep_and_watch_it(page)
    compare_the_best(page)
    use_the_workspace(page, run, stopped, tmp_path)
    export_the_best(page, run, tmp_path)
    export_of_the_sweep(page, sweep, tmp_path)
    care_for_a_checkpoint(page)
    learn_from_an_uploaded_table(page, tmp_path)
    train_a_script_as_it_is(page, trainboard)


def log_in(page: Page, trainboard: LiveTrainboard) -> None:
    page.goto(trainboard.link)
    expect(page.get_by_role("heading", level=1)).to_have_text("Train something in the next minute")
    expect(page.get_by_role("button", name="Run example")).to_have_count(3)


def run_an_example_and_stop_it(page: Page, trainboard: LiveTrainboard) -> str:
    run = run_example(page, "Handwritten digits")
    expect_state(page, "running")
    before = wait_for_points(page, "train/loss", 2)
    # The training goes on while there is no web; the page comes back by itself.
    trainboard.child("serve").kill()
    wait_for_points(page, "train/loss", before + 2)
    expect(page.locator("#run-header .steps")).to_contain_text("/ ")
    stop(page)
    expect_state(page, "stopped")
    reached = api(page, f"runs/{run}")
    assert 0 < reached["step"] < reached["max_steps"]
    # Every fifth step was logged: none is lost, none is doubled, and the page shows them all.
    assert reached["summaries"]["train/loss"]["count"] == reached["step"] // 5
    assert wait_for_points(page, "train/loss", reached["step"] // 5) == reached["step"] // 5
    tab(page, "Checkpoints")
    row = page.get_by_role("row", name=str(reached["step"])).first
    expect(row).to_contain_text(WHOLE)
    return run


def launch_a_run_and_watch_it(page: Page) -> str:
    new_run(page, "digits-vit")
    set_fields(page, num_train_epochs="-1")
    expect(page.locator("#launch-button")).to_have_attribute("aria-disabled", "true")
    set_fields(page, num_train_epochs="3", name="three epochs", tags="journey")
    set_a_folded_argument(page)
    rehearse_it(page)
    launch(page, "Launch")
    expect(page.get_by_role("heading", level=1)).to_have_text("three epochs")
    tab(page, "Console")
    expect(page.locator("#console")).to_contain_text("eval_accuracy", timeout=TRAINING)
    expect_state(page, "finished")
    tab(page, "Charts")
    wait_for_points(page, "eval/accuracy", 3)
    return run_id(page)


def keep_a_form_and_start_from_a_run(page: Page, run: str) -> None:
    """A form survives a reload, is text and text is it, is kept as a preset, and begins with a run; by keyboard."""
    new_run(page, "digits-vit")
    set_fields(page, learning_rate="5e-3")
    page.wait_for_url(re.compile(r"set\.learning_rate=5e-3"))
    page.reload()
    expect(field(page, "learning_rate")).to_have_value("5e-3")
    page.get_by_role("button", name="View as YAML").press("Enter")
    text = page.get_by_label("The specification as YAML")
    expect(text).to_be_focused()
    text.fill("recipe: digits-vit\nargs:\n  lerning_rate: 1\n")
    expect(page.locator("#form-sheet")).to_contain_text("line 3, column 3")
    text.fill("recipe: digits-vit\nargs:\n  learning_rate: 6e-3\n")
    text.press("Control+Enter")
    expect(field(page, "learning_rate")).to_have_value("6e-3")
    page.get_by_role("button", name="Presets…").press("Enter")
    page.get_by_label("Name of the preset").fill("quick")
    page.get_by_label("Name of the preset").press("Enter")
    expect(page.get_by_text("Preset “quick” saved")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Presets…")).to_be_focused()
    page.goto(f"{page.url.partition('?')[0]}?from={run}&against={run}")
    expect(field(page, "num_train_epochs")).to_have_value("3")
    expect(page.locator("#form-sheet")).to_contain_text("The form is set like this run.")
    page.get_by_role("button", name="Presets…").press("Enter")
    page.get_by_role("button", name="Apply quick").press("Enter")
    expect(page.get_by_text("The preset “quick” changed learning_rate 2e-3 → 6e-3.")).to_be_visible()
    expect(field(page, "num_train_epochs")).to_have_value("3")


def rehearse_it(page: Page) -> None:
    """A mistake that only a real evaluation finds is said at its field; put right, the rehearsal goes well."""
    wrong = "Rehearsal: No metric is called acuracy. There are: loss, accuracy. Did you mean accuracy?"
    set_fields(page, metric_for_best_model="acuracy")
    field(page, "greater_is_better").select_option("true")
    rehearse(page)
    expect(page.locator(".rehearsed-problem")).to_have_text(wrong, timeout=TRAINING)
    page.locator("#rehearsal").get_by_role("link", name="metric_for_best_model").click()
    expect(field(page, "metric_for_best_model")).to_be_focused()
    set_fields(page, metric_for_best_model="accuracy")
    expect(page.locator("[data-rehearsal-outdated]")).to_be_visible()
    rehearse(page)
    expect(page.locator("#rehearsal")).to_contain_text("It runs.", timeout=TRAINING)
    expect(page.locator("#rehearsal")).to_contain_text("20 × 3 epochs =")
    expect(page.locator("#summary")).to_contain_text("from the rehearsal")


def set_a_folded_argument(page: Page) -> None:
    """Found by a word of its help, mended where its message says; a caution at another field goes with a reset."""
    options = field(page, "lr_scheduler_kwargs")
    expect(options).not_to_be_visible()
    page.get_by_placeholder("Search fields").fill("num_cycles")
    options.fill('{\n  "num_cycles" 0.5}')
    options.blur()
    expect(page.locator("#f-args-lr_scheduler_kwargs-error")).to_contain_text("line 2, column 16")
    expect(page.locator("#launch-button")).to_contain_text("Fix 1 problem")
    options.fill('{"num_cycles": 0.5}')
    expect(page.locator("#f-args-lr_scheduler_kwargs-error")).to_be_empty()
    page.get_by_placeholder("Search fields").fill("")
    expect(options).not_to_be_visible()
    set_fields(page, weight_decay="2")
    expect(page.locator("#f-args-weight_decay-caution")).to_contain_text("very strong")
    field(page, "weight_decay").focus()  # the button shows with the focus, or under the pointer
    page.get_by_label("Reset weight_decay").click()
    expect(page.locator("#f-args-weight_decay-caution")).to_be_empty()


def launch_a_sweep_and_watch_it(page: Page) -> str:
    new_run(page, "digits-vit")
    set_fields(page, num_train_epochs="1", name="small grid")
    sweep_over(page, learning_rate="0.001, 0.004", seed="1, 2")
    # Any sampler but a grid needs a number of trials: one is proposed, and a small space tells its own.
    sampler = page.locator("[name='plan.sampler']")
    sampler.select_option("random")
    expect(page.locator("[name='plan.trials']")).to_have_value("20")
    expect(page.locator("#launch-button")).to_contain_text("Launch 4 trials")
    sampler.select_option("grid")
    expect(page.locator("[name='plan.trials']")).to_have_value("")
    page.route("**/new/rehearse", lambda route: None)  # a rehearsal that does not come to its end
    launch(page, "4")
    expect(page.get_by_role("button", name="Skip rehearsal")).to_be_visible()
    page.locator("#rehearsal").get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("button", name="Skip rehearsal")).to_be_hidden()
    page.unroute("**/new/rehearse")
    launch(page, "4")
    # It is launched by itself once its rehearsal has gone well.
    page.wait_for_url(re.compile(r"/s/\w+"), timeout=TRAINING)
    expect(page.get_by_role("heading", level=1)).to_have_text("small grid")
    finished = page.locator("#trials tbody tr", has_text="finished")
    expect(finished).to_have_count(4, timeout=TRAINING)
    expect(page.locator("#trials .best")).to_have_count(1)
    expect(page.locator("#parallel svg").first).to_be_visible()
    return page.url.rpartition("/s/")[2].partition("?")[0]


def compare_the_best(page: Page) -> None:
    page.reload()  # the links to the best belong to the page as it was asked for
    page.get_by_role("link", name="Compare top 3").click()
    metrics = page.get_by_role("region", name="Metrics of the compared")
    # Two learning rates with two seeds each: of the best three one stands alone.
    expect(metrics.get_by_role("row", name="eval/accuracy")).to_contain_text("one seed, no interval")
    page.get_by_role("button", name="Group seeds").click()
    expect(metrics.get_by_role("row", name="eval/accuracy").locator(".best").first).to_be_visible()
    expect(page.get_by_role("region", name="Configuration of the compared runs")).to_contain_text(
        "learning_rate"
    )
    wait_for_points(page, "eval/accuracy", 1)


def use_the_workspace(page: Page, run: str, stopped: str, folder: Path) -> None:
    project_tab(page, "Runs")
    expect(page.locator("#workspace[data-ready]")).to_be_visible()
    expect(page.locator(f'tr[data-run="{run}"]')).to_contain_text("three epochs")
    eye = page.locator(f'tr[data-run="{stopped}"] [data-eye]')
    shown = eye.get_attribute("aria-pressed")
    eye.click()
    expect(eye).to_have_attribute("aria-pressed", "false" if shown == "true" else "true")
    header = page.get_by_role("columnheader", name="Run", exact=True)
    header.get_by_role("link").click()
    expect(page.locator("th.name-column[aria-sort]").first).to_be_visible()
    filter_by_typing(page)
    act_on_ticked_runs(page, stopped)
    page.get_by_label("Export the runs").click()
    table = download(page, page.get_by_role("link", name="CSV", exact=True), folder)
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 6
    assert {row["state"] for row in rows} == {"finished", "stopped"}


def filter_by_typing(page: Page) -> None:
    """Keys and values are completed; a wrong key is put right; the rows follow, and the address."""
    bar = page.get_by_role("combobox", name="Filter runs")
    page.keyboard.press("/")
    bar.press_sequentially("stat")
    expect(page.get_by_role("option").first).to_contain_text("state")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(bar).to_have_value("state:")
    page.get_by_role("option", name="stopped").click()
    expect(page.locator("tr[data-run]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"q=state%3Astopped"))
    bar.fill("eval/acuracy>0.1")
    page.get_by_role("button", name="Use eval/accuracy").click()
    expect(page.locator("tr[data-run]").first).to_be_visible()
    expect(bar).to_have_value("eval/accuracy>0.1")
    bar.fill("")
    bar.press("Enter")
    expect(page.locator("[data-query-count]")).to_have_text("6 runs")


def act_on_ticked_runs(page: Page, run: str) -> None:
    """A tag for the ticked run; deleted, and back again."""
    row = page.locator(f'tr[data-run="{run}"]')
    row.get_by_role("checkbox").check()
    page.keyboard.press("t")
    page.get_by_label("Add", exact=True).fill("kept")
    page.get_by_role("button", name="Change tags").click()
    expect(row).to_contain_text("+1")
    row.get_by_role("checkbox").check()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(row).to_have_count(0)
    page.locator("[data-undo-all]").click()
    expect(row).to_be_visible()


def care_for_a_checkpoint(page: Page) -> None:
    """Without a page load: a note, an alias, its bytes read again, and found by its alias."""
    project_tab(page, "Checkpoints")
    page.locator(".checkpoints a.run-name").first.click()
    sheet = page.get_by_role("region", name="Checkpoint", exact=True)
    sheet.get_by_label("Notes").fill("a good one")
    sheet.get_by_role("button", name="Save note").click()
    expect(page.get_by_text("Note saved")).to_be_visible()
    sheet.get_by_label("Alias", exact=True).fill("candidate")
    sheet.get_by_role("button", name="Give alias").click()
    expect(page.get_by_text("is candidate now")).to_be_visible()
    sheet.get_by_role("button", name="Verify now").click()
    expect(sheet.get_by_text("Every byte is being read")).to_be_visible()
    expect(sheet.get_by_text("checksums right")).to_be_visible(timeout=TRAINING)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.get_by_label("Filter checkpoints").fill("alias:candidate")
    expect(page.locator("[data-query-count]")).to_contain_text("1 of")
    expect(page.locator(".checkpoints tbody tr")).to_have_count(1)


def export_the_best(page: Page, run: str, folder: Path) -> None:
    page.goto(f"/r/{run}/charts")
    page.get_by_role("link", name="Export best checkpoint").click()
    archive = download(page, page.locator("[data-export-press]"), folder)
    logged = api(page, f"runs/{run}")
    assert measured(archive, logged["spec"], folder / "best") == pytest.approx(
        logged["summaries"]["eval/accuracy"]["max"], abs=1e-9
    )


def export_of_the_sweep(page: Page, sweep: str, folder: Path) -> None:
    page.goto(f"/s/{sweep}")
    page.get_by_role("link", name="Export best").click()
    expect(page.get_by_role("region", name="Export checkpoint")).to_contain_text("whole")
    archive = download(page, page.locator("[data-export-press]"), folder)
    assert zipfile.ZipFile(archive).testzip() is None


def learn_from_an_uploaded_table(page: Page, folder: Path) -> None:
    """A broken file is told by its line; of another the columns are chosen in the preview, then it is learned from."""
    new_run(page, "text-classification")
    expect(page.get_by_text("Upload a file")).to_be_visible()
    (folder / "broken.csv").write_text("text,label\nx,a\ny,b,c\n")
    page.get_by_label("Upload a file").set_input_files(folder / "broken.csv")
    expect(page.locator("#f-data-source-error")).to_have_text(re.compile("line 3 has 3 cells"))
    rows = "".join(
        f"{'fine' if n % 2 else 'poor'} thing {n},note {n},{'good' if n % 2 else 'bad'}\n" for n in range(40)
    )
    (folder / "table.csv").write_text(f"said,note,kind\n{rows}")
    page.get_by_label("Upload a file").set_input_files(folder / "table.csv")
    preview = page.locator("#data-preview")
    expect(preview.get_by_text("Which column is text")).to_be_visible(timeout=TRAINING)
    for role, column in (("text", "said"), ("label", "kind")):
        preview.get_by_label(role, exact=True).select_option(column)
    expect(preview.get_by_role("heading", name="The first batch")).to_be_visible(timeout=TRAINING)
    expect(preview.locator(".preview-parts")).to_contain_text("train 36")
    expect(field(page, "columns")).to_have_value('{"text":"said","label":"kind"}')
    set_fields(page, max_steps="4")
    launch(page, "Launch")
    expect_state(page, "finished")


def train_a_script_as_it_is(page: Page, trainboard: LiveTrainboard) -> None:
    """Put into the folder while the form is open: it is offered, watched, stopped, and swept over its own argument."""
    new_run(page, "digits-vit")
    (trainboard.data_dir / "scripts").mkdir()
    (trainboard.data_dir / "scripts" / SCRIPT.name).write_text(SCRIPT.read_text())
    expect(page.locator("#recipes-note")).to_be_visible(timeout=TRAINING)
    page.get_by_role("link", name="Show them").click()
    page.locator("button.recipe-card", has_text=SCRIPT.name).click()
    set_fields(page, max_steps="100000", logging_steps="1", points="64", name="my script")
    launch(page, "Launch")
    wait_for_points(page, "train/loss", 2)
    stop(page)
    expect_state(page, "stopped")
    tab(page, "Checkpoints")
    expect(page.get_by_role("row", name=WHOLE).first).to_be_visible()
    tab(page, "Overview")
    expect(page.get_by_text(f"python {SCRIPT.name} --do_train=true --points=64")).to_be_visible()
    new_run(page, SCRIPT.name)
    set_fields(page, max_steps="3", logging_steps="1", name="my sweep")
    sweep_over(page, start="0, 5")
    launch(page, "2")
    expect(page.get_by_role("heading", level=1)).to_have_text("my sweep", timeout=TRAINING)
    expect(page.locator("#trials tbody tr", has_text="finished")).to_have_count(2, timeout=TRAINING)


def measured(archive: Path, spec: dict, folder: Path) -> float:
    """The accuracy of an unzipped export, in a process of its own as a person would load it."""
    zipfile.ZipFile(archive).extractall(folder)
    model = next(folder.rglob("config.json")).parent
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, json.dumps(spec), str(model)],
        cwd=PROJECT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return float(done.stdout.rpartition("measured ")[2])
