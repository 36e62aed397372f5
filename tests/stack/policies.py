"""The resource policies of the stack, as they are once it is deployed.

    python tests/stack/policies.py [PARAMETER=VALUE...]

The template goes through SAM's transform and CloudFormation in the emulator, without the function, which needs code, and
without what names it. Nothing else is changed. Prints one JSON object:

    {"role": ARN, "rules": [ARN], "queue": {"arn", "policy"}, "dead_letters": {"arn", "policy"}, "topic": {...},
     "chat": {...} | null, "permissions": {policy: [statement]}, "retention": {"queue": seconds, "dead_letters": seconds}}
"""

from __future__ import annotations

import json
import sys
from typing import Any

from emulator import TEMPLATE, Emulator, Template, for_emulator, read_template, to_cloudformation

NEEDS_CODE = (
    "Function", "ErrorsAlarm", "Dashboard", "RotationSource",
    "Doors", "DoorsErrorsAlarm", "DoorsTroubleAlarm", "DeploymentHookRole", "CloudFormationHookRole", "LambdaHook", "PauseRule", "PausePermission",
    "CheckRule", "CheckPermission",
)


def without_code(template: Template) -> Template:
    """The template less the function, with the names that the policies are about as outputs."""
    for name in NEEDS_CODE:
        del template["Resources"][name]
    template["Outputs"] = {
        "Role": {"Value": {"Fn::GetAtt": ["FunctionRole", "Arn"]}},
        "RoleName": {"Value": {"Ref": "FunctionRole"}},
        "Rule": {"Value": {"Fn::GetAtt": ["Rule", "Arn"]}},
        "ServiceRule": {"Value": {"Fn::GetAtt": ["ServiceRule", "Arn"]}},
        "RotationRule": {"Condition": "WatchesRotation", "Value": {"Fn::GetAtt": ["RotationRule", "Arn"]}},
        "RotationQueue": {"Condition": "WatchesRotation", "Value": {"Ref": "RotationQueue"}},
        "Queue": {"Value": {"Ref": "Queue"}},
        "DeadLetters": {"Value": {"Ref": "DeadLetters"}},
        "Topic": {"Value": {"Ref": "Topic"}},
        "Chat": {"Condition": "HasChat", "Value": {"Ref": "ChatTopic"}},
    }
    return for_emulator(to_cloudformation(template))


def queue(aws: Emulator, url: str) -> dict[str, Any]:
    """A queue's attributes."""
    return aws.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def topic(aws: Emulator, arn: str) -> dict[str, Any]:
    """A topic's ARN and policy."""
    attributes = aws.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    return {"arn": arn, "policy": json.loads(attributes["Policy"])}


def permissions(aws: Emulator, role: str) -> dict[str, Any]:
    """What the role's inline policies say."""
    iam = aws.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]["Statement"] for name in names}


def main() -> int:
    """Prints the policies."""
    parameters = dict(argument.split("=", 1) for argument in sys.argv[1:])
    with Emulator() as aws:
        made = aws.create_stack("policies", json.dumps(without_code(read_template(TEMPLATE))), parameters)
        named = (("queue", "Queue"), ("rotations", "RotationQueue"), ("dead_letters", "DeadLetters"))
        queues = {name: queue(aws, made[output]) for name, output in named if output in made}
        told = {name: {"arn": one["QueueArn"], "policy": json.loads(one["Policy"])} for name, one in queues.items()}
        told |= {"topic": topic(aws, made["Topic"]), "chat": topic(aws, made["Chat"]) if "Chat" in made else None}
        told |= {"role": made["Role"], "rules": [made["Rule"], made["ServiceRule"]], "rotation_rule": made.get("RotationRule")}
        told |= {"permissions": permissions(aws, made["RoleName"])}
        told |= {"retention": {name: int(one["MessageRetentionPeriod"]) for name, one in queues.items()}}
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
