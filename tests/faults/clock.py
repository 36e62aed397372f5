"""The time of a test, shared with the functions that it runs: faster than the machine's, and leaping on demand.

It is preloaded (`clock.c`), so the function's program is the one that is deployed, with its leases, timeouts and
windows as they are. Linux only, with a C compiler, which the function's own build needs too.
"""

from __future__ import annotations

import mmap
import os
import struct
import subprocess
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")
SECOND = 1_000_000_000


class Clock:
    """Seconds since 1970, as the functions see them."""

    def __init__(self, directory: Path, factor: int) -> None:
        if not sys.platform.startswith("linux"):
            raise SystemExit("the clock of this test is preloaded into the function, which needs Linux")
        self.factor = factor
        self._library = directory / "clock.so"
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", self._library, SOURCE, "-ldl"], check=True)
        self._file = directory / "clock"
        self._began = time.monotonic_ns()
        self._file.write_bytes(struct.pack("=4q", 0, factor, self._began, 0))
        with self._file.open("r+b") as file:
            self._page = mmap.mmap(file.fileno(), 32)
        self._leapt = 0

    def environment(self) -> dict[str, str]:
        """What gives a program this time."""
        return {"LD_PRELOAD": str(self._library), "CLOCK_PAGE": str(self._file)}

    def now(self) -> float:
        """The time."""
        passed = time.monotonic_ns() - self._began
        return (time.time_ns() + self._leapt + passed * (self.factor - 1)) / SECOND

    def leap_to(self, to: float) -> None:
        """Lets time pass at once."""
        self._leapt += max(0, int((to - self.now()) * SECOND))
        struct.pack_into("=q", self._page, 0, self._leapt)

    def real(self, seconds: float) -> float:
        """As long as the machine takes for it."""
        return seconds / self.factor


def text(at: float) -> str:
    """A time as events write it."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def seconds(written: str) -> float:
    """The reverse."""
    return datetime.fromisoformat(written.replace("Z", "+00:00")).timestamp()
