"""Two emulators of AWS, and in them the states that keep tasks from starting, until standard input ends.

    python tests/live/states.py

moto has the network, and ministack the rest. When all is made, one line of JSON tells where they listen, and for each
state the event of a task that it stopped:

    {"moto": "http://127.0.0.1:...", "ministack": ..., "states": {name: {"event": {...}, "moto": [service]}},
     "names": {...}}

`moto` names the services that moto has to answer for that state, besides EC2. Each network is a VPC of its own. Both
bind the loopback address only. Whatever ends this program ends them.
"""

from __future__ import annotations

import json
import re
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "adapters"))

from emulated import ACCOUNT, REGION, Emulator, ministack, moto  # noqa: E402

ANYWHERE = "0.0.0.0/0"
ALL_EGRESS = [{"IpProtocol": "-1", "IpRanges": [{"CidrIp": ANYWHERE}]}]
HTTPS = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
ECS = "ecs-tasks.amazonaws.com"
PULL = "ResourceInitializationError: unable to pull secrets or registry auth: "
FETCH = PULL + "execution resource retrieval failed: unable to retrieve secret from asm: service call has been retried 1 "
FETCH += "time(s): failed to fetch secret {arn} from secrets manager: "
NOT_FOUND = FETCH + "ResourceNotFoundException: Secrets Manager can't find the specified secret."
DELETED = FETCH + "InvalidRequestException: You can't perform this operation on the secret because it was marked for deletion."
NO_VALUE = FETCH + "ResourceNotFoundException: Secrets Manager can't find the specified secret value for {what}"
KEY = FETCH + "AccessDeniedException: Access to KMS is not allowed"
DENIED = FETCH + (
    "AccessDeniedException: User: arn:aws:sts::" + ACCOUNT + ":assumed-role/{role}/0123456789abcdef is not authorized to "
    "perform: secretsmanager:GetSecretValue on resource: {arn} because {why}"
)
NO_ALLOW = "no identity-based policy allows the secretsmanager:GetSecretValue action"
EXPLICIT = "with an explicit deny in an identity-based policy"
TIMED_OUT = PULL + (
    "unable to retrieve secret from asm: There is a connection issue between the task and AWS Secrets Manager. Check your "
    "task network configuration. failed to fetch secret {arn} from secrets manager: operation error Secrets Manager: "
    "GetSecretValue, https response error StatusCode: 0, RequestID: , canceled, context deadline exceeded"
)
PARAMETER = PULL + (
    "execution resource retrieval failed: unable to retrieve secrets from ssm: service call has been retried 1 time(s): "
    "invalid parameters: {name}"
)
UNASSUMABLE = (
    "ECS was unable to assume the role '{role}' that was provided for this task. Please verify that the role being passed "
    "has the proper trust relationship and permissions and that your IAM user has permissions to pass this role."
)
NO_LOG_GROUP = (
    "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create "
    "Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1"
)
NO_IMAGE = (
    "CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref {image}: {image}: "
    "not found"
)
NO_ENV_FILE = (
    "ResourceInitializationError: failed to download env files: file download command: non empty error stream: service call "
    "has been retried 1 time(s): operation error S3: HeadObject, https response error StatusCode: 404, RequestID: 1, HostID: "
    "2, api error NotFound: Not Found"
)
EFS = (
    "ResourceInitializationError: failed to invoke EFS utils commands to set up EFS volumes: stderr: mount.nfs4: Connection "
    "timed out : unsuccessful EFS utils command execution; code: 32"
)


def policy(effect: str, action: str, resource: str) -> str:
    """A policy of one statement."""
    statement = {"Effect": effect, "Action": action, "Resource": resource}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def trust(service: str, condition: dict[str, Any] | None = None) -> str:
    """A trust policy for one service."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


class Account:
    """What is in the emulators."""

    def __init__(self, net: Emulator, rest: Emulator) -> None:
        self.ec2, self.net = net.client("ec2"), net
        self.secrets, self.ssm, self.kms, self.iam, self.ecs, self.ecr, self.logs, self.s3, self.efs = (
            rest.client(service)
            for service in ("secretsmanager", "ssm", "kms", "iam", "ecs", "ecr", "logs", "s3", "efs")
        )
        self.states: dict[str, Any] = {}
        self.names: dict[str, str] = {}
        self.ecs.create_cluster(clusterName="prod")
        self.role = self.a_role("exec")
        self.task_role = self.a_role("task")
        self.secret = self.a_secret("prod/db", SecretString="unseen")
        self.names["secret"] = self.secret
        # A task may read this one, and nothing else is wrong with it.
        self.readable = self.a_secret("prod/readable", SecretString="unseen")
        self.allow("exec", self.readable)

    def a_secret(self, name: str, secrets: Any = None, **more: Any) -> str:
        """A secret's ARN, with an end that is no word: `split_suffix` takes such a one for a part of the name."""
        secrets = secrets or self.secrets
        while True:
            arn = secrets.create_secret(Name=name, **more)["ARN"]
            if not re.fullmatch("(.?[a-z]*|[A-Z]*)[0-9]*", arn[-6:]):
                return arn
            secrets.delete_secret(SecretId=arn, ForceDeleteWithoutRecovery=True)

    def a_role(self, name: str, service: str = ECS, condition: dict[str, Any] | None = None) -> str:
        """A role's ARN."""
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust(service, condition))
        return role["Role"]["Arn"]

    def allow(self, role: str, secret: str, effect: str = "Allow") -> None:
        """Lets a role read a secret, or not."""
        document = policy(effect, "secretsmanager:GetSecretValue", secret)
        self.iam.put_role_policy(RoleName=role, PolicyName=f"{effect}-{secret[-6:]}", PolicyDocument=document)

    def define(self, family: str, reference: str | None = None, **more: Any) -> str:
        """Registers a definition whose container has one secret."""
        container = {"name": "web", "image": "public.ecr.aws/nginx/nginx:1.27", "essential": True}
        if reference:
            container["secrets"] = [{"name": "DB", "valueFrom": reference}]
        container |= more.pop("container", {})
        definition = {
            "networkMode": "awsvpc",
            "requiresCompatibilities": ["FARGATE"],
            "cpu": "256",
            "memory": "512",
            "executionRoleArn": self.role,
            "taskRoleArn": self.task_role,
            "containerDefinitions": [container],
        }
        registered = self.ecs.register_task_definition(family=family, **definition | more)
        return registered["taskDefinition"]["taskDefinitionArn"]

    def serve(self, name: str, definition: str, subnets: list[str], groups: list[str], public: bool = False) -> None:
        """A service in a network."""
        place = {"subnets": subnets, "securityGroups": groups, "assignPublicIp": "ENABLED" if public else "DISABLED"}
        self.ecs.create_service(
            cluster="prod",
            serviceName=name,
            taskDefinition=definition,
            desiredCount=0,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": place},
        )

    def stopped(
        self, name: str, definition: str, reason: str, subnet: str = "subnet-0", moto: tuple[str, ...] = ()
    ) -> None:
        """A state: the event of the task that it stopped."""
        task = f"{len(self.states):032x}"
        detail = {
            "attachments": [
                {
                    "id": "1",
                    "type": "eni",
                    "status": "DELETED",
                    "details": [{"name": "subnetId", "value": subnet}],
                }
            ],
            "taskArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/prod/{task}",
            "clusterArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/prod",
            "taskDefinitionArn": definition,
            "group": f"service:{name}",
            "launchType": "FARGATE",
            "platformVersion": "1.4.0",
            "lastStatus": "STOPPED",
            "desiredStatus": "STOPPED",
            "stopCode": "TaskFailedToStart",
            "stoppedReason": reason,
            "stoppedAt": None,
            "containers": [{"name": "web", "lastStatus": "STOPPED", "networkInterfaces": []}],
            "version": 3,
        }
        event = {
            "version": "0",
            "id": task,
            "detail-type": "ECS Task State Change",
            "source": "aws.ecs",
            "account": ACCOUNT,
            "time": None,
            "region": REGION,
            "resources": [detail["taskArn"]],
            "detail": detail,
        }
        self.states[name] = {"event": event, "moto": list(moto)}

    def reading(self, name: str, reference: str, reason: str, **more: Any) -> None:
        """A task that stopped for one secret."""
        definition = self.define(name, reference, **more)
        self.stopped(name, definition, reason.replace("{arn}", reference))


def secrets(account: Account) -> None:
    """Secrets and parameters that are not as the definition says."""
    account.reading("wrong-suffix", account.secret[:-6] + "zzZZ99", NOT_FOUND)
    gone = account.a_secret("billing/gone", SecretString="unseen")
    account.secrets.delete_secret(SecretId=gone)
    account.reading("deleted", gone, DELETED)
    there = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:"
    account.reading("missing", there + "search/nothing-AbCdEf", NOT_FOUND)
    account.reading("near-name", there + "prod/bd-AbCdEf", NOT_FOUND)
    definition = account.define("missing-stage", account.readable + "::BLUE:")
    reason = NO_VALUE.replace("{what}", "staging label: BLUE").replace("{arn}", account.readable)
    account.stopped("missing-stage", definition, reason)
    empty = account.a_secret("prod/empty", account.net.client("secretsmanager"))
    reason = NO_VALUE.replace("{what}", "staging label: AWSCURRENT").replace("{arn}", empty)
    account.stopped("without-value", account.define("without-value", empty), reason, moto=("SECRETS_MANAGER",))
    for name, close in {"disabled-key": account.kms.disable_key, "deleted-key": account.kms.schedule_key_deletion}.items():
        key = account.kms.create_key()["KeyMetadata"]["KeyId"]
        arn = account.a_secret(f"keyed/{name}", SecretString="unseen", KmsKeyId=key)
        close(KeyId=key)
        account.reading(name, arn, KEY)
    account.ssm.put_parameter(Name="/prod/db/url", Value="unseen", Type="SecureString")
    account.reading("missing-parameter", "/billing/key", PARAMETER.replace("{name}", "/billing/key"))
    account.reading("near-parameter", "/prod/db/ulr", PARAMETER.replace("{name}", "/prod/db/ulr"))


def roles(account: Account) -> None:
    """Roles that may not, and roles that ECS may not be."""
    denied = DENIED.replace("{role}", "exec").replace("{why}", NO_ALLOW)
    account.reading("role-without-permission", account.secret, denied)
    mine = account.a_secret("task/own", SecretString="unseen")
    account.allow("task", mine)
    account.reading("permission-on-task-role", mine, denied)
    forbidden = account.a_secret("closed/one", SecretString="unseen")
    account.allow("exec", forbidden)
    account.allow("exec", forbidden, "Deny")
    account.reading("denied-by-role", forbidden, DENIED.replace("{role}", "exec").replace("{why}", EXPLICIT))
    elsewhere = {"StringEquals": {"aws:SourceAccount": "444455556666"}}
    untrusted = {
        "ec2-trust": account.a_role("for-ec2", "ec2.amazonaws.com"),
        "other-source-account": account.a_role("for-others", condition=elsewhere),
        "missing-role": f"arn:aws:iam::{ACCOUNT}:role/never-made",
    }
    for name, role in untrusted.items():
        definition = account.define(name, account.readable, executionRoleArn=role)
        account.stopped(name, definition, UNASSUMABLE.replace("{role}", role))


def images_and_files(account: Account) -> None:
    """What is not a secret, and is not there."""
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    account.ecr.create_repository(repositoryName="web")
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"})
    account.ecr.put_image(repositoryName="web", imageManifest=manifest, imageTag="1.2")
    for name, image in {"missing-image": f"{registry}/web:1.3", "missing-repository": f"{registry}/wbe:1.2"}.items():
        definition = account.define(name, container={"image": image})
        account.stopped(name, definition, NO_IMAGE.replace("{image}", image))
    options = {"awslogs-group": "/ecs/api", "awslogs-region": REGION, "awslogs-stream-prefix": "web"}
    logging = {"logConfiguration": {"logDriver": "awslogs", "options": options}}
    account.stopped("missing-log-group", account.define("missing-log-group", container=logging), NO_LOG_GROUP)
    account.s3.create_bucket(Bucket="config", CreateBucketConfiguration={"LocationConstraint": REGION})
    account.s3.put_object(Bucket="config", Key="api/prod.env", Body=b"unseen")
    for name, arn in {"missing-env-file": "arn:aws:s3:::config/api/dev.env", "missing-bucket": "arn:aws:s3:::conf/a.env"}.items():
        files = {"environmentFiles": [{"type": "s3", "value": arn}]}
        account.stopped(name, account.define(name, container=files), NO_ENV_FILE)


class Network:
    """A VPC with a subnet for a task, in which all that is not said otherwise is open."""

    def __init__(self, account: Account, name: str) -> None:
        self.account, self.ec2, self.name = account, account.ec2, name
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.vpc, EnableDnsHostnames={"Value": True})
        self.subnet, self.table = self.a_subnet(1)
        self.group = self.a_group("task")

    def a_subnet(self, number: int) -> tuple[str, str]:
        """A subnet with a route table of its own."""
        subnet = self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{number}.0/24")["Subnet"]["SubnetId"]
        table = self.ec2.create_route_table(VpcId=self.vpc)["RouteTable"]["RouteTableId"]
        self.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
        return subnet, table

    def a_group(self, name: str) -> str:
        """A security group without rules for what comes in."""
        return self.ec2.create_security_group(GroupName=name, Description=name, VpcId=self.vpc)["GroupId"]

    def internet(self, table: str) -> None:
        """A way out for what has a public address."""
        gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=self.vpc)
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock=ANYWHERE, GatewayId=gateway)

    def nat(self) -> str:
        """A way out for the task by a NAT gateway."""
        public, table = self.a_subnet(2)
        self.internet(table)
        address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
        nat = self.ec2.create_nat_gateway(SubnetId=public, AllocationId=address)["NatGateway"]["NatGatewayId"]
        self.ec2.create_route(RouteTableId=self.table, DestinationCidrBlock=ANYWHERE, NatGatewayId=nat)
        return nat

    def endpoint(self, allows: bool = True, private_dns: bool = True) -> str:
        """An endpoint of Secrets Manager."""
        group = self.a_group("endpoint")
        if allows:
            rule = HTTPS | {"IpRanges": [{"CidrIp": "10.0.0.0/16"}]}
            self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
        made = self.ec2.create_vpc_endpoint(
            VpcId=self.vpc,
            VpcEndpointType="Interface",
            ServiceName=f"com.amazonaws.{REGION}.secretsmanager",
            SubnetIds=[self.subnet],
            SecurityGroupIds=[group],
            PrivateDnsEnabled=private_dns,
        )
        return made["VpcEndpoint"]["VpcEndpointId"]

    def deny(self, egress: bool) -> str:
        """A network ACL of the subnet that lets nothing through in one direction."""
        acl = self.ec2.create_network_acl(VpcId=self.vpc)["NetworkAcl"]["NetworkAclId"]
        for out in (True, False):
            self.ec2.create_network_acl_entry(
                NetworkAclId=acl,
                RuleNumber=100,
                Protocol="-1",
                RuleAction="deny" if out == egress else "allow",
                Egress=out,
                CidrBlock=ANYWHERE,
            )
        filters = [{"Name": "association.subnet-id", "Values": [self.subnet]}]
        for found in self.ec2.describe_network_acls(Filters=filters)["NetworkAcls"]:
            for association in found["Associations"]:
                if association["SubnetId"] == self.subnet:
                    identifier = association["NetworkAclAssociationId"]
                    self.ec2.replace_network_acl_association(AssociationId=identifier, NetworkAclId=acl)
        return acl

    def only_egress(self, *rules: dict[str, Any]) -> None:
        """The task's group lets nothing else out."""
        self.ec2.revoke_security_group_egress(GroupId=self.group, IpPermissions=ALL_EGRESS)
        if rules:
            self.ec2.authorize_security_group_egress(GroupId=self.group, IpPermissions=list(rules))

    def run(self, reason: str = TIMED_OUT, public: bool = False, **more: Any) -> None:
        """A service in it whose task stopped."""
        definition = self.account.define(self.name, self.account.readable, **more)
        self.account.serve(self.name, definition, [self.subnet], [self.group], public)
        reason = reason.replace("{arn}", self.account.readable)
        self.account.stopped(self.name, definition, reason, self.subnet)


def networks(account: Account) -> None:
    """VPCs out of which no way leads to Secrets Manager."""
    Network(account, "no-route").run()
    network = Network(account, "no-public-ip")
    network.internet(network.table)
    network.run()
    network = Network(account, "deleted-nat")
    account.ec2.delete_nat_gateway(NatGatewayId=network.nat())
    network.run()
    network = Network(account, "endpoint-group")
    network.nat()
    network.endpoint(allows=False)
    network.run()
    network = Network(account, "endpoint-private-dns")
    network.endpoint(private_dns=False)
    network.run()
    network = Network(account, "egress-blocked")
    network.nat()
    network.only_egress({"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]})
    network.run()
    for name, egress in {"acl-out": True, "acl-in": False}.items():
        network = Network(account, name)
        network.nat()
        account.names[name] = network.deny(egress)
        network.run()
    network = Network(account, "no-dns")
    network.endpoint()
    account.ec2.modify_vpc_attribute(VpcId=network.vpc, EnableDnsSupport={"Value": False})
    network.run()
    network = Network(account, "all-open")
    network.nat()
    network.run()
    network = Network(account, "public")
    network.internet(network.table)
    network.run(public=True)
    account.names["open-subnet"], account.names["open-group"] = network.subnet, network.group


def file_systems(account: Account) -> None:
    """A file system behind a group that lets nobody in."""
    network = Network(account, "file-system")
    efs = account.net.client("efs")
    file_system = efs.create_file_system(CreationToken="1")["FileSystemId"]
    closed = network.a_group("closed")
    efs.create_mount_target(FileSystemId=file_system, SubnetId=network.subnet, SecurityGroups=[closed])
    volumes = [{"name": "data", "efsVolumeConfiguration": {"fileSystemId": file_system}}]
    network.run(EFS, volumes=volumes)
    account.states["file-system"]["moto"] = ["EFS"]
    account.names["closed-group"] = closed


def checked(account: Account) -> None:
    """Definitions to check before they are deployed, and where to: one with problems, one without."""
    registry = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com"
    options = {"awslogs-group": "/ecs/none", "awslogs-region": REGION, "awslogs-stream-prefix": "web"}
    container = {
        "image": f"{registry}/web:9.9",
        "secrets": [
            {"name": "DB", "valueFrom": account.secret[:-6] + "zzZZ99"},
            {"name": "URL", "valueFrom": "/prod/db/ulr"},
            {"name": "OTHER", "valueFrom": account.secret},
        ],
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }
    broken = account.define("broken", container=container)
    account.define("good", account.readable)
    places = {state["event"]["detail"]["group"].split(":")[1]: state for state in account.states.values()}
    subnet = places["no-route"]["event"]["detail"]["attachments"][0]["details"][0]["value"]
    account.serve("broken", broken, [subnet], [])
    account.names["closed-subnet"] = subnet
    account.logs.create_log_group(logGroupName="/ecs-triage/journal")


def changed(account: Account) -> None:
    """Values that were changed, and one that never was, with the definition that refers to them."""
    rotated = account.a_secret("prod/rotated", SecretString="unseen")
    account.secrets.put_secret_value(SecretId=rotated, SecretString="unseen too")
    account.ssm.put_parameter(Name="/prod/changed", Value="unseen", Type="SecureString")
    container = {
        "secrets": [
            {"name": "PASSWORD", "valueFrom": f"{rotated}:password::"},
            {"name": "TOKEN", "valueFrom": "/prod/changed"},
            {"name": "KEPT", "valueFrom": account.readable},
        ]
    }
    account.names["rotated"] = rotated
    account.names["holding"] = account.define("holding", container=container)


def logged(account: Account) -> None:
    """A definition whose containers write logs: of the task `told` why they failed, and of `untold` nothing that tells."""
    options = {"awslogs-group": "/ecs/logged", "awslogs-region": REGION, "awslogs-stream-prefix": "l"}
    log = {"logDriver": "awslogs", "options": options}
    awaited = [{"containerName": "fetch", "condition": "COMPLETE"}]
    containers = [
        {"name": "app", "image": "app:1", "essential": True, "dependsOn": awaited, "logConfiguration": log},
        {"name": "fetch", "image": "fetch:1", "essential": False, "logConfiguration": log},
    ]
    account.names["logged"] = account.define("logged", containerDefinitions=containers)
    account.a_secret("prod/own", SecretString="unseen")
    denied = DENIED[len(FETCH) :].format(role="task", arn="prod/own", why=NO_ALLOW)
    lines = {
        "l/fetch/told": ["password=hunter2hunter2hunter2", denied, "bye"],
        "l/app/told": ["cat: can't open '/tmp/secret': No such file or directory"],
        "l/fetch/untold": ["starting", "hunter2hunter2hunter2"],
        "l/fetch/empty": [],
    }
    account.logs.create_log_group(logGroupName="/ecs/logged")
    now = int(datetime.now(UTC).timestamp() * 1000)
    for stream, written in lines.items():
        account.logs.create_log_stream(logGroupName="/ecs/logged", logStreamName=stream)
        events = [{"timestamp": now, "message": line} for line in written]
        if events:
            account.logs.put_log_events(logGroupName="/ecs/logged", logStreamName=stream, logEvents=events)


def main() -> None:
    """Runs both until nobody wants them any more."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that the emulators end too
    with moto() as net, ministack() as rest:
        account = Account(net, rest)
        for make in (secrets, roles, images_and_files, networks, file_systems, checked, changed, logged):
            make(account)
        # What a task failed on was there before.
        stopped = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        for state in account.states.values():
            state["event"]["time"] = state["event"]["detail"]["stoppedAt"] = stopped
        made = {"moto": net.url, "ministack": rest.url, "states": account.states, "names": account.names}
        print(json.dumps(made), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
