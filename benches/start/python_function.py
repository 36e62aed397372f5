"""The function that people write today: it tells a topic why a task stopped."""

import json
import os

import boto3

sns = boto3.client("sns")


def handler(event, context):
    for record in event["Records"]:
        detail = json.loads(record["body"])["detail"]
        sns.publish(
            TopicArn=os.environ["TOPIC_ARN"],
            Subject=f"ECS task stopped: {detail['group']}"[:100],
            Message=f"{detail['taskArn']}: {detail.get('stoppedReason')}",
        )
