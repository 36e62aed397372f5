"""Prints the hosts of AWS's own rule sets, as botocore brings them: service, Region, settings, host, and the Region of the signature."""

import botocore.session
from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import EndpointProviderError

SERVICES = {"iam": "iam", "secretsmanager": "secretsmanager", "ssm": "ssm", "kms": "kms", "logs": "logs", "ecr": "ecr", "s3": "s3",
            "efs": "elasticfilesystem", "ec2": "ec2"}
REGIONS = ["us-east-1", "eu-west-1", "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1", "us-iso-east-1", "us-isob-east-1",
           "eu-isoe-west-1", "us-isof-south-1", "eusc-de-east-1"]

loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")
for model, service in SERVICES.items():
    rules = EndpointProvider(loader.load_service_model(model, "endpoint-rule-set-1"), partitions)
    for region in REGIONS:
        for setting, fips, dual_stack in [("plain", False, False), ("fips", True, False), ("dual-stack", False, True), ("both", True, True)]:
            try:
                found = rules.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual_stack)
            except EndpointProviderError:
                print(service, region, setting, "none")
                continue
            scheme = (found.properties.get("authSchemes") or [{}])[0]
            print(service, region, setting, found.url.removeprefix("https://"), scheme.get("signingRegion", region))
