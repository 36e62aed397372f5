"""Gives each command of a list to the AWS CLI, which checks it up to the request that it would send."""

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

# What a person puts in the place of a placeholder whose value must have a form; for others the placeholder itself will do.
SAMPLES = {"<region>": "eu-west-1", "<bucket>": "bucket", "<number>": "90", "<address-range>": "10.0.0.0/16"}
# A word that names a file, which a person makes first.
FILE = re.compile(r"(?:fileb?://)?([-./\w]+\.(?:json|txt|yaml|zip)|<local-file>)")


class Sent(Exception):
    """A request was complete."""


class Taker:
    """The AWS CLI, which takes a command if it makes a request of it: by then words, options and values have been checked."""

    def __init__(self):
        self.models = create_clidriver().session.get_component("data_loader")
        self.requests = 0

    def sent(self, **_):
        self.requests += 1
        raise Sent

    def refused(self, command):
        """What the AWS CLI says against a command; nothing if it takes it."""
        # A driver remembers options of the commands before; what it has read of the models may be shared.
        driver = create_clidriver()
        driver.session.register_component("data_loader", self.models)
        driver.session.register("before-send", self.sent)
        self.requests = 0
        said = io.StringIO()
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                status = driver.main([*arguments(command), "--no-sign-request"])
            except SystemExit as ended:
                status = ended.code
        return "" if self.requests else f"status {status}: {said.getvalue().strip()[-400:]}"


def arguments(command):
    """The arguments of the first program of a pipe, as the shell hands them over."""
    words = shlex.split(command, posix=True)
    words = words[1 : words.index("|")] if "|" in words else words[1:]
    return [re.sub("|".join(map(re.escape, SAMPLES)), lambda found: SAMPLES[found[0]], word) for word in words]


def main():
    commands = json.loads(pathlib.Path(sys.argv[1]).read_text())
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        os.environ.update(AWS_CONFIG_FILE="none", AWS_SHARED_CREDENTIALS_FILE="none", AWS_EC2_METADATA_DISABLED="true", AWS_PAGER="")
        for named in filter(None, (FILE.fullmatch(word) for command in commands for word in arguments(command))):
            file = pathlib.Path(named[1])
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text("{}")
        taker = Taker()
        problems = {command: why for command in commands if (why := taker.refused(command))}
    for command, why in problems.items():
        print(f"{command}\n    {why}", file=sys.stderr)
    print(f"{len(commands) - len(problems)} of {len(commands)} commands are taken by the AWS CLI")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
