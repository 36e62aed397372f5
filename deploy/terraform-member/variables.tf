variable "organization_id" {
  description = "Organization of the hub and the members, as the hub's parameter OrganizationId"
  type        = string
}

variable "organizational_unit_ids" {
  description = "Organizational units whose accounts become members, also those that join later"
  type        = list(string)
}

variable "hub_queue_arn" {
  description = "Output QueueArn of the hub's stack. Its Region is that of the members' stacks."
  type        = string
}

variable "hub_role_arn" {
  description = "Output FunctionRoleArn of the hub's stack"
  type        = string
}

variable "name" {
  description = "Name of the stack set. One is needed for each Region."
  type        = string
  default     = "ecs-triage-member"
}

variable "call_as" {
  description = "SELF in the management account, DELEGATED_ADMIN in that of a delegated administrator"
  type        = string
  default     = "SELF"

  validation {
    condition     = contains(["SELF", "DELEGATED_ADMIN"], var.call_as)
    error_message = "It is SELF or DELEGATED_ADMIN."
  }
}

variable "parameters" {
  description = "More parameters of the template by their names, such as {ExcludeClusters = \"sandbox\"}. CloudFormation checks them."
  type        = map(string)
  default     = {}
}

variable "tags" {
  description = "Tags of the stacks"
  type        = map(string)
  default     = {}
}
