"""AWS as the function needs it: a table with conditional writes, a topic, a journal, and refusals of everything else.

`Standin` answers at once, from memory; `Forwarded` asks an emulator. What both must answer alike is compared by the
test that runs the same events against either.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from http1 import Request
from rotations import Fleet

TABLE = "incidents"
TOPIC = "notices"
CHAT = "chat"
BUS = "arn:aws:events:us-east-1:111122223333:event-bus/default"
JOURNAL = "journal"
DEFINITIONS = Path(__file__).resolve().parents[2] / "events" / "task-definitions"
CONDITION = re.compile(r"^attribute_not_exists\((?P<absent>\S+)\)$|^(?P<name>\S+) = (?P<value>:\S+)$")
XML_SERVICES = {"sns", "iam", "ec2", "s3", "sts"}
HOP_HEADERS = {"connection", "content-length", "transfer-encoding", "date", "server"}

Document = dict[str, Any]
Answer = tuple[int, bytes]


@dataclass(slots=True)
class Asked:
    """What a request wants, and of what."""

    service: str
    operation: str
    key: str
    document: Document

    @classmethod
    def of(cls, request: Request) -> Asked:
        """Reads a request."""
        service = (request.headers.get("authorization", "").split("/") + [""] * 4)[3]
        target = request.headers.get("x-amz-target", "").rpartition(".")[2]
        if service == "sns":
            document = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
            return cls(service, document.get("Action", ""), document.get("Subject", ""), document)
        if service not in ("dynamodb", "logs"):
            return cls(service, target or request.path, "", {})
        document = json.loads(request.body)
        item = document.get("Key") or document.get("Item") or {}
        key = item["key"]["S"] if item else document.get("logStreamName", "")
        return cls(service, target, key, document)

    @property
    def part(self) -> str:
        """The service, where the topic of the chat is another one than that of the notices."""
        return "chat" if self.document.get("TopicArn", "").endswith(f":{CHAT}") else self.service

    def attributes(self) -> dict[str, str]:
        """Of a notice."""
        entry = "MessageAttributes.entry.{}.{}"
        names = (self.document.get(entry.format(n, "Name")) for n in range(1, 12))
        return {name: self.document[entry.format(n, "Value.StringValue")] for n, name in enumerate(names, 1) if name}

    def incident(self) -> Document | None:
        """The document that a PutItem writes."""
        return json.loads(self.document["Item"]["body"]["S"]) if self.operation == "PutItem" else None


def refusal(service: str, status: int, code: str, message: str = "scripted") -> Answer:
    """An error in the shape of a service's protocol."""
    if service in XML_SERVICES:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        wrapped = {
            "ec2": f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>",
            "s3": error,
        }.get(service, f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")
        return status, wrapped.encode()
    return status, json.dumps({"__type": f"com.amazonaws#{code}", "message": message}).encode()


def assumed(request: str) -> bytes:
    """The credentials of a role, which name its account and outlast the run."""
    account = re.search(r"RoleArn=arn%3Aaws%3Aiam%3A%3A(\d+)", request)[1]
    credentials = f"<AccessKeyId>ASIA{account}</AccessKeyId><SecretAccessKey>none</SecretAccessKey><SessionToken>none</SessionToken>"
    user = f"<AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/x/x</Arn></AssumedRoleUser>"
    credentials = f"<Credentials>{credentials}<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>"
    return f"<AssumeRoleResponse><AssumeRoleResult>{credentials}{user}</AssumeRoleResult></AssumeRoleResponse>".encode()


def code_of(answer: Answer) -> str:
    """The code of an error, or nothing."""
    status, body = answer
    if status < 400:
        return ""
    found = re.search(rb'"__type":\s*"(?:[^"#]*#)?([^"]+)"|<Code>([^<]+)</Code>', body)
    return next(filter(None, found.groups()), b"").decode() if found else str(status)


class Standin:
    """AWS in memory. It is asked by one thread, so each answer is one step."""

    def __init__(self, fleet: Fleet | None = None, now: Callable[[], float] = time.time) -> None:
        self._fleet, self._now = fleet or Fleet(), now
        self.table: dict[str, Document] = {}
        self.lines: Counter[str] = Counter()
        self._streams: set[str] = set()
        self._notices = 0
        self._definitions = {file.stem: file.read_bytes() for file in DEFINITIONS.glob("*.json")}
        self.topic = f"arn:aws:sns:us-east-1:111122223333:{TOPIC}"

    def ask(self, asked: Asked, request: Request, told: Callable[[Answer], None]) -> None:
        """Does what is asked, and tells the answer."""
        told(self._answer(asked, request))

    def keep(self, key: str, body: Document, expires: float) -> None:
        """Puts a document into the table."""
        item = {"key": {"S": key}, "body": {"S": json.dumps(body)}, "version": {"N": "1"}, "expires": {"N": str(int(expires))}}
        self.table[key] = item

    def items(self) -> dict[str, Document]:
        """The documents in the table."""
        return {key: json.loads(item["body"]["S"]) for key, item in self.table.items()}

    def _answer(self, asked: Asked, request: Request) -> Answer:
        match asked.service, asked.operation:
            case "dynamodb", "GetItem":
                item = self.table.get(asked.key)
                return 200, json.dumps({"Item": item} if item else {}).encode()
            case "dynamodb", "PutItem":
                return self._put(asked.document, asked.key)
            case "events", "PutEvents":
                return 200, b'{"FailedEntryCount": 0, "Entries": [{"EventId": "1"}]}'
            case "sns", "Publish":
                self._notices += 1
                result = f"<PublishResult><MessageId>{self._notices}</MessageId></PublishResult>"
                return 200, f"<PublishResponse>{result}</PublishResponse>".encode()
            case "sns", "":
                return refusal("sns", 400, "InvalidAction")
            case "logs", "PutLogEvents":
                if asked.key not in self._streams:
                    return refusal("logs", 400, "ResourceNotFoundException")
                self.lines[asked.key] += len(asked.document["logEvents"])
                return 200, b"{}"
            case "logs", "CreateLogStream":
                if asked.key in self._streams:
                    return refusal("logs", 400, "ResourceAlreadyExistsException")
                self._streams.add(asked.key)
                return 200, b"{}"
            case "ecs", operation if (listed := self._listed(operation, request)):
                return 200, json.dumps(listed).encode()
            case "ecs", "DescribeTaskDefinition":
                family = json.loads(request.body)["taskDefinition"].rpartition("/")[2].partition(":")[0]
                return (200, self._definitions[family]) if family in self._definitions else refusal("ecs", 400, "ClientException")
            case "sts", "AssumeRole":
                return 200, assumed(request.body.decode())
            case service, _:
                return refusal(service, 403 if service in XML_SERVICES else 400, "AccessDeniedException")

    def _listed(self, operation: str, request: Request) -> Document | None:
        return self._fleet.answer(operation, json.loads(request.body), self._now()) if self._fleet.services else None

    def _put(self, document: Document, key: str) -> Answer:
        there = self.table.get(key, {})
        if expression := document.get("ConditionExpression"):
            condition = CONDITION.match(expression)
            if condition is None:
                return refusal("dynamodb", 400, "ValidationException", expression)
            name = document.get("ExpressionAttributeNames", {}).get(condition["absent"] or condition["name"])
            wanted = document.get("ExpressionAttributeValues", {}).get(condition["value"])
            if name in there if condition["absent"] else there.get(name) != wanted:
                return refusal("dynamodb", 400, "ConditionalCheckFailedException", "The conditional request failed")
        self.table[key] = document["Item"]
        return 200, b"{}"


class Forwarded:
    """AWS in an emulator, with the table, topic and journal made there."""

    def __init__(self, emulator: Any, call_soon: Callable[..., Any]) -> None:
        self._emulator, self._call_soon = emulator, call_soon
        self._address = emulator.url.removeprefix("http://")
        self._threads = ThreadPoolExecutor(8)
        self.topic = emulator.client("sns").create_topic(Name=TOPIC)["TopicArn"]
        emulator.client("logs").create_log_group(logGroupName=JOURNAL)
        emulator.client("dynamodb").create_table(
            TableName=TABLE,
            AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
            KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def ask(self, asked: Asked, request: Request, told: Callable[[Answer], None]) -> None:
        """Hands on what the emulator has; it knows nothing of the rest."""
        if asked.service not in ("dynamodb", "sns", "logs"):
            Standin().ask(asked, request, told)
            return
        asking = self._threads.submit(self._forward, request)
        asking.add_done_callback(lambda done: self._call_soon(told, done.result()))

    def items(self) -> dict[str, Document]:
        """The documents in the table."""
        pages = self._emulator.client("dynamodb").get_paginator("scan").paginate(TableName=TABLE, ConsistentRead=True)
        return {item["key"]["S"]: json.loads(item["body"]["S"]) for page in pages for item in page["Items"]}

    @property
    def lines(self) -> Counter[str]:
        """How many lines each stream has."""
        pages = self._emulator.client("logs").get_paginator("filter_log_events").paginate(logGroupName=JOURNAL)
        return Counter(event["logStreamName"] for page in pages for event in page["events"])

    def _forward(self, request: Request) -> Answer:
        connection = http.client.HTTPConnection(self._address, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name not in HOP_HEADERS}
            connection.request(request.method, request.path, request.body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()
