"""AWS on this machine: an emulator process, and the template made ready for it.

The emulator is ministack. It runs with TLS and with IAM enforced (`AUTH`), because the template's policies ask for
both: what the function may do here is what its role grants, and every policy is deployed as it stands.

Whatever listens binds the loopback address only; with TLS the emulator also takes 127.0.0.1:443 where it
may. It makes its certificate with the `openssl` program. State lives in a temporary directory, and the emulator's
environment holds nothing of the caller's but PATH.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from ports import free_port
from samtranslator.translator.transform import transform as sam_transform
from samtranslator.yaml_helper import yaml_parse

ACCOUNT = "111122223333"
REGION = "us-east-1"
TEMPLATE = Path(__file__).resolve().parents[2] / "template.yaml"
# On a busy machine that reads it for the first time.
START_SECONDS = 120.0
START_TRIES = 3
STACK_SECONDS = 180.0
READ_SECONDS = 90.0  # an invocation lasts as long as the function's timeout at most

Template = dict[str, Any]


class StackError(Exception):
    """Something that the test needs did not come about."""


class Ended(StackError):
    """The emulator ended by itself."""


class _NoManagedPolicies:
    """The template names no managed policy, so there is nothing to load."""

    @staticmethod
    def load() -> dict[str, str]:
        return {}


def read_template(path: Path) -> Template:
    """The SAM template as it is written."""
    return yaml_parse(path.read_text(encoding="utf-8"))


def to_cloudformation(template: Template) -> Template:
    """What CloudFormation makes of a SAM template, offline."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)  # the translator asks boto3 for one
    return sam_transform(template, {}, _NoManagedPolicies)


def with_code(template: Template, bucket: str, key: str) -> Template:
    """The same with the code of its functions in S3, as after `sam package`."""
    for part in template["Resources"].values():
        if part["Type"] == "AWS::Serverless::Function":
            part["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    return template


def for_emulator(template: Template) -> Template:
    """A transformed template without what the emulator refuses: alarms on an expression of several metrics, at which cfn-lint looks."""
    resources = template["Resources"].items()
    kept = {name: part for name, part in resources if "Metrics" not in part.get("Properties", {})}
    return {**template, "Resources": kept}


class Emulator:
    """A running emulator: `with Emulator() as aws: aws.client("sqs")`."""

    def __init__(self) -> None:
        self._directory = Path(tempfile.mkdtemp(prefix="ecs-triage-stack-"))
        self._log = self._directory / "emulator.log"
        self._certificate = self._directory / "ministack-tls" / "server.crt"
        self._process: subprocess.Popen[bytes] | None = None
        self._url = ""
        self._clients: dict[tuple[str, str], Any] = {}

    def __enter__(self) -> Emulator:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that the emulator ends too
        try:
            for tries_left in reversed(range(START_TRIES)):
                try:
                    self._start()
                    break
                except Ended:
                    # It looks whether port 443 is free and takes it later; another emulator may come between.
                    if not tries_left:
                        raise
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._stop()

    def client(self, service: str, account: str = ACCOUNT) -> Any:
        """The client of one service, as an account's root."""
        if (service, account) not in self._clients:
            root = {"AccessKeyId": account, "SecretAccessKey": "none", "SessionToken": None}
            self._clients[service, account] = self.client_with(service, root)
        return self._clients[service, account]

    def client_with(self, service: str, credentials: dict[str, Any], region: str = REGION) -> Any:
        """The client of one service, with credentials as STS gives them."""
        return boto3.client(
            service,
            endpoint_url=self._url,
            region_name=region,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            verify=str(self._certificate),
            config=Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=READ_SECONDS),
        )

    def environment(self) -> dict[str, str]:
        """What leads a program to the emulator, as the account's root."""
        return {
            "AWS_ENDPOINT_URL": self._url,
            "SSL_CERT_FILE": str(self._certificate),
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCOUNT,
            "AWS_SECRET_ACCESS_KEY": "none",
        }

    def log_tail(self, lines: int = 60) -> str:
        """The last lines that the emulator logged."""
        try:
            text = self._log.read_text(encoding="utf-8", errors="replace")
        except FileNotFoundError:
            return ""
        return "\n".join(text.splitlines()[-lines:])

    def create_stack(self, name: str, template: str, parameters: dict[str, str], account: str = ACCOUNT) -> dict[str, str]:
        """Creates a stack from a template in S3, where larger ones fit than in a request, and returns its outputs."""
        bucket, s3, cloudformation = f"{name}-template", self.client("s3", account), self.client("cloudformation", account)
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="template", Body=template.encode())
        cloudformation.create_stack(
            StackName=name,
            TemplateURL=f"{self._url}/{bucket}/template",
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_NAMED_IAM"],
        )
        deadline = time.monotonic() + STACK_SECONDS
        while time.monotonic() < deadline:
            stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
            if stack["StackStatus"] == "CREATE_COMPLETE":
                return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
            if stack["StackStatus"] != "CREATE_IN_PROGRESS":
                break
            time.sleep(0.1)
        failed = [
            f"{event['LogicalResourceId']}: {event['ResourceStatus']} {event.get('ResourceStatusReason', '')}"
            for event in cloudformation.describe_stack_events(StackName=name)["StackEvents"]
            if "FAILED" in event["ResourceStatus"]
        ]
        raise StackError(f"the stack is {stack['StackStatus']}: " + "; ".join(failed))

    def _start(self) -> None:
        port = free_port()
        self._url = f"https://127.0.0.1:{port}"
        self._clients.clear()
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self._directory),
            "TMPDIR": str(self._directory),
            "STATE_DIR": str(self._directory / "state"),
            "S3_DATA_DIR": str(self._directory / "s3"),
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_ACCOUNT_ID": ACCOUNT,
            "MINISTACK_REGION": REGION,
            "AUTH": "true",
            "USE_SSL": "1",
            # These two bind every address.
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            # The function inherits these: without the first it would call AWS itself.
            "AWS_ENDPOINT_URL": self._url,
            "SSL_CERT_FILE": str(self._certificate),
        }
        with self._log.open("wb") as log:
            # A session of its own, so that the functions which it starts end with it.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "ministack"],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._await_ready(port)

    def _await_ready(self, port: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise Ended(f"the emulator ended with {self._process.returncode}:\n{self.log_tail()}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                self.client("sts").get_caller_identity()
                return
            except (OSError, BotoCoreError, ClientError):
                time.sleep(0.05)
        raise StackError(f"the emulator did not answer within {START_SECONDS:.0f} s:\n{self.log_tail()}")

    def _stop(self) -> None:
        if self._process is not None:
            # Nothing of it is kept, and a polite end would wait for every open connection.
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
