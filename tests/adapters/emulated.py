"""Two emulators of AWS with something in them to be asked for, until standard input ends.

    python tests/adapters/emulated.py

moto has the network, which it emulates best; ministack has the rest. When both are filled, one line of JSON tells where
they listen and what the things in them are called:

    {"moto": "http://127.0.0.1:...", "ministack": "http://127.0.0.1:...", "vpc": "vpc-...", ...}

Both bind the loopback address only. Whatever ends this program ends them.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "stack"))

from emulator import ACCOUNT, StackError  # noqa: E402
from ports import free_port  # noqa: E402

REGION = "eu-west-1"
START_SECONDS = 120.0  # on a busy machine that reads them for the first time
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
DENY = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "NotYou", "Effect": "Deny", "Principal": "*", "Action": "*", "Resource": "*"}],
}


class Emulator:
    """A running program that takes AWS's calls."""

    def __init__(self, program: list[str], environment: dict[str, str], port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self._directory = Path(tempfile.mkdtemp(prefix="ecs-triage-adapters-"))
        self._log = (self._directory / "log").open("w+b")
        home = {name: str(self._directory) for name in ("HOME", "TMPDIR", "STATE_DIR", "S3_DATA_DIR")}
        self._process = subprocess.Popen(
            [sys.executable, "-m", *program],
            env={"PATH": os.environ.get("PATH", os.defpath)} | home | environment,
            cwd=self._directory,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def __enter__(self) -> Emulator:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            try:
                self.client("sts").get_caller_identity()
                return self
            except (BotoCoreError, ClientError):
                time.sleep(0.1)
            if self._process.poll() is not None:
                break
        self._log.seek(0)
        log = self._log.read().decode(errors="replace")
        self.__exit__()
        raise StackError(f"{self.url} does not answer:\n{log[-4000:]}")

    def __exit__(self, *_: object) -> None:
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        self._log.close()
        shutil.rmtree(self._directory, ignore_errors=True)

    def client(self, service: str) -> Any:
        """The client of one service."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=ACCOUNT,
            aws_secret_access_key="none",
            config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
        )


def moto() -> Emulator:
    """An emulator of EC2."""
    port = free_port()
    return Emulator(["moto.server", "-H", "127.0.0.1", "-p", str(port)], {"MOTO_ACCOUNT_ID": ACCOUNT}, port)


def ministack() -> Emulator:
    """An emulator of the rest."""
    port = free_port()
    environment = {
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "MINISTACK_REGION": REGION,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
    }
    return Emulator(["ministack"], environment, port)


def network(aws: Emulator) -> dict[str, str]:
    """A VPC with a private and a public subnet, endpoints, an ACL, a NAT gateway and an instance."""
    ec2 = aws.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    ec2.modify_vpc_attribute(VpcId=vpc, EnableDnsHostnames={"Value": True})
    options = ec2.create_dhcp_options(
        DhcpConfigurations=[{"Key": "domain-name-servers", "Values": ["10.0.0.53", "10.0.1.53"]}]
    )
    ec2.associate_dhcp_options(VpcId=vpc, DhcpOptionsId=options["DhcpOptions"]["DhcpOptionsId"])
    subnets = {
        name: ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=f"{REGION}a")["Subnet"]["SubnetId"]
        for name, block in {"private": "10.0.1.0/24", "public": "10.0.2.0/24"}.items()
    }
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnets["public"], AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnets["private"])
    group = ec2.create_security_group(GroupName="true", Description="named oddly", VpcId=vpc)["GroupId"]
    ec2.revoke_security_group_egress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )
    ec2.authorize_security_group_egress(
        GroupId=group,
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}],
    )
    ec2.authorize_security_group_ingress(
        GroupId=group, IpPermissions=[{"IpProtocol": "-1", "UserIdGroupPairs": [{"GroupId": group}]}]
    )
    interface = ec2.create_vpc_endpoint(
        VpcId=vpc,
        VpcEndpointType="Interface",
        ServiceName=f"com.amazonaws.{REGION}.secretsmanager",
        SubnetIds=[subnets["private"]],
        SecurityGroupIds=[group],
        PrivateDnsEnabled=True,
        PolicyDocument=json.dumps(DENY, indent=2),
    )["VpcEndpoint"]["VpcEndpointId"]
    gateway = ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Gateway", ServiceName=f"com.amazonaws.{REGION}.s3", RouteTableIds=[table]
    )["VpcEndpoint"]["VpcEndpointId"]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl,
        RuleNumber=100,
        Protocol="6",
        RuleAction="deny",
        Egress=True,
        CidrBlock="0.0.0.0/0",
        PortRange={"From": 443, "To": 443},
    )
    associations = ec2.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnets["private"]]}])
    for association in associations["NetworkAcls"][0]["Associations"]:
        if association["SubnetId"] == subnets["private"]:
            ec2.replace_network_acl_association(
                AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl
            )
    image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
    instance = ec2.run_instances(
        ImageId=image, MinCount=1, MaxCount=1, SubnetId=subnets["private"], SecurityGroupIds=[group]
    )["Instances"][0]["InstanceId"]
    # Of another VPC, which must not show.
    other = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    ec2.create_security_group(GroupName="other", Description="of another VPC", VpcId=other)
    return {
        "vpc": vpc,
        **subnets,
        "nat": nat,
        "table": table,
        "group": group,
        "interface": interface,
        "gateway": gateway,
        "acl": acl,
        "instance": instance,
    }


def others(aws: Emulator) -> dict[str, str]:
    """What a task refers to: secrets, parameters, a key, a role, an image repository, a bucket, a log, a file system."""
    key = aws.client("kms").create_key(Policy=json.dumps(DENY))["KeyMetadata"]
    aws.client("kms").create_alias(AliasName="alias/prod", TargetKeyId=key["KeyId"])
    secrets = aws.client("secretsmanager")
    secret = secrets.create_secret(Name="prod/db", SecretString="unseen", KmsKeyId="alias/prod")["ARN"]
    secrets.put_secret_value(SecretId=secret, SecretString="unseen too")
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=json.dumps(DENY))
    secrets.create_secret(Name="prod/plain", SecretString="unseen")
    secrets.create_secret(Name="prod/gone", SecretString="unseen")
    secrets.delete_secret(SecretId="prod/gone")
    ssm = aws.client("ssm")
    for name in ("/prod/db", "/prod/db-2", "plain"):
        ssm.put_parameter(Name=name, Value="unseen", Type="SecureString")
    iam = aws.client("iam")
    iam.create_role(RoleName="exec", Path="/service/", AssumeRolePolicyDocument=json.dumps(TRUST))
    allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ssm:*", "Resource": "*"}]}
    iam.create_role(RoleName="flat", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="flat", PolicyName="inline", PolicyDocument=json.dumps(allow))
    ecr = aws.client("ecr")
    repository = ecr.create_repository(repositoryName="web")["repository"]["repositoryArn"]
    manifest = json.dumps({"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json"})
    image = ecr.put_image(repositoryName="web", imageManifest=manifest, imageTag="1.2")["image"]["imageId"]
    ecr.set_repository_policy(repositoryName="web", policyText=json.dumps(DENY))
    ecr.create_repository(repositoryName="bare")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="config", CreateBucketConfiguration={"LocationConstraint": REGION})
    for key_name in ("api/a & b.env", "api/a & b.json", "other"):
        s3.put_object(Bucket="config", Key=key_name, Body=b"unseen")
    logs = aws.client("logs")
    logs.create_log_group(logGroupName="/ecs/api")
    logs.create_log_stream(logGroupName="/ecs/api", logStreamName="web/web/1")
    now = int(time.time() * 1000)
    lines = [{"timestamp": now, "message": "listening"}, {"timestamp": now + 1, "message": "password=hunter2"}]
    logs.put_log_events(logGroupName="/ecs/api", logStreamName="web/web/1", logEvents=lines)
    efs = aws.client("efs")
    file_system = efs.create_file_system(CreationToken="t")["FileSystemId"]
    access_point = efs.create_access_point(FileSystemId=file_system, ClientToken="t")["AccessPointId"]
    ec2 = aws.client("ec2")
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    target = efs.create_mount_target(FileSystemId=file_system, SubnetId=subnet)["MountTargetId"]
    ecs = aws.client("ecs")
    ecs.create_cluster(clusterName="prod")
    container = {
        "name": "web",
        "image": "web:1.2",
        "memory": 64,
        "environment": [{"name": "PLAIN", "value": "unseen"}],
        "secrets": [{"name": "PW", "valueFrom": secret}],
    }
    definition = ecs.register_task_definition(family="api", containerDefinitions=[container], networkMode="awsvpc")
    vpc_configuration = {"subnets": [subnet], "assignPublicIp": "DISABLED"}
    ecs.create_service(
        cluster="prod",
        serviceName="api",
        taskDefinition="api",
        desiredCount=0,
        launchType="FARGATE",
        networkConfiguration={"awsvpcConfiguration": vpc_configuration},
    )
    return {
        "key": key["Arn"],
        "secret": secret,
        "repository": repository,
        "digest": image["imageDigest"],
        "file_system": file_system,
        "access_point": access_point,
        "target": target,
        "subnet": subnet,
        "definition": definition["taskDefinition"]["taskDefinitionArn"],
    }


def main() -> None:
    """Runs both until nobody wants them any more."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # unwinds, so that the emulators end too
    with moto() as first, ministack() as second:
        print(json.dumps({"moto": first.url, "ministack": second.url} | network(first) | others(second)), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
