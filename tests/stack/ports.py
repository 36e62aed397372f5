"""Ports of the loopback address for what tests start."""

from __future__ import annotations

import itertools
import os
import socket

PORTS = itertools.count()


def free_port() -> int:
    """A loopback port that nobody else takes until it is listened on.

    It is below those that systems give out by themselves (32768 on Linux, 49152 elsewhere), and no process that runs
    beside this one tries the same: each has eight of its own.
    """
    for number in PORTS:
        port = 10_000 + os.getpid() % 2_500 * 8 + number
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    raise AssertionError("numbers do not end")
