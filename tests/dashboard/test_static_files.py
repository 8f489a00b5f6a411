"""Files under /static/: ours and Plotly's, and nothing else of the disk."""

import pytest
from asgiref.testing import ApplicationCommunicator

from dashboard.asgi import application

pytestmark = pytest.mark.django_db(transaction=True)


async def get(path, *headers):
    """(status, headers) of one file."""
    scope = {
        "type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"",
        "root_path": "", "headers": [(b"host", b"127.0.0.1"), *headers],
    }  # fmt: skip
    request = ApplicationCommunicator(application, scope)
    await request.send_input({"type": "http.request"})
    start = await request.receive_output(5)
    return start["status"], dict(start["headers"])


@pytest.mark.parametrize("path", ["/static/css/tokens.css", "/static/plotly/plotly.min.js"])
async def test_a_file_is_served_to_anybody_with_its_type(path):
    status, headers = await get(path)
    assert status == 200
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert headers[b"cache-control"] == b"public, max-age=60"


async def test_a_file_that_the_browser_has_is_not_sent_again():
    _, headers = await get("/static/css/tokens.css")
    status, _ = await get("/static/css/tokens.css", (b"if-none-match", headers[b"etag"]))
    assert status == 304


@pytest.mark.parametrize("path", ["/static/../manage.py", "/static/%2e%2e/manage.py", "/static//etc/passwd"])
async def test_no_path_leads_out_of_the_folder(path):
    assert (await get(path))[0] == 404
