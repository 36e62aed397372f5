"""What a cold start costs: from the start of the process to the published notice, beside other functions that do less.

    python3 benches/start/start.py [--runs 41] [--cold-build] [--config PROFILE]

It builds the function and the functions of `baseline` in release, serves Lambda's runtime API and AWS over TLS on the
loopback address, and starts each function in turn with one event of a task that could not start. Nothing is asked of
AWS about it: the diagnosis is from the text alone. Shown are medians. Absolute times are this machine's; the ratios are
what to look at. `--cold-build` also builds the function from nothing, which takes minutes. `--config` goes to cargo, to
compare profiles: `--config 'profile.release.lto="thin"'`.

`init` ends with the first request for an event, `notice` with the request that publishes, `done` with the answer. Then
the process may have used `memory` at most, of which Lambda counts all.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import venv
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
CHECKOUT = HERE.parents[1]
sys.path.insert(0, str(CHECKOUT / "tests/faults"))

from http1 import Request, listen  # noqa: E402

PYTHON = CHECKOUT / "target/test-venv/start/bin/python"
EVENT = CHECKOUT / "events/secret-key-missing.json"
TOPIC = "arn:aws:sns:us-east-1:111122223333:notices"
PUBLISHED = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>1</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></PublishResponse>"
)
MOST_SECONDS = 30.0
CERTIFICATES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
NOWHERE = {"RUSTUP_DIST_SERVER": "http://127.0.0.1:9", "RUSTUP_UPDATE_ROOT": "http://127.0.0.1:9"}


@dataclass
class Function:
    """A function, and what its starts cost."""

    name: str
    command: list[str | Path]
    variables: dict[str, str] = field(default_factory=dict)
    figures: dict[str, list[float]] = field(default_factory=dict)

    def median(self, figure: str) -> float:
        """The median of a figure; not a number where there is none."""
        return statistics.median(self.figures.get(figure, [float("nan")]))


class Start:
    """One start of a function, in milliseconds."""

    def __init__(self, batch: bytes) -> None:
        self._batch = batch
        self._began = 0.0
        self._table: dict[str, object] = {}
        self.figures: dict[str, float] = {}
        self.done = asyncio.Event()

    def begin(self) -> None:
        """Now the process starts."""
        self._began = time.perf_counter()

    def serve(self, request: Request) -> None:
        """Answers as Lambda and AWS do."""
        if request.path.endswith("/next"):
            # The second request for an event is never answered.
            if self._note("init"):
                request.answer(200, self._batch, HEADERS)
        elif request.path.startswith("/2018-06-01/runtime/"):
            self._note("done" if request.path.endswith("/response") else "failed")
            request.answer(202, b"{}")
            self.done.set()
        elif "x-amz-target" in request.headers:
            request.answer(200, self._of_table(request), "content-type: application/x-amz-json-1.0\r\n")
        elif not request.body:
            # It only opens a connection.
            request.answer(400, b"")
        else:
            self._note("notice")
            request.answer(200, PUBLISHED, "content-type: text/xml\r\n")

    def _of_table(self, request: Request) -> bytes:
        """A table of DynamoDB that forgets conditions: there is one writer."""
        asked = json.loads(request.body)
        if request.headers["x-amz-target"].endswith("PutItem"):
            self._table[asked["Item"]["key"]["S"]] = asked["Item"]
            return b"{}"
        item = self._table.get(asked["Key"]["key"]["S"])
        return json.dumps({"Item": item} if item else {}).encode()

    def _note(self, moment: str) -> bool:
        first = moment not in self.figures
        self.figures.setdefault(moment, 1000 * (time.perf_counter() - self._began))
        return first


HEADERS = (
    "lambda-runtime-aws-request-id: 8476a536-e9f4-11e8-9739-2dfe598c3fcd\r\n"
    f"lambda-runtime-deadline-ms: {int(1000 * (time.time() + 3600))}\r\n"
    "lambda-runtime-invoked-function-arn: arn:aws:lambda:us-east-1:111122223333:function:ecs-triage\r\n"
    "content-type: application/json\r\n"
)


async def start(function: Function, batch: bytes, certificates: Path, tls: ssl.SSLContext) -> None:
    """Starts a function once, and adds what it took."""
    run = Start(batch)
    runtime, address = await listen(run.serve)
    aws, aws_address = await listen(run.serve, tls=tls)
    environment = {
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "example",
        "AWS_SESSION_TOKEN": "example",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"https://localhost:{aws_address.rpartition(':')[2]}",
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_FUNCTION_NAME": "ecs-triage",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_LOG_GROUP_NAME": "/aws/lambda/ecs-triage",
        "AWS_LAMBDA_LOG_STREAM_NAME": "1",
        "LAMBDA_TASK_ROOT": str(HERE),
        "SSL_CERT_FILE": str(certificates),
        "AWS_CA_BUNDLE": str(certificates),
        "PATH": "/usr/bin:/bin",
        "TOPIC_ARN": TOPIC,
    }
    with tempfile.TemporaryFile() as output:
        run.begin()
        process = subprocess.Popen(
            function.command, cwd=HERE, env=environment | function.variables, stdin=subprocess.DEVNULL, stdout=output, stderr=output
        )
        try:
            await asyncio.wait_for(run.done.wait(), MOST_SECONDS)
            status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
            run.figures["memory"] = int(status.partition("VmHWM:")[2].split()[0]) / 1024
        except TimeoutError:
            pass
        finally:
            process.kill()
            usage = os.wait4(process.pid, 0)[2]
            runtime.close()
            aws.close()
        run.figures["cpu"] = 1000 * (usage.ru_utime + usage.ru_stime)
        if "done" not in run.figures:
            output.seek(0)
            sys.exit(f"{function.name} did not come to its end:\n{output.read().decode(errors='replace')}")
    for figure, value in run.figures.items():
        function.figures.setdefault(figure, []).append(value)


def certificate(directory: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate for this host, and the bundle of those that a host trusts, with that one among them."""
    key, own, bundle = directory / "key.pem", directory / "own.pem", directory / "bundle.pem"
    made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE"]
    subprocess.run([*made, *named, "-keyout", key, "-out", own], check=True, capture_output=True)
    trusted = next((Path(path) for path in CERTIFICATES if Path(path).exists()), None)
    if trusted is None:
        sys.exit(f"no bundle of certificates: expected one of {', '.join(CERTIFICATES)}")
    bundle.write_bytes(trusted.read_bytes() + own.read_bytes())
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(own, key)
    tls.set_alpn_protocols(["http/1.1"])
    return bundle, tls


def build(target: Path, *arguments: str) -> None:
    """Builds in release."""
    command = ["cargo", "build", "--release", "--locked", "--target-dir", str(target), *arguments]
    subprocess.run(command, check=True, cwd=CHECKOUT, env=os.environ | NOWHERE)


def zipped(program: Path) -> float:
    """What Lambda is sent, in MB."""
    with tempfile.TemporaryFile() as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            archive.write(program, "bootstrap")
        return file.tell() / 1e6


def build_function(target: Path, configs: list[str]) -> str:
    """Builds the function: for how long, and in how much memory at once."""
    most, done = 0, threading.Event()

    def watch(parent: int) -> None:
        nonlocal most
        while not done.wait(0.25):
            most = max(most, memory_below(parent))

    watcher = threading.Thread(target=watch, args=(os.getpid(),))
    watcher.start()
    began = time.monotonic()
    try:
        # As it is deployed: without what only the command line signs in with.
        deployed = ["--no-default-features", "--features", "aws"]
        build(target, "--bin", "ecs-triage-lambda", *deployed, *(word for config in configs for word in ("--config", config)))
    finally:
        done.set()
        watcher.join()
    took = int(time.monotonic() - began)
    return f"{took // 60} min {took % 60:02} s on {os.cpu_count()} cores, {most / 1024:.1f} GB at most"


def memory_below(parent: int) -> int:
    """The memory that the processes below one hold, in MB."""
    held, children = {}, {}
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            lines = dict(line.split(":\t", 1) for line in status.read_text(encoding="utf-8", errors="replace").splitlines() if ":\t" in line)
        except OSError:
            continue
        pid = int(lines["Pid"])
        held[pid] = int(lines.get("VmRSS", "0 kB").split()[0]) // 1024
        children.setdefault(int(lines["PPid"]), []).append(pid)
    below, sum_ = list(children.get(parent, [])), 0
    while below:
        pid = below.pop()
        sum_ += held[pid]
        below += children.get(pid, [])
    return sum_


def python() -> Path:
    """The Python that runs the function in Python, with what AWS's own has."""
    wanted = (HERE / "requirements.txt").read_text(encoding="utf-8")
    stamp = PYTHON.parents[1] / "requirements.txt"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted:
        shutil.rmtree(PYTHON.parents[1], ignore_errors=True)
        venv.create(PYTHON.parents[1], with_pip=True)
        pip = [PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", HERE / "requirements.txt"]
        subprocess.run(pip, check=True)
        stamp.write_text(wanted, encoding="utf-8")
    return PYTHON


def functions(release: Path) -> list[Function]:
    """Ours, and those beside it."""
    text_only = {"ECS_TRIAGE_PROBING": "off", "ECS_TRIAGE_TOPIC_ARN": TOPIC}
    ours = release / "ecs-triage-lambda"
    return [
        Function("bare lambda_runtime", [release / "bare"]),
        Function("smallest publisher", [release / "publisher"]),
        Function("ecs-triage", [ours], text_only),
        Function("ecs-triage, with table", [ours], text_only | {"ECS_TRIAGE_TABLE": "incidents"}),
        Function("Python and boto3", [python(), "-m", "awslambdaric", "python_function.handler"]),
    ]


async def measure(measured: list[Function], runs: int) -> None:
    """Starts all in turn, the first time only to warm the disk's cache."""
    record = {"messageId": "1", "receiptHandle": "1", "body": EVENT.read_text(encoding="utf-8"), "attributes": {}, "eventSource": "aws:sqs"}
    batch = json.dumps({"Records": [record]}).encode()
    with tempfile.TemporaryDirectory() as directory:
        certificates, tls = certificate(Path(directory))
        for turn in range(runs + 1):
            for function in measured:
                await start(function, batch, certificates, tls)
                if turn == 0:
                    function.figures.clear()


def table(measured: list[Function]) -> str:
    """The medians, and what follows from them."""
    bare, publisher, ours, with_table, python_ = measured
    program = Path(ours.command[0])
    lines = [f"{'medians':24}{'init':>9}{'notice':>9}{'done':>9}{'cpu':>9}{'memory':>10}"]
    for function in measured:
        times = "".join(f"{function.median(figure):>6.1f} ms" for figure in ("init", "notice", "done", "cpu"))
        lines.append(f"{function.name:24}{times}{function.median('memory'):>7.1f} MB")

    def after_init(function: Function) -> float:
        return function.median("notice") - function.median("init")

    lines += [
        "",
        f"notice, to the smallest publisher's: {ours.median('notice') / publisher.median('notice'):.2f}"
        f" (with the table of incidents {with_table.median('notice') / publisher.median('notice'):.2f})",
        f"from the event to the notice, to the smallest publisher's: {after_init(ours) / after_init(publisher):.2f}"
        f" (with the table of incidents {after_init(with_table) / after_init(publisher):.2f})",
        f"notice, to Python's: 1/{python_.median('notice') / ours.median('notice'):.1f}",
        f"init, to bare lambda_runtime's: {ours.median('init') / bare.median('init'):.2f}",
        f"the function: {program.stat().st_size / 1e6:.2f} MB, zipped {zipped(program):.2f} MB",
    ]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=41, help="starts of each function")
    parser.add_argument("--cold-build", action="store_true", help="also build the function from nothing")
    parser.add_argument("--config", action="append", default=[], help="a setting of cargo for the function's build")
    arguments = parser.parse_args()
    target = CHECKOUT / ("target/cold" if arguments.cold_build else "target")
    if arguments.cold_build:
        shutil.rmtree(target, ignore_errors=True)
    built = build_function(target, arguments.config)
    build(target, "--manifest-path", "benches/start/baseline/Cargo.toml", "--bins")
    measured = functions(target / "release")
    asyncio.run(measure(measured, arguments.runs))
    print(table(measured))
    if arguments.cold_build:
        print(f"release build of the function from nothing: {built}")


if __name__ == "__main__":
    main()
