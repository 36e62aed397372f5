"""What an example of `examples/` sends to its API destination for events of ecs-triage's bus.

    python tests/stack/examples.py EXAMPLE EVENTS [PARAMETER=VALUE...]

EVENTS is a file with a list of events as the bus hands them over. The example's connection, destination and rules are made
in the emulator, whose stacks do not know the first two, with their properties as they are but for the destination's scheme and host:
those lead to a server of this program. Prints for each event the requests that came of it:

    [[{"path", "query": {name: value}, "headers": {name: value}, "body": text}]]

It fails where an input path finds nothing in an event that its rule selects, or a placeholder is part of a string: EventBridge
would then send JSON with a hole, or with quotes that it does not escape.
"""

from __future__ import annotations

import json
import re
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from emulator import ACCOUNT, Emulator, StackError, Template, read_template

ROLE = f"arn:aws:iam::{ACCOUNT}:role/sender"
WAIT_SECONDS = 5.0
SETTLE_SECONDS = 0.3


def resolved(part: Any, values: dict[str, Any]) -> Any:
    """A part of the template with its parameters and resources filled in."""
    if isinstance(part, list):
        return [resolved(one, values) for one in part]
    if not isinstance(part, dict):
        return part
    if "Ref" in part:
        return values[part["Ref"]]
    if "Fn::GetAtt" in part:
        return values[".".join(part["Fn::GetAtt"])]
    return {name: resolved(one, values) for name, one in part.items()}


def listener(received: list[dict[str, Any]]) -> ThreadingHTTPServer:
    """A server that takes whatever comes."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            url = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            received.append({"path": url.path, "query": dict(parse_qsl(url.query)), "headers": headers, "body": body})
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Keeps stderr for what went wrong."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def make(aws: Emulator, template: Template, values: dict[str, Any], host: str) -> list[dict[str, Any]]:
    """The connection, the destination and the rules; the rules' properties."""
    events, resources = aws.client("events"), template["Resources"]
    values["SenderRole.Arn"], values["Undelivered.Arn"] = ROLE, f"arn:aws:sqs:us-east-1:{ACCOUNT}:undelivered"
    connection = resolved(resources["Connection"]["Properties"], values)
    values["Connection.Arn"] = events.create_connection(Name="connection", **connection)["ConnectionArn"]
    destination = resolved(resources["Destination"]["Properties"], values)
    destination["InvocationEndpoint"] = host + urlsplit(destination["InvocationEndpoint"]).path
    values["Destination.Arn"] = events.create_api_destination(Name="destination", **destination)["ApiDestinationArn"]
    rules = {name: part for name, part in resources.items() if part["Type"] == "AWS::Events::Rule"}
    made = []
    for name, part in rules.items():
        rule = resolved(part["Properties"], values)
        targets = rule.pop("Targets")
        for target in targets:
            no_placeholder_in_a_string(target["InputTransformer"]["InputTemplate"])
            target.pop("DeadLetterConfig")
        events.put_rule(Name=name, EventBusName=rule["EventBusName"], EventPattern=json.dumps(rule["EventPattern"]))
        events.put_targets(Rule=name, EventBusName=rule["EventBusName"], Targets=targets)
        made.append({**rule, "Targets": targets})
    return made


def no_placeholder_in_a_string(template: str) -> None:
    """Every placeholder is a value of its own."""
    for text in re.findall(r'"(?:\\.|[^"\\])*"', template):
        if "<" in text:
            raise StackError(f"a placeholder in a string: {text}")


def selecting(aws: Emulator, rules: list[dict[str, Any]], event: dict[str, Any]) -> int:
    """How many rules select the event, each of whose paths must find something in it."""
    number = 0
    for rule in rules:
        pattern = json.dumps(rule["EventPattern"])
        if not aws.client("events").test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]:
            continue
        number += len(rule["Targets"])
        for path in [path for target in rule["Targets"] for path in target["InputTransformer"]["InputPathsMap"].values()]:
            found: Any = event
            for name in path.removeprefix("$.").split("."):
                found = found.get(name) if isinstance(found, dict) else None
            if found in (None, ""):
                raise StackError(f"{path} finds nothing in {json.dumps(event):.200}")
    return number


def send(aws: Emulator, event: dict[str, Any], bus: str) -> None:
    """One event onto the bus, as the function puts it."""
    entry = {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"]), "EventBusName": bus}
    answered = aws.client("events").put_events(Entries=[entry])
    if answered["FailedEntryCount"]:
        raise StackError(f"PutEvents: {answered['Entries']}")


def main() -> int:
    """Prints the requests."""
    template = read_template(Path(sys.argv[1]))
    sent = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    values = {name: one["Default"] for name, one in template["Parameters"].items() if "Default" in one}
    values |= dict(one.split("=", 1) for one in sys.argv[3:])
    for name, value in values.items():
        if not re.search(template["Parameters"][name].get("AllowedPattern", ""), value):
            raise StackError(f"{name} does not allow {value}")
    received: list[dict[str, Any]] = []
    server = listener(received)
    told = []
    with Emulator() as aws:
        rules = make(aws, template, values, f"http://127.0.0.1:{server.server_address[1]}")
        for event in sent:
            received.clear()
            expected = selecting(aws, rules, event)
            send(aws, event, values["EventBusName"])
            deadline = time.monotonic() + WAIT_SECONDS
            while len(received) < expected and time.monotonic() < deadline:
                time.sleep(0.02)
            time.sleep(SETTLE_SECONDS)
            told.append(list(received))
    server.shutdown()
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
