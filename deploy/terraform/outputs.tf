output "topic_arn" {
  description = "Topic of the notices, to subscribe to"
  value       = aws_cloudformation_stack.this.outputs["TopicArn"]
}

output "function_name" {
  description = "The function, for ecs-triage selftest --function"
  value       = aws_cloudformation_stack.this.outputs["FunctionName"]
}

output "outputs" {
  description = "All outputs of the template, by their names"
  value       = aws_cloudformation_stack.this.outputs
}
