"""What a server started with the README's command does while a visitor does nothing."""

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from streamlit.proto.BackMsg_pb2 import BackMsg
from websockets.sync.client import ClientConnection, connect

QUEUE = Path("/proc/sys/fs/inotify/max_queued_events")
# Seconds. A watcher that overflows does so at once, and then without end.
IDLE = 5.0


def _connected(address: str, patience: float = 60.0) -> ClientConnection:
    """A visitor's connection to the server at ``address``, which is still starting."""
    deadline = time.monotonic() + patience
    while True:
        try:
            return connect(f"ws://{address}/_stcore/stream", subprotocols=["streamlit"], max_size=None)
        except OSError:
            assert time.monotonic() < deadline, "The server did not start."
            time.sleep(0.1)


@pytest.mark.skipif(not QUEUE.exists(), reason="Only Linux watches files through a queue that can overflow.")
def test_an_idle_visitor_costs_nothing_with_an_environment_inside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import streamlit\nstreamlit.write('Nothing happens here.')\n")
    # As many folders as an environment has, and surely enough to overflow a watcher that walks them all:
    # opening, reading and closing one are three events.
    for number in range(max(4200, int(QUEUE.read_text()) // 3)):
        (tmp_path / ".venv" / str(number // 100) / str(number)).mkdir(parents=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    host, port = address.split(":")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.headless", "true"]
    options = ["--server.address", host, "--server.port", port, "--browser.gatherUsageStats", "false"]
    log = tmp_path / "log.txt"
    with (
        log.open("wb") as output,
        subprocess.Popen([*command, *options], cwd=tmp_path, stdout=output, stderr=subprocess.STDOUT) as server,
    ):
        try:
            with _connected(address) as visitor:
                message = BackMsg()
                message.rerun_script.widget_states.SetInParent()
                visitor.send(message.SerializeToString())
                time.sleep(IDLE)
        finally:
            server.kill()
    said = log.read_text(errors="replace")
    assert "started" in said
    assert said.lower().count("overflow") == 0


def test_the_first_command_on_a_new_machine_with_a_screen_asks_nothing_before_it_serves(tmp_path: Path) -> None:
    shutil.copytree(Path(__file__).parents[1] / ".streamlit", tmp_path / ".streamlit")
    (tmp_path / "app.py").write_text("import streamlit\n")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    host, port = address.split(":")
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.address", host, "--server.port", port]
    # With a screen a browser is opened, which here does nothing.
    environment = {**os.environ, "HOME": str(tmp_path), "DISPLAY": ":0", "BROWSER": "true"}
    quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, **quiet) as server:
        try:
            with _connected(address, 20.0):
                pass
        finally:
            server.kill()
