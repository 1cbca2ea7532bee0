"""Calls AWS with its own client: a call per line of JSON comes in, an answer per line goes out.

A call is {"call": "service.method", "with": {…}}; an answer is {"answer": {…}} or {"error": code, "status": number}.
Bytes are {"base64": "…"} both ways.
"""

import base64
import json
import os
import sys

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

clients = {}


def client(service):
    if service not in clients:
        clients[service] = boto3.client(
            service,
            endpoint_url=os.environ["ENDPOINT"],
            config=Config(retries={"max_attempts": 0}, parameter_validation=False),
        )
    return clients[service]


def to_bytes(value):
    if isinstance(value, dict):
        if list(value) == ["base64"]:
            return base64.b64decode(value["base64"], validate=True)
        return {key: to_bytes(inner) for key, inner in value.items()}
    return [to_bytes(inner) for inner in value] if isinstance(value, list) else value


def from_other(value):
    if isinstance(value, bytes):
        return {"base64": base64.b64encode(value).decode()}
    return str(value)


for line in sys.stdin:
    call = json.loads(line)
    service, method = call["call"].split(".")
    try:
        answer = getattr(client(service), method)(**to_bytes(call["with"]))
        answer.pop("ResponseMetadata", None)
        said = {"answer": answer}
    except ClientError as error:
        said = {"error": error.response["Error"]["Code"], "status": error.response["ResponseMetadata"]["HTTPStatusCode"]}
    print(json.dumps(said, default=from_other), flush=True)
