"""The function under `cargo lambda watch`, which builds it and plays Lambda's runtime API on this machine.

    with Watch({"ECS_TRIAGE_TOPIC_ARN": ...}) as watch:
        answer = watch.invoke(Path("events/scale-in.json"))

Both commands are cargo-lambda's, as a person types them. `watch` lets cargo build with the caller's flags, profile and
target directory, so nothing that is there already is built again; whatever is not is built within the first invocation.
It listens on the loopback address. Neither command may fetch a toolchain.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from emulator import StackError
from ports import free_port

PROGRAM = Path(sys.executable).with_name("cargo-lambda")
CHECKOUT = Path(__file__).resolve().parents[2]
FUNCTION = "ecs-triage-lambda"
START_SECONDS = 120.0
INVOKE_SECONDS = 1200.0  # the first invocation may have to build everything
STOP_SECONDS = 10.0
NOWHERE = "http://127.0.0.1:9"


def environment(function: dict[str, str]) -> dict[str, str]:
    """The caller's, for what cargo needs of it, with nothing of AWS but what the function is given."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("AWS_LC_") or not name.startswith(("AWS_", "ECS_TRIAGE_"))
    }
    kept |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
    return kept | {"RUSTUP_DIST_SERVER": NOWHERE, "RUSTUP_UPDATE_ROOT": NOWHERE} | function


class Watch:
    """A running `cargo lambda watch`."""

    def __init__(self, function: dict[str, str]) -> None:
        self._environment = environment(function)
        self._address = ["--invoke-address", "127.0.0.1", "--invoke-port", str(free_port())]
        self._log = tempfile.TemporaryFile()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Watch:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def invoke(self, event: Path) -> Any:
        """What the function answers to a file's bytes."""
        command = [PROGRAM, "lambda", "invoke", *self._address, "--data-file", event, FUNCTION]
        invoked = subprocess.run(
            command,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=INVOKE_SECONDS,
            check=False,
        )
        if invoked.returncode != 0:
            raise StackError(f"cargo lambda invoke: {invoked.stderr.strip()}\n--- cargo lambda watch\n{self.log()}")
        return json.loads(invoked.stdout)

    def log(self) -> str:
        """What cargo, cargo-lambda and the function wrote."""
        self._log.seek(0)
        return self._log.read().decode("utf-8", errors="replace")

    def _start(self) -> None:
        if shutil.which("cargo") is None:
            raise StackError("cargo is not on PATH; cargo lambda watch builds with it")
        self._process = subprocess.Popen(
            [PROGRAM, "lambda", "watch", "--ignore-changes", *self._address],
            cwd=CHECKOUT,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # an interrupt is for us; we then stop it
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise StackError(f"cargo lambda watch ended with {self._process.returncode}:\n{self.log()}")
            try:
                socket.create_connection(("127.0.0.1", int(self._address[-1])), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise StackError(f"cargo lambda watch did not listen within {START_SECONDS:.0f} s:\n{self.log()}")

    def _stop(self) -> None:
        if self._process is not None:
            # Asked politely, it ends cargo and the function, which have sessions of their own.
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._log.close()
