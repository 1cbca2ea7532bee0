"""Signs requests as botocore does, and tells the partitions it knows: one JSON value a line, in and out."""

import base64
import json
import sys

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.loaders import create_loader


def signature(order):
    headers = {name: value for name, value in order["headers"]}
    request = AWSRequest(order["method"], order["url"], headers, base64.b64decode(order["body"]))
    request.context["timestamp"] = order["time"]
    credentials = Credentials(order["key"], order["secret"], order["token"])
    auth = SigV4Auth(credentials, order["service"], order["region"])
    auth._modify_request_before_signing(request)
    text = auth.string_to_sign(request, auth.canonical_request(request))
    signed = auth.signed_headers(auth.headers_to_sign(request))
    return {"signature": auth.signature(text, request), "headers": signed}


def partitions():
    known = create_loader().load_data("partitions")["partitions"]
    return [[region, partition["outputs"]["dnsSuffix"]] for partition in known for region in partition["regions"]]


for line in sys.stdin:
    order = json.loads(line)
    print(json.dumps(partitions() if order == "partitions" else signature(order)), flush=True)
