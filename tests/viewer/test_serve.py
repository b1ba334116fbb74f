"""`inr view`: pages that only this machine can reach."""

import os
import signal
import subprocess
import threading
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from inr import viewer
from inr.errors import SpecError
from tests.cli.commands import SURROUNDINGS, command, inr
from tests.viewer import made


@contextmanager
def serving(**pages):
    with viewer.server(viewer.Shelf(pages)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://{viewer.HOST}:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def get(address, **headers):
    """(status, text)"""
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def broken():
    raise ValueError("cut short")


def test_one_page_stands_at_the_root_and_several_in_a_list():
    with serving(a=lambda: "the page") as address:
        assert get(address) == (200, "the page")
        assert get(address + "a?b=c") == (200, "the page")
        assert get(address + "b")[0] == 404
        assert get(address + "..%2f..%2fetc%2fpasswd")[0] == 404
    pages = {"a b": lambda: "first", "<c>": lambda: "second"}
    with serving(**pages) as address:
        status, text = get(address)
        assert status == 200
        assert '<a href="/a%20b">a b</a>' in text
        assert "&lt;c&gt;" in text
        assert get(address + "%3Cc%3E") == (200, "second")


def test_a_page_is_made_anew_for_every_visit_and_may_fail():
    texts = iter(["one", "two"])
    with serving(a=lambda: next(texts), b=broken) as address:
        assert get(address + "a")[1] == "one"
        assert get(address + "a")[1] == "two"
        status, text = get(address + "b")
        assert status == 500
        assert "cut short" in text


@pytest.mark.parametrize("host", ["example.org", "example.org:80", "127.0.0.1.example.org:8000", ""])
def test_a_foreign_name_for_this_machine_is_refused(host):
    with serving(a=lambda: "the page") as address:
        assert get(address, Host=host)[0] == 403


def test_a_port_that_is_taken_is_an_error_that_says_so():
    with viewer.server(viewer.Shelf({})) as server, pytest.raises(SpecError, match="--port"):
        viewer.server(viewer.Shelf({}), server.server_port)


def heeding():
    """Take Ctrl-C as at a terminal; a shell's background jobs begin deaf to it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_the_command_prints_its_address_and_ends_with_control_c(tmp_path):
    data, _ = made.made(made.PICTURE, made.PICTURES["tiles"])
    (tmp_path / "a.inr").write_bytes(data)
    line = command("view", tmp_path / "a.inr", "--no-open")
    with subprocess.Popen(
        line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=SURROUNDINGS, preexec_fn=heeding
    ) as process:
        try:
            address = process.stdout.readline().decode().strip()
            assert address.startswith("http://127.0.0.1:")
            status, text = get(address)
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 130
        finally:
            process.kill()
    assert status == 200
    assert "<title>a.inr</title>" in text


def test_the_command_refuses_what_is_no_inr_file(tmp_path):
    (tmp_path / "a.inr").write_bytes(b"nothing of the kind")
    for name in ("a.inr", "missing.inr"):
        got = inr("view", tmp_path / name, "--no-open")
        assert got.code == 3
        assert name in got.complaint
        assert os.linesep not in got.out
    assert inr("view").code == 2
