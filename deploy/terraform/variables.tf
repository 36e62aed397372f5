variable "release" {
  description = "Directory with the files of a release: the template, and the zip for the architecture"
  type        = string
}

variable "bucket" {
  description = "Bucket in the provider's Region to put both into. Its name must not have dots."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$", var.bucket))
    error_message = "The name of a bucket without dots is needed."
  }
}

variable "name" {
  description = "Name of the stack and of the function"
  type        = string
  default     = "ecs-triage"
}

variable "architecture" {
  description = "Instruction set of the function: arm64 or x86_64"
  type        = string
  default     = "arm64"

  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "It is arm64 or x86_64."
  }
}

variable "parameters" {
  description = "Parameters of the template by their names, such as {NotificationEmail = \"you@example.com\"}. CloudFormation checks them."
  type        = map(string)
  default     = {}
}

variable "tags" {
  description = "Tags of the stack, and so of everything in it that can have tags"
  type        = map(string)
  default     = {}
}
