"""The whole stack on emulated AWS: an event goes in, a notice and a journal entry come out.

    python tests/stack/stack.py --bootstrap target/debug/ecs-triage-lambda --events events/ --task-definition td.json

It transforms template.yaml, creates the stack in an emulator (see emulator.py), sends the events, and waits for the
notices in a queue subscribed to the topic, for the journal, and for the stack's queue to be empty. Then it prints one
JSON object:

    {"notices": [{"subject", "message", "attributes"}], "journal": [{"stream", "message"}],
     "chats": [notification], "bus": [event], "queue": n, "rotations": n, "dlq": n, "dead_letters": [body],
     "asked": [task definition], "responses": [...], "table": [key], "function_log": "..."}

`chats` and `bus` are what the chat topic and an event bus were told, with `--listen`; without it the stack has neither.
`queue`, `rotations` (with `--running`) and `dlq` count messages, also those being worked on. `asked` is what the function wanted described, call by
call. `responses` are the function's answers with `--via invoke` and `--via watch`, then the doors' function's with `--door`, and
last what the command line given with `--selftest` printed of a self-test. `table` are the keys of what is kept.
Exit: 0 if all that was expected came, 1 if not, with what the emulator and the function logged on stderr.

Ways in (`--via`):
    bus     each event through PutEvents and the rule, under the source `test.ecs`. The emulator, like AWS, gives it an id
            of its own, and its own account and Region.
    queue   each file's bytes as one message of the queue
    invoke  each file's bytes as the payload of an invocation
    watch   each file's bytes through `cargo lambda invoke`, to the function that `cargo lambda watch` builds and runs
            (see watch.py) with the stack's topic and journal. Its credentials are the account's, not the role's.

With `--template` it takes another template, such as the plain one of a release.

What differs from a deployment, and nothing else:
    - the code is one zip with the given program, in the emulator's S3, and Architecture is this machine's;
    - the rules pass the source `test.ecs` beside aws.ecs, which the emulator, like AWS, takes from nobody, and
      ECS_TRIAGE_TEST_SOURCE tells the function so;
    - the function has AWS_ENDPOINT_URL_ECS, which leads to a scripted server, since the emulator knows no task
      definition at a revision of our choice. It answers with the --task-definition files, asks the emulator whether the
      role may be told, and otherwise refuses in AWS's words;
    - with --stopped FILE that server lists the file's tasks as stopped lately;
    - with --logs FILE ReadContainerLogs is `yes`, and a log group of the file's name has its streams and lines;
    - with --team NAME TeamTag is `team`, and that server tags each service so;
    - with --running FILE WatchRotation is `on`, that server lists the file's tasks as running, events are dated now, and a
      rotation waits neither for its delay nor for others;
    - with --poison the queue's visibility timeout is a second, since forty attempts minutes apart are too long, and
      the event source mapping is off until all messages are there, so that they arrive as one batch;
    - with --deny ACTION the role loses that action, and with --unset NAME the function that environment variable;
    - the topics' policies lack the statement that names the protocols of subscribers, for the emulator does not tell a policy
      sns:Protocol and would refuse them all; and they name the role's sessions too, whose ARN the emulator gives as
      aws:PrincipalArn where AWS gives the role's;
    - where messages do not come by a rule, the queue takes those of the account's root, as of a RedriveRoleArn; and with
      `watch` the topics do;
    - with --cluster NAME CheckClusters names it, that server has a service of it for each definition, and the target of the schedule's rule is
      invoked with what EventBridge would send;
    - with `--door` CloudFormationHook is `block`. There is no AWS::CloudFormation::LambdaHook, which the emulator does not know:
      the doors' function is invoked as the hook would;
    - the role may CreateLogStream on a log group's ARN without `:*` too. AWS asks for the stream's ARN, which the `:*`
      of the template covers; the emulator asks for the group's, and would refuse. So it is with GetLogEvents.

What the emulator (ministack 1.5.33) cannot show: what the queue's policy says to rules, and what the role may do with the
queue, for it delivers and polls without asking either; and the topic's encryption, for it drops the key. It refuses PutEvents with a
source of aws.*, as AWS does, hence the second source.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import subprocess
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from emulator import ACCOUNT, REGION, TEMPLATE, Emulator, StackError, Template, for_emulator, read_template, to_cloudformation, with_code
from watch import Watch

STACK = "ecs-triage"
BUS = f"arn:aws:events:{REGION}:{ACCOUNT}:event-bus/default"
EVENT_SOURCE = "test.ecs"
CODE_BUCKET = "ecs-triage-code"
CODE_KEY = "bootstrap.zip"
POISON = "this is not JSON"
DESCRIBE = "ecs:DescribeTaskDefinition"
ECS_TARGET = "AmazonEC2ContainerServiceV20141113."
DESCRIBE_TARGET = f"{ECS_TARGET}DescribeTaskDefinition"
ROOT = f"arn:aws:iam::{ACCOUNT}:root"
SESSIONS = {"Fn::Sub": "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${FunctionRole}/*"}
DOORS_SESSIONS = {"Fn::Sub": "arn:${AWS::Partition}:sts::${AWS::AccountId}:assumed-role/${DoorsRole}/*"}
SETTLE_SECONDS = 1.0
HANG_SECONDS = 30.0  # longer than the function waits


class EcsServer:
    """Answers DescribeTaskDefinition with the task definitions given, as long as `allowed` says, and lists the tasks that run or stopped, and
    the services of a cluster."""

    def __init__(self, files: list[Path], hangs: bool, running: Path | None, stopped: Path | None, team: str | None, cluster: str | None = None) -> None:
        self._hangs, self._team, self._cluster = hangs, team, cluster
        tasks = {"RUNNING": running, "STOPPED": stopped}
        self._tasks = {status: json.loads(file.read_text(encoding="utf-8"))["tasks"] for status, file in tasks.items() if file}
        self.asked: list[str] = []
        self.allowed = True
        self._known: dict[str, Template] = {}
        for file in files:
            read = json.loads(file.read_text(encoding="utf-8"))
            task_definition = read.get("taskDefinition", read)
            self._known[short_name(task_definition["taskDefinitionArn"])] = task_definition
        answer = self._answer

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, body = answer(self.headers.get("X-Amz-Target", ""), json.loads(request))
                payload = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(payload)))
                self.end_headers()
                self.wfile.write(payload)

            def log_message(self, format: str, *args: Any) -> None:
                """Keeps stderr for what went wrong."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.socket.listen(128)  # of the questions of a round none waits for its connection
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> EcsServer:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, target: str, request: Template) -> tuple[int, Template]:
        """Status and body for one call of the ECS API."""
        if self._tasks and (listed := self._listed(target.removeprefix(ECS_TARGET), request)):
            return 200, listed
        if self._cluster and request.get("cluster") == self._cluster and (services := self._services(target.removeprefix(ECS_TARGET), request)):
            return 200, services
        if self._team and target == f"{ECS_TARGET}DescribeServices":
            tags = [{"key": "team", "value": self._team}] if "TAGS" in request.get("include", []) else []
            return 200, {"services": [{"status": "ACTIVE", "desiredCount": 2, "runningCount": 0, "tags": tags}], "failures": []}
        if target != DESCRIBE_TARGET:
            return 400, {"__type": "InvalidAction", "message": f"not scripted: {target}"}
        self.asked.append(request["taskDefinition"])
        if self._hangs:
            time.sleep(HANG_SECONDS)
        if not self.allowed:
            return 400, {
                "__type": "AccessDeniedException",
                "message": f"User: arn:aws:sts::{ACCOUNT}:assumed-role/{STACK}/{STACK} is not authorized to perform: "
                f"{DESCRIBE} on resource: * because no identity-based policy allows the {DESCRIBE} action",
            }
        task_definition = self._known.get(short_name(request["taskDefinition"]))
        if task_definition is None:
            return 400, {"__type": "ClientException", "message": "Unable to describe task definition."}
        return 200, {"taskDefinition": task_definition, "tags": []}

    def _services(self, operation: str, request: Template) -> Template | None:
        """A service for each definition, for the operations that tell of services."""
        of_definition = {definition["family"]: definition["taskDefinitionArn"] for definition in self._known.values()}
        named = [name for name in request.get("services", []) if name in of_definition]
        services = [{"serviceName": name, "status": "ACTIVE", "launchType": "EC2", "taskDefinition": of_definition[name]} for name in named]
        answers = {
            "ListServices": {"serviceArns": [f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/{self._cluster}/{name}" for name in of_definition]},
            "DescribeServices": {"services": services, "failures": []},
        }
        return answers.get(operation)

    def _listed(self, operation: str, request: Template) -> Template | None:
        """What runs and what stopped, for the operations that list it."""
        cluster = request.get("cluster", "")
        of_cluster = {
            status: [task for task in tasks if task["clusterArn"].endswith(f"cluster/{cluster.rsplit('/', 1)[-1]}")]
            for status, tasks in self._tasks.items()
        }
        every = [task for tasks in of_cluster.values() for task in tasks]
        answers = {
            "ListClusters": {"clusterArns": sorted({task["clusterArn"] for tasks in self._tasks.values() for task in tasks})},
            "ListTasks": {"taskArns": [task["taskArn"] for task in of_cluster.get(request.get("desiredStatus", "RUNNING"), [])]},
            "DescribeTasks": {"tasks": [task for task in every if task["taskArn"] in request.get("tasks", [])], "failures": []},
        }
        return answers.get(operation)


def short_name(task_definition: str) -> str:
    """family:revision, from that or from an ARN."""
    return task_definition.rsplit("/", 1)[-1]


def stack_template(arguments: argparse.Namespace, ecs_url: str) -> Template:
    """The template as CloudFormation gets it, with what the module's text lists and nothing else changed."""
    source = with_code(read_template(arguments.template), CODE_BUCKET, CODE_KEY)
    template = for_emulator(to_cloudformation(source))
    resources = template["Resources"]
    variables = resources["Function"]["Properties"]["Environment"]["Variables"]
    for name in arguments.unset:
        del variables[name]
    variables["AWS_ENDPOINT_URL_ECS"] = ecs_url
    resources["Doors"]["Properties"]["Environment"]["Variables"]["AWS_ENDPOINT_URL_ECS"] = ecs_url
    del resources["LambdaHook"]
    variables["ECS_TRIAGE_TEST_SOURCE"] = EVENT_SOURCE
    resources["RotationQueue"]["Properties"]["DelaySeconds"] = 0
    resources["RotationSource"]["Properties"]["MaximumBatchingWindowInSeconds"] = 0
    for rule in ("Rule", "ServiceRule", "RotationRule"):
        resources[rule]["Properties"]["EventPattern"]["source"].append(EVENT_SOURCE)
    roles = ("FunctionRole", "DoorsRole")
    for policy in [policy for role in roles for policy in resources[role]["Properties"]["Policies"]]:
        _, policy, *_ = policy.get("Fn::If", [None, policy])
        document = policy["PolicyDocument"]
        document["Statement"] = [
            changed
            for statement in document["Statement"]
            if (changed := stack_statement(statement, arguments.deny))["Action"]
        ]
    sessions = [SESSIONS, DOORS_SESSIONS] if arguments.cluster else [SESSIONS]
    for name in ("TopicPolicy", "ChatTopicPolicy"):
        document = resources[name]["Properties"]["PolicyDocument"]
        document["Statement"] = [one for one in document["Statement"] if "sns:Protocol" not in json.dumps(one)]
        for statement in document["Statement"]:
            let_in(statement, [*sessions, ROOT] if arguments.via == "watch" else sessions)
    if arguments.via == "queue" or arguments.poison:
        for statement in resources["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]:
            let_in(statement, [ROOT])
    if arguments.poison:
        resources["Queue"]["Properties"]["VisibilityTimeout"] = 1
        resources["FunctionQueue"]["Properties"]["Enabled"] = False
    return template


def stack_statement(statement: Template, denied: list[str]) -> Template:
    """A statement of the role's without the actions denied, and with log groups named as the emulator does."""
    actions, resources = as_list(statement["Action"]), as_list(statement["Resource"])
    if "logs:CreateLogStream" in actions:
        resources = resources + [without_streams(arn) for arn in resources]
    if actions == ["logs:GetLogEvents"]:
        resources = resources + [{"Fn::Sub": arn["Fn::Sub"].partition(":log-stream:")[0]} for arn in resources]
    return {**statement, "Action": [action for action in actions if action not in denied], "Resource": resources}


def let_in(statement: Template, principals: list[Any]) -> None:
    """Exempts principals from a statement that denies sending or publishing."""
    if statement.get("Effect") == "Deny" and statement["Action"] in ("sns:Publish", "sqs:SendMessage"):
        condition = statement["Condition"]["ArnNotEquals"]
        exempt = condition["aws:PrincipalArn"]
        # The other exemptions are those of RedriveRoleArn, of which there is none here, and of the doors' role by a condition.
        role = [one for one in (exempt if isinstance(exempt, list) else [exempt]) if "Fn::GetAtt" in one]
        condition["aws:PrincipalArn"] = role + principals


def without_streams(arn: Template) -> Template:
    """A log group's ARN less the `:*` that GetAtt gives it."""
    name = arn["Fn::GetAtt"][0]
    return {"Fn::Sub": "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:${" + name + "}"}


def as_list(value: Any) -> list[Any]:
    """IAM takes one value or a list of them."""
    return value if isinstance(value, list) else [value]


def upload_code(aws: Emulator, bootstrap: Path) -> None:
    """Puts the program where the template says that the code is."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as code:  # stored: a debug build is large, and slow to compress
        entry = zipfile.ZipInfo("bootstrap")
        entry.external_attr = 0o755 << 16
        code.writestr(entry, bootstrap.read_bytes())
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=CODE_BUCKET)
    s3.put_object(Bucket=CODE_BUCKET, Key=CODE_KEY, Body=archive.getvalue())


def queue_for(aws: Emulator, name: str, service: str, source: str) -> tuple[str, str]:
    """URL and ARN of a queue that a service may send to."""
    sqs = aws.client("sqs")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
    return url, arn


def write_logs(aws: Emulator, file: Path) -> None:
    """What containers wrote."""
    written, logs = json.loads(file.read_text(encoding="utf-8")), aws.client("logs")
    group, now = written["group"], int(time.time() * 1000)
    logs.create_log_group(logGroupName=group)
    for name, lines in written["streams"].items():
        logs.create_log_stream(logGroupName=group, logStreamName=name)
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(logGroupName=group, logStreamName=name, logEvents=events)


def subscribe(aws: Emulator, topic: str, name: str) -> str:
    """A queue subscribed to a topic; not raw, since only the envelope carries subject and attributes."""
    url, arn = queue_for(aws, name, "sns.amazonaws.com", topic)
    aws.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    return url


def listen_to_bus(aws: Emulator) -> str:
    """A queue for what ecs-triage puts on the bus."""
    events = aws.client("events")
    rule = events.put_rule(Name="told", EventPattern=json.dumps({"source": ["ecs-triage"]}))["RuleArn"]
    url, arn = queue_for(aws, "told", "events.amazonaws.com", rule)
    events.put_targets(Rule="told", Targets=[{"Id": "queue", "Arn": arn}])
    return url


def put_on_bus(aws: Emulator, event: bytes, is_now: bool) -> None:
    """One event through the rule, with its own time or the present one."""
    envelope = json.loads(event)
    if not {"detail-type", "detail", "time"} <= envelope.keys():
        raise StackError("only an EventBridge event can be put on the bus; try --via queue")
    entry = {
        "Source": EVENT_SOURCE,
        "DetailType": envelope["detail-type"],
        "Detail": json.dumps(envelope["detail"]),
        "Resources": envelope.get("resources", []),
        "Time": datetime.now(timezone.utc) if is_now else envelope["time"],
    }
    answered = aws.client("events").put_events(Entries=[entry])
    if answered["FailedEntryCount"]:
        raise StackError(f"PutEvents: {answered['Entries']}")


def send_batch(aws: Emulator, outputs: dict[str, str], bodies: list[str]) -> None:
    """All bodies as one batch of the function's."""
    entries = [{"Id": str(index), "MessageBody": body} for index, body in enumerate(bodies)]
    answered = aws.client("sqs").send_message_batch(QueueUrl=outputs["QueueUrl"], Entries=entries)
    if answered.get("Failed"):
        raise StackError(f"SendMessageBatch: {answered['Failed']}")
    functions = aws.client("lambda")
    mapping = functions.list_event_source_mappings(FunctionName=outputs["FunctionName"])["EventSourceMappings"][0]
    functions.update_event_source_mapping(UUID=mapping["UUID"], Enabled=True)


def may_describe(aws: Emulator, function: str) -> bool:
    """Whether the function's role may describe task definitions."""
    role = aws.client("lambda").get_function_configuration(FunctionName=function)["Role"]
    simulated = aws.client("iam").simulate_principal_policy(PolicySourceArn=role, ActionNames=[DESCRIBE])
    return simulated["EvaluationResults"][0]["EvalDecision"] == "allowed"


def invoke(aws: Emulator, function: str, event: bytes) -> Any:
    """What the function answers to one payload."""
    answered = aws.client("lambda").invoke(FunctionName=function, Payload=event)
    payload = json.loads(answered["Payload"].read() or b"null")
    if "FunctionError" in answered:
        raise StackError(f"the function failed: {payload}")
    return payload


def at_the_door(aws: Emulator, file: Path) -> Any:
    """What the doors' function answers to the request of a case of `tests/doors`, as one of this account and Region."""
    request = json.dumps(json.loads(file.read_text(encoding="utf-8"))["request"])
    request = request.replace("111122223333", ACCOUNT).replace("us-west-2", REGION)
    return invoke(aws, f"{STACK}-doors", request.encode())


def selftest(aws: Emulator, cli: Path, function: str) -> Any:
    """What the command line says of a self-test of the function."""
    command = [cli, "selftest", "--function", function, "--region", REGION, "--format", "json"]
    ran = subprocess.run(command, env=os.environ | aws.environment(), capture_output=True, text=True, check=False)
    if ran.returncode != 0:
        raise StackError(f"selftest: exit {ran.returncode}: {ran.stdout}{ran.stderr}")
    return json.loads(ran.stdout)


def keys(aws: Emulator, table: str) -> list[str]:
    """The keys of all items of a table."""
    pages = aws.client("dynamodb").get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return sorted(item["key"]["S"] for page in pages for item in page["Items"])


def count(aws: Emulator, queue: str) -> int:
    """How many messages a queue holds, visible or not."""
    names = ["", "NotVisible", "Delayed"]
    wanted = [f"ApproximateNumberOfMessages{name}" for name in names]
    attributes = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=wanted)["Attributes"]
    return sum(int(attributes[name]) for name in wanted)


def drain(aws: Emulator, queue: str, account: str = ACCOUNT) -> list[str]:
    """Takes every visible message of a queue."""
    sqs = aws.client("sqs", account)
    bodies: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
        for message in messages:
            bodies.append(message["Body"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return bodies


def notice(body: str) -> dict[str, Any]:
    """The parts of a notice that a subscriber sees."""
    envelope = json.loads(body)
    return {
        "subject": envelope.get("Subject"),
        "message": envelope["Message"],
        "attributes": {name: value["Value"] for name, value in envelope.get("MessageAttributes", {}).items()},
    }


def read_log(aws: Emulator, group: str) -> list[dict[str, str]]:
    """Every event of a log group, the oldest first."""
    logs = aws.client("logs")
    events = []
    for page in logs.get_paginator("describe_log_streams").paginate(logGroupName=group):
        for stream in page["logStreams"]:
            name = stream["logStreamName"]
            read = logs.get_log_events(logGroupName=group, logStreamName=name, startFromHead=True)
            events += [(event["timestamp"], name, event["message"]) for event in read["events"]]
    events.sort(key=lambda event: event[0])
    return [{"stream": name, "message": message} for _, name, message in events]


def function_log(aws: Emulator, group: str) -> str:
    """What the function wrote, and the platform about it."""
    return "\n".join(event["message"] for event in read_log(aws, group))


class Run:
    """One stack, from its creation to the outcome."""

    def __init__(self, aws: Emulator, arguments: argparse.Namespace) -> None:
        self._aws = aws
        self._arguments = arguments
        self._outputs: dict[str, str] = {}
        self._taken: dict[str, list[str]] = {}
        self._watched = ""

    def outcome(self, ecs: EcsServer) -> dict[str, Any]:
        """Sends the events, and tells what became of them."""
        arguments = self._arguments
        template = stack_template(arguments, ecs.url)
        upload_code(self._aws, arguments.bootstrap)
        parameters = {
            "Architecture": "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
            "Probing": arguments.probing,
        }
        if "CodeBucket" in template["Parameters"]:
            parameters |= {"CodeBucket": CODE_BUCKET, "CodeKey": CODE_KEY}
        if arguments.door:
            parameters |= {"CloudFormationHook": "block"}
        if arguments.cluster:
            parameters["CheckClusters"] = arguments.cluster
        if arguments.listen:
            parameters |= {"ChatNotifications": "yes", "EventBusArn": BUS}
        if arguments.running:
            parameters["WatchRotation"] = "on"
        if arguments.team:
            parameters["TeamTag"] = "team"
        if arguments.logs:
            parameters["ReadContainerLogs"] = "yes"
            write_logs(self._aws, arguments.logs)
        self._outputs = self._aws.create_stack(STACK, json.dumps(template), parameters)
        ecs.allowed = may_describe(self._aws, self._outputs["FunctionName"])
        queues = {"notices": subscribe(self._aws, self._outputs["TopicArn"], "notices")}
        if arguments.listen:
            queues |= {"chats": subscribe(self._aws, self._outputs["ChatTopicArn"], "chats"), "bus": listen_to_bus(self._aws)}
        responses = self._send(arguments.events, ecs)
        responses += [at_the_door(self._aws, file) for file in arguments.door]
        if arguments.cluster:
            responses.append(self._scheduled())
        if arguments.selftest:
            responses.append(selftest(self._aws, arguments.selftest, self._outputs["FunctionName"]))
        self._await(queues, len(arguments.events) if arguments.expect is None else arguments.expect)
        told = {of: self._take(queue) for of, queue in queues.items()}
        return {
            "notices": [notice(body) for body in told["notices"]],
            "journal": read_log(self._aws, self._outputs["JournalName"]),
            "chats": [json.loads(notice(body)["message"]) for body in told.get("chats", [])],
            "bus": [json.loads(body) for body in told.get("bus", [])],
            "queue": count(self._aws, self._outputs["QueueUrl"]),
            "rotations": count(self._aws, self._outputs["RotationQueueUrl"]) if arguments.running else 0,
            "dlq": count(self._aws, self._outputs["DeadLetterQueueUrl"]),
            "dead_letters": drain(self._aws, self._outputs["DeadLetterQueueUrl"]),
            "asked": ecs.asked,
            "responses": responses,
            "table": keys(self._aws, self._outputs["TableName"]),
            "function_log": self.logged(),
        }

    def _scheduled(self) -> Any:
        """What the target of the schedule's rule answers to the event that EventBridge makes of it."""
        events = self._aws.client("events")
        rule = next(rule for rule in events.list_rules()["Rules"] if rule.get("ScheduleExpression"))
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        event = {"id": "53dc4d37", "detail-type": "Scheduled Event", "source": "aws.events", "resources": [rule["Arn"]], "detail": {}}
        return {"rule": rule["ScheduleExpression"], "answer": invoke(self._aws, target["Arn"], json.dumps(event).encode())}

    def logged(self) -> str:
        """The function's log, or nothing where the stack never came up."""
        group = self._outputs.get("FunctionLogGroup")
        return self._watched or (function_log(self._aws, group) if group else "")

    def _send(self, files: list[Path], ecs: EcsServer) -> list[Any]:
        """Sends every event the way that was asked for; the answers, where there are any."""
        aws, outputs, via = self._aws, self._outputs, self._arguments.via
        if via == "watch":
            with Watch(self._watched_environment(ecs)) as watch:
                responses = [watch.invoke(file) for file in files]
                self._watched = watch.log()
                return responses
        events = [file.read_bytes() for file in files]
        if via == "invoke":
            return [invoke(aws, outputs["FunctionName"], event) for event in events]
        if self._arguments.poison:
            send_batch(aws, outputs, [POISON, *(event.decode() for event in events)])
        elif via == "queue":
            for event in events:
                aws.client("sqs").send_message(QueueUrl=outputs["QueueUrl"], MessageBody=event.decode())
        else:
            for event in events:
                put_on_bus(aws, event, self._arguments.running is not None)
        return []

    def _watched_environment(self, ecs: EcsServer) -> dict[str, str]:
        """What the function has in a deployment and finds the emulator by."""
        function = self._aws.client("lambda").get_function_configuration(FunctionName=self._outputs["FunctionName"])
        return self._aws.environment() | function["Environment"]["Variables"] | {"AWS_ENDPOINT_URL_ECS": ecs.url}

    def _await(self, queues: dict[str, str], expected: int) -> None:
        """Waits for what each channel is told, the journal and the queues, and then a little, for what should not come."""
        outputs, dead = self._outputs, self._arguments.dead
        entries = expected if self._arguments.entries is None else self._arguments.entries
        conditions: dict[str, Callable[[], bool]] = {
            f"{entries} journal entries": lambda: len(read_log(self._aws, outputs["JournalName"])) >= entries,
            f"{dead} dead letters": lambda: count(self._aws, outputs["DeadLetterQueueUrl"]) >= dead,
            "an empty queue": lambda: count(self._aws, outputs["QueueUrl"]) == 0,
        }
        for of, queue in queues.items():
            conditions[f"{expected} of {of}"] = lambda queue=queue: len(self._take(queue)) >= expected
        deadline = time.monotonic() + self._arguments.timeout
        for name, holds in conditions.items():
            while not holds():
                if time.monotonic() > deadline:
                    raise StackError(f"waited {self._arguments.timeout:.0f} s in vain for {name}")
                time.sleep(0.1)
        time.sleep(SETTLE_SECONDS)

    def _take(self, queue: str) -> list[str]:
        """All that a queue was sent so far."""
        taken = self._taken.setdefault(queue, [])
        taken += drain(self._aws, queue)
        return taken


def json_files(paths: list[Path]) -> list[Path]:
    """The files named, and the *.json files of the directories named, in order."""
    return [file for path in paths for file in (sorted(path.glob("*.json")) if path.is_dir() else [path])]


def read_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run the whole stack on emulated AWS.")
    parser.add_argument("--bootstrap", type=Path, required=True, help="the function's program")
    parser.add_argument("--events", type=Path, nargs="+", required=True, help="files or directories of events")
    parser.add_argument(
        "--task-definition",
        type=Path,
        nargs="+",
        default=[],
        help="files or directories of answers of aws ecs describe-task-definition",
    )
    ways = ["bus", "queue", "invoke", "watch"]
    parser.add_argument("--via", choices=ways, default="bus", help="where the events go in")
    parser.add_argument("--running", type=Path, help="an answer of aws ecs describe-tasks, of which all tasks run; watches rotations")
    parser.add_argument("--stopped", type=Path, help="an answer of aws ecs describe-tasks, of which all tasks stopped lately")
    parser.add_argument("--team", help="the team of each service; routes notices by it")
    parser.add_argument("--logs", type=Path, help="what containers wrote: a log group, and lines by stream; lets logs be read")
    parser.add_argument("--poison", action="store_true", help="put a message that is not JSON in the events' batch")
    parser.add_argument("--hang", action="store_true", help="let DescribeTaskDefinition answer too late")
    parser.add_argument("--deny", action="append", default=[], metavar="ACTION", help="take an action from the role")
    parser.add_argument(
        "--unset", action="append", default=[], metavar="NAME", help="take an environment variable from the function"
    )
    parser.add_argument("--probing", default="task-definitions", help="the template's parameter Probing")
    parser.add_argument("--listen", action="store_true", help="deploy the chat topic and name an event bus")
    parser.add_argument("--selftest", type=Path, metavar="CLI", help="after the events have this command line make a self-test")
    parser.add_argument(
        "--door", type=Path, action="append", default=[], metavar="FILE", help="then invoke the doors' function with this case's request"
    )
    parser.add_argument("--cluster", help="then let the schedule check this cluster, which has a service for each definition")
    parser.add_argument("--expect", type=int, help="notices to wait for (default: one for each event)")
    parser.add_argument("--entries", type=int, help="journal entries to wait for (default: as many as notices)")
    parser.add_argument("--dead", type=int, help="dead letters to wait for (default: 1 with --poison, else 0)")
    parser.add_argument("--timeout", type=float, default=180.0, help="seconds to wait for all that")
    parser.add_argument("--template", type=Path, default=TEMPLATE)
    arguments = parser.parse_args()
    arguments.events = json_files(arguments.events)
    arguments.task_definition = json_files(arguments.task_definition)
    if not arguments.events:
        parser.error("no event to send")
    if arguments.poison and arguments.via in ("invoke", "watch"):
        parser.error("--poison goes through the queue")
    if arguments.dead is None:
        arguments.dead = int(arguments.poison)
    return arguments


def main() -> int:
    """Runs the stack once, and prints what came of it."""
    arguments = read_arguments()
    ecs = EcsServer(arguments.task_definition, arguments.hang, arguments.running, arguments.stopped, arguments.team, arguments.cluster)
    with ecs, Emulator() as aws:
        run = Run(aws, arguments)
        try:
            json.dump(run.outcome(ecs), sys.stdout)
            print()
            return 0
        except Exception as error:
            print(f"stack.py: {type(error).__name__}: {error}", file=sys.stderr)
            print(f"--- the emulator's log\n{aws.log_tail()}", file=sys.stderr)
            print(f"--- the function's log\n{run.logged()}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
