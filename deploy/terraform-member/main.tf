# A stack set of deploy/member.yaml, from the organization's management account or a delegated administrator's. It deploys the same template
# as the AWS CLI does, to all accounts of some organizational units but the hub's.

locals {
  template = "${path.module}/../member.yaml"
}

resource "aws_cloudformation_stack_set" "this" {
  name             = var.name
  permission_model = "SERVICE_MANAGED"
  call_as          = var.call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = file(local.template)
  tags             = var.tags

  auto_deployment {
    enabled                          = true
    retain_stacks_on_account_removal = false
  }

  parameters = merge(var.parameters, {
    OrganizationId = var.organization_id
    HubQueueArn    = var.hub_queue_arn
    HubRoleArn     = var.hub_role_arn
  })

  lifecycle {
    ignore_changes = [administration_role_arn] # a service-managed set has none of its own
  }
}

resource "aws_cloudformation_stack_set_instance" "this" {
  stack_set_name = aws_cloudformation_stack_set.this.name
  region         = split(":", var.hub_queue_arn)[3]
  call_as        = var.call_as

  deployment_targets {
    organizational_unit_ids = var.organizational_unit_ids
    account_filter_type     = "DIFFERENCE"
    accounts                = [split(":", var.hub_queue_arn)[4]]
  }
}
