# ecs-triage from the files of a release. It deploys the release's own CloudFormation template, so that a stack made here has the resources,
# permissions and patterns of any other, and can be taken over by the AWS CLI or StackSets, and the reverse.

locals {
  template = one(fileset(var.release, "ecs-triage-*.template.json"))
  code     = one(fileset(var.release, "ecs-triage-*-function-${var.architecture}.zip"))

  # What a file holds is in its key: a file that changed is an update, and one that did not is none.
  template_key = "ecs-triage/${filesha256("${var.release}/${local.template}")}/${local.template}"
  code_key     = "ecs-triage/${filesha256("${var.release}/${local.code}")}/${local.code}"
}

data "aws_s3_bucket" "files" {
  bucket = var.bucket
}

resource "aws_s3_object" "template" {
  bucket = var.bucket
  key    = local.template_key
  source = "${var.release}/${local.template}"

  lifecycle {
    create_before_destroy = true # an update that fails goes back to the file before
  }
}

resource "aws_s3_object" "code" {
  bucket = var.bucket
  key    = local.code_key
  source = "${var.release}/${local.code}"

  lifecycle {
    create_before_destroy = true # an update that fails goes back to the file before
  }
}

resource "aws_cloudformation_stack" "this" {
  name         = var.name
  template_url = "https://${data.aws_s3_bucket.files.bucket_regional_domain_name}/${aws_s3_object.template.key}"
  capabilities = ["CAPABILITY_IAM"]
  tags         = var.tags

  parameters = merge(var.parameters, {
    Architecture = var.architecture
    CodeBucket   = var.bucket
    CodeKey      = aws_s3_object.code.key
  })
}
