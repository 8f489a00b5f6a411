"""The export sheet: what it shows before the press, and what comes of it."""

from pathlib import Path

import pytest
from django.urls import reverse

from runs.checkpoints.register import register
from runs.exports.begin import cancel
from runs.models import Checkpoint, Export, HubToken
from tests.runs.checkpoints.folders import event, new_run, write_checkpoint

FETCH = {"X-Requested-With": "fetch"}


@pytest.fixture
def saved(settings, tmp_path, monkeypatch, db) -> Checkpoint:
    settings.RUNS_DIR, settings.EXPORTS_DIR = tmp_path / "runs", tmp_path / "exports"
    monkeypatch.setenv("TRAINBOARD_DATA_DIR", str(tmp_path))
    run = new_run(name="vit")
    write_checkpoint(tmp_path / "runs" / run.pk / "checkpoints" / "checkpoint-40", 40)
    return register(run.pk, 1, event(40, metrics={"eval/accuracy": 0.975}))


def sheet(client, checkpoint: Checkpoint, **options: str) -> str:
    response = client.get(reverse("checkpoint_sheet", args=[checkpoint.pk]), options, headers=FETCH)
    assert response.status_code == 200
    return response.content.decode()


def press(client, checkpoint: Checkpoint, script: bool = True, **options: str):
    url = reverse("checkpoint_export", args=[checkpoint.pk])
    return client.post(url, options, headers=FETCH if script else {})


def test_every_file_with_its_size_before_the_press(owner_client, saved):
    seen = sheet(owner_client, saved)
    assert "model.safetensors" in seen
    assert "optimizer.pt" not in seen
    assert "optimizer.pt" in sheet(owner_client, saved, contents="full")
    assert "≈" in sheet(owner_client, saved, form="onnx")


def test_what_does_not_go_together_stands_at_its_field(owner_client, saved):
    seen = sheet(owner_client, saved, form="onnx", dtype="float16")
    assert "ONNX is written as float32" in seen
    assert '<option value="float16" selected>' in seen


def test_a_press_leads_to_the_download(owner_client, saved):
    answer = press(owner_client, saved, archive="tar")
    assert answer.status_code == 201
    state = owner_client.get(answer.json()["url"], headers=FETCH).content.decode()
    export = Export.objects.get()
    assert reverse("export_download", args=[export.pk]) in state
    response = owner_client.get(reverse("export_download", args=[export.pk]))
    assert (response.status_code, response["Content-Type"]) == (200, "application/x-tar")
    assert 'filename="vit-step-40.tar"' in response["Content-Disposition"]
    assert export.filename in sheet(owner_client, saved)


def test_without_a_script_the_press_leads_to_a_page(owner_client, saved):
    answer = press(owner_client, saved, script=False)
    assert answer.status_code == 303
    page = owner_client.get(answer["Location"]).content.decode()
    assert "<h1>vit @ 40</h1>" in page
    assert "Download</a>" in page


def test_a_mistake_keeps_what_was_typed(owner_client, saved):
    answer = press(owner_client, saved, script=False, to="folder", folder="/etc/vit")
    assert answer.status_code == 422
    page = answer.content.decode()
    assert 'value="/etc/vit"' in page
    assert "outside the folders that may be written here" in page
    said = press(owner_client, saved, to="folder", folder="/etc/vit").json()
    assert said["field"] == "folder"


def test_a_push_asks_for_the_token_and_keeps_it_unreadable(owner_client, saved):
    assert press(owner_client, saved, to="hub", repo="me/vit").json()["field"] == "token"
    assert press(owner_client, saved, to="hub", repo="me/vit", token="hf_secret-for-me").status_code == 201
    seen = sheet(owner_client, saved, to="hub")
    assert "…r-me is stored" in seen
    assert "hf_secret" not in seen
    owner_client.post(reverse("hub_token_forget"))
    assert not HubToken.objects.exists()


def test_how_far_it_is_and_cancelled(owner_client, saved):
    url = press(owner_client, saved, dtype="float16").json()["url"]
    export = Export.objects.get()
    assert "Waiting for a worker" in owner_client.get(url, headers=FETCH).content.decode()
    owner_client.post(reverse("export_cancel", args=[export.pk]), headers=FETCH)
    assert "given up" in owner_client.get(url, headers=FETCH).content.decode()
    assert owner_client.get(reverse("export_download", args=[export.pk])).status_code == 404
    cancel(export)


def test_an_export_is_for_who_asked(owner_client, saved, django_user_model, client):
    press(owner_client, saved)
    client.force_login(django_user_model.objects.create_user("ada", password="a long enough password"))
    export = Export.objects.get()
    for page in ("export_state", "export_download"):
        assert client.get(reverse(page, args=[export.pk])).status_code == 404
    assert client.post(reverse("export_cancel", args=[export.pk])).status_code == 404


def test_a_damaged_checkpoint_has_a_reason_and_no_button(owner_client, saved, settings):
    Path(settings.RUNS_DIR, saved.run_id, saved.path, "optimizer.pt").unlink()
    seen = sheet(owner_client, saved)
    assert "cannot be exported: optimizer.pt is missing" in seen
    assert "data-export-press" not in seen
    assert press(owner_client, saved).status_code == 422


def test_a_run_leads_to_the_sheet_of_its_best_checkpoint(owner_client, saved):
    response = owner_client.get(reverse("run_best_sheet", args=[saved.run_id]), follow=True)
    assert response.status_code == 200
    assert "data-export-press" in response.content.decode()


@pytest.mark.parametrize("count", [1, 3])
def test_the_sheet_costs_the_same_for_one_run_and_three(
    owner_client, saved, count, django_assert_max_num_queries
):
    for number in range(count):
        new_run(name=f"other {number}", spec={"recipe": "digits-vit", "args": {"seed": number}})
    sheet(owner_client, saved)
    with django_assert_max_num_queries(24):
        sheet(owner_client, saved, dtype="float16")
