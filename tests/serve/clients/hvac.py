# hvac, told line by line what to call: {"call": "secrets.kv.v2.read_secret_version", "with": {…}}.
import json
import os
import sys

import hvac
import requests

client = hvac.Client(url=os.environ["VAULT_ADDR"], token=os.environ["VAULT_TOKEN"])
for line in sys.stdin:
    order = json.loads(line)
    target = client
    for part in order["call"].split("."):
        target = getattr(target, part)
    try:
        answer = target(**order["with"])
        said = {"answer": answer.status_code if isinstance(answer, requests.Response) else answer}
    except hvac.exceptions.VaultError as error:
        said = {"error": type(error).__name__, "errors": error.errors}
    print(json.dumps(said), flush=True)
