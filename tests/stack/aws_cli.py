"""Gives each command of a list to the AWS CLI, which checks it and gets an empty answer in place of AWS's."""

import contextlib
import io
import json
import os
import pathlib
import re
import shlex
import sys
import tempfile

from awscli.clidriver import create_clidriver
from botocore.awsrequest import AWSResponse

# What a person puts in the place of a placeholder whose value must have a form; for others the placeholder itself will do.
SAMPLES = {"<region>": "eu-west-1", "<number>": "90", "<address-range>": "10.0.0.0/16"}
# What the commands read that a person makes first.
FILES = ["value.json", "value.txt", "login.json", "boundary.json", "<local-file>"]


class Body(io.BytesIO):
    """A response that is read whole."""

    def stream(self, **_):
        yield self.read()


def answer(request, **_):
    """An empty answer in the protocol of the request."""
    is_xml = b"Action=" in (request.body or b"") if isinstance(request.body, bytes) else "Action=" in str(request.body)
    text = b"<Response></Response>" if is_xml or ".s3." in request.url else b"{}"
    return AWSResponse(request.url, 200, {"Content-Length": str(len(text))}, Body(text))


def arguments(command):
    """The arguments of the first program of a pipe, as the shell hands them over."""
    words = shlex.split(command, posix=True)
    words = words[1 : words.index("|")] if "|" in words else words[1:]
    return [re.sub("|".join(map(re.escape, SAMPLES)), lambda found: SAMPLES[found[0]], word) for word in words]


def refused(command):
    """What the AWS CLI says against a command; nothing if it takes it."""
    driver = create_clidriver()
    driver.session.register("before-send", answer)
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = driver.main([*arguments(command), "--no-sign-request"])
        except SystemExit as ended:
            status = ended.code
    return "" if status == 0 else f"status {status}: {err.getvalue().strip()[-400:]}"


def main():
    commands = json.loads(pathlib.Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        os.environ.update(AWS_CONFIG_FILE="none", AWS_SHARED_CREDENTIALS_FILE="none", AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")
        for name in FILES:
            pathlib.Path(name).write_text("{}")
        problems = {command: why for command in commands if (why := refused(command))}
    for command, why in problems.items():
        print(f"{command}\n    {why}", file=sys.stderr)
    print(f"{len(commands) - len(problems)} of {len(commands)} commands are taken by the AWS CLI")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
