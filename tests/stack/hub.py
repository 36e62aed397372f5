"""A hub and a member account on emulated AWS: a failure in the member is heard by the hub, and asked about in the member.

    python tests/stack/hub.py --bootstrap target/debug/ecs-triage-lambda [--without-reader] EVENT...

It creates the hub's stack from template.yaml and a member's stack from deploy/member.yaml, each in its account of the emulator, puts the
events on the member's bus, and waits for a notice of each. Then it prints one JSON object:

    {"notices": [{"subject", "message", "attributes"}], "journal": [{"stream", "message"}], "asked": [[account, task definition]],
     "refused": {what: error code | null}, "queue": n, "dlq": n, "function_log": "..."}

`asked` is what the function wanted described, with the account whose credentials signed the call. `refused` is what comes of sending to
the hub's queue as somebody else than the member's sender role, and of assuming the reader role as somebody else than the function. With
--without-reader the member has no reader role.

What differs from a deployment is what stack.py says of the hub, and:
    - the emulator delivers nothing to another account. So the member's rules send to a queue of the member, and this program hands each
      event on to the hub's queue with a session of the sender role, which it can assume for that, as EventBridge does: what the role may
      send, and what the hub's queue takes, is what the policies say;
    - the emulator has each account in an organization of its own, and no aws:ResourceOrgID. So the hub is told the member's organization,
      the function's policy lacks the condition on it, and the reader's trust policy the one on the hub's organization;
    - it gives the session's ARN as aws:PrincipalArn where AWS gives the role's. So both are named;
    - in the hub's account there are parameters of the names that the member lacks: who asks there finds them.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError
from emulator import ACCOUNT, REGION, TEMPLATE, Emulator, StackError, Template, read_template
from stack import EVENT_SOURCE, STACK, EcsServer, count, drain, function_log, notice, read_log, stack_template, subscribe, upload_code

MEMBER = "222233334444"
MEMBER_TEMPLATE = TEMPLATE.parent / "deploy" / "member.yaml"
PARAMETERS = ["/report/db/url", "/report/smtp/password"]
ROOT = {"AccessKeyId": ACCOUNT, "SecretAccessKey": "none", "SessionToken": None}
SECONDS = 180.0


def session_of(role: Any) -> Any:
    """The role's sessions, where a policy names the role itself by Fn::Sub."""
    return {"Fn::Sub": role["Fn::Sub"].replace(":iam::", ":sts::").replace(":role${MemberRolePath}", ":assumed-role/") + "/*"}


def hub_template(ecs_url: str) -> Template:
    """The hub's template with what this module's text lists."""
    arguments = SimpleNamespace(template=TEMPLATE, unset=[], deny=[], cluster=None, via="bus", poison=False)
    template = stack_template(arguments, ecs_url)
    for statement in template["Resources"]["QueuePolicy"]["Properties"]["PolicyDocument"]["Statement"]:
        allowed = statement.get("Fn::If", [None, {}])[1]
        if allowed:
            like = allowed["Condition"]["ArnLike"]
            like["aws:PrincipalArn"] = [like["aws:PrincipalArn"], session_of(like["aws:PrincipalArn"])]
        elif "aws:SourceArn" in statement.get("Condition", {}).get("ArnNotEquals", {}):
            exempt = statement["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]["Fn::If"][1]
            exempt.append(session_of(exempt[0]))
    for policy in template["Resources"]["FunctionRole"]["Properties"]["Policies"]:
        _, policy, *_ = policy.get("Fn::If", [None, policy])
        if policy["PolicyName"] == "read-members":
            del policy["PolicyDocument"]["Statement"][0]["Condition"]
    return template


def member_template(courier: str) -> Template:
    """The member's template likewise, with a queue in the place of the hub's."""
    template = read_template(MEMBER_TEMPLATE)
    resources = template["Resources"]
    for name in ("Rule", "ServiceRule"):
        properties = resources[name]["Properties"]
        properties["EventPattern"]["source"].append(EVENT_SOURCE)
        properties["Targets"][0]["Arn"] = courier
    sender = resources["SenderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]
    sender.append({"Effect": "Allow", "Principal": {"AWS": MEMBER}, "Action": "sts:AssumeRole"})
    condition = resources["ReaderRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    del condition["StringEquals"]
    role = {"Fn::Select": [1, {"Fn::Split": ["/", {"Ref": "HubRoleArn"}]}]}
    session = {"Fn::Sub": [f"arn:aws:sts::{ACCOUNT}:assumed-role/${{Role}}/*", {"Role": role}]}
    condition["ArnLike"] = {"aws:PrincipalArn": [{"Ref": "HubRoleArn"}, session]}
    del condition["ArnEquals"]
    return template


class Signed(EcsServer):
    """Answers as the other, and remembers whose credentials signed each call."""

    def __init__(self, files: list[Path]) -> None:
        super().__init__(files, False, None, None, None)
        self.keys: list[str] = []
        handler = self._server.RequestHandlerClass
        answered = handler.do_POST
        keys = self.keys

        def do_POST(request: Any) -> None:
            if request.headers.get("X-Amz-Target", "").endswith("DescribeTaskDefinition"):
                keys.append(request.headers["Authorization"].split("Credential=")[1].split("/")[0])
            answered(request)

        handler.do_POST = do_POST


def of_member(files: list[Path], directory: Path) -> list[Path]:
    """The files as they are in the member's account."""
    for file in files:
        (directory / file.name).write_text(file.read_text(encoding="utf-8").replace(ACCOUNT, MEMBER), encoding="utf-8")
    return [directory / file.name for file in files]


def send(aws: Emulator, queue: str, credentials: dict[str, str] | None, account: str = ACCOUNT, body: str = "{}") -> str | None:
    """Sends to the hub's queue as somebody, by default an account's root; the error's code where it is refused."""
    sender = aws.client_with("sqs", credentials) if credentials else aws.client("sqs", account)
    try:
        sender.send_message(QueueUrl=queue, MessageBody=body)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def hand_on(aws: Emulator, courier: str, queue: str, sender: dict[str, str], wanted: int) -> None:
    """Hands what the member's rules passed on to the hub, as the sender role."""
    deadline, handed = time.monotonic() + SECONDS, 0
    while handed < wanted:
        if time.monotonic() > deadline:
            raise StackError(f"the member's rules passed {handed} of {wanted} events")
        for body in drain(aws, courier, MEMBER):
            if code := send(aws, queue, sender, body=body):
                raise StackError(f"the hub's queue refuses the sender role: {code}")
            handed += 1
        time.sleep(0.1)


def outcome(aws: Emulator, ecs: Signed, arguments: argparse.Namespace) -> dict[str, Any]:
    """Makes both stacks, sends the events, and tells what became of them."""
    organization = aws.client("organizations", MEMBER).describe_organization()["Organization"]["Id"]
    upload_code(aws, arguments.bootstrap)
    parameters = {
        "Architecture": "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64",
        "Probing": "full",
        "OrganizationId": organization,
    }
    hub = aws.create_stack(STACK, json.dumps(hub_template(ecs.url)), parameters)
    subscribed = subscribe(aws, hub["TopicArn"], "notices")
    region = json.loads(arguments.events[0].read_text(encoding="utf-8"))["region"]
    for name in PARAMETERS:
        aws.client_with("ssm", ROOT, region).put_parameter(Name=name, Value="none", Type="String")

    sqs = aws.client("sqs", MEMBER)
    courier = sqs.create_queue(QueueName="courier")["QueueUrl"]
    courier_arn = sqs.get_queue_attributes(QueueUrl=courier, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    values = {"HubQueueArn": hub["QueueArn"], "HubRoleArn": hub["FunctionRoleArn"], "OrganizationId": organization}
    member = aws.create_stack("member", json.dumps(member_template(courier_arn)), values, MEMBER)
    if arguments.without_reader:
        iam, role = aws.client("iam", MEMBER), member["ReaderRoleArn"].rsplit("/", 1)[-1]
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        iam.delete_role(RoleName=role)
    assumed = aws.client("sts", MEMBER).assume_role(RoleArn=member["SenderRoleArn"], RoleSessionName="events")["Credentials"]
    refused = {
        "the member sends": send(aws, hub["QueueUrl"], None, MEMBER),
        "another account sends": send(aws, hub["QueueUrl"], None, "999988887777"),
        "the hub sends": send(aws, hub["QueueUrl"], None),
        "the hub reads": assume(aws, member["ReaderRoleArn"], ACCOUNT),
        "the member reads": assume(aws, member["ReaderRoleArn"], MEMBER),
    }

    for file in arguments.events:
        event = json.loads(file.read_text(encoding="utf-8").replace(ACCOUNT, MEMBER))
        entry = {
            "Source": EVENT_SOURCE,
            "DetailType": event["detail-type"],
            "Detail": json.dumps(event["detail"]),
            "Resources": event.get("resources", []),
            "Time": event["time"],
        }
        answered = aws.client("events", MEMBER).put_events(Entries=[entry])
        if answered["FailedEntryCount"]:
            raise StackError(f"PutEvents: {answered['Entries']}")
    hand_on(aws, courier, hub["QueueUrl"], assumed, len(arguments.events))
    notices: list[dict[str, Any]] = []
    deadline = time.monotonic() + SECONDS
    while len(notices) < len(arguments.events) or count(aws, hub["QueueUrl"]):
        if time.monotonic() > deadline:
            raise StackError(f"{len(notices)} notices of {len(arguments.events)}\n{function_log(aws, hub['FunctionLogGroup'])}")
        notices += [notice(body) for body in drain(aws, subscribed)]
        time.sleep(0.1)
    accounts = [aws.client("sts").get_access_key_info(AccessKeyId=key)["Account"] for key in ecs.keys]
    return {
        "notices": notices,
        "journal": read_log(aws, hub["JournalName"]),
        "asked": [list(call) for call in zip(accounts, ecs.asked, strict=True)],
        "refused": refused,
        "queue": count(aws, hub["QueueUrl"]),
        "dlq": count(aws, hub["DeadLetterQueueUrl"]),
        "function_log": function_log(aws, hub["FunctionLogGroup"]),
    }


def assume(aws: Emulator, role: str, account: str) -> str | None:
    """The error's code where an account's root cannot assume a role."""
    try:
        aws.client("sts", account).assume_role(RoleArn=role, RoleSessionName="somebody")
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def main() -> int:
    """Runs both stacks once, and prints what came of it."""
    parser = argparse.ArgumentParser(description="Run a hub and a member account on emulated AWS.")
    parser.add_argument("--bootstrap", type=Path, required=True, help="the function's program")
    parser.add_argument("--task-definition", type=Path, nargs="+", default=[], help="answers of aws ecs describe-task-definition")
    parser.add_argument("--without-reader", action="store_true", help="take the reader role from the member")
    parser.add_argument("--events", type=Path, nargs="+", required=True, help="files of events")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, Emulator() as aws, Signed(of_member(arguments.task_definition, Path(directory))) as ecs:
        try:
            json.dump(outcome(aws, ecs, arguments), sys.stdout)
            print()
            return 0
        except Exception as error:
            print(f"hub.py: {type(error).__name__}: {error}", file=sys.stderr)
            print(f"--- the emulator's log\n{aws.log_tail()}", file=sys.stderr)
            return 1


if __name__ == "__main__":
    sys.exit(main())
