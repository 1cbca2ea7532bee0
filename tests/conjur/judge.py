"""The vendor's own client, told line by line what to do.

A line is JSON, `{"do": "get", "name": "db/password"}`, and so is each answer: what the client made of the reply, or
`{"status": 404}` where it says that the server answered with an error. Binary values are in base64.
"""

import base64
import json
import os
import sys
import tempfile

from conjur_api import Client
from conjur_api.errors.errors import HttpStatusError
from conjur_api.models import ConjurConnectionInfo, CredentialsData, SslVerificationMode
from conjur_api.providers import (
    AuthnAuthenticationStrategy,
    CertAuthenticationStrategy,
    JWTAuthenticationStrategy,
    SimpleCredentialsProvider,
    cert_authentication_strategy,
)


def without_a_body(verb, endpoint, params, data, **rest):
    """The client measures the body for its log, which fails where it sends none."""
    return invoke_endpoint(verb, endpoint, params, data or "", **rest)


invoke_endpoint = cert_authentication_strategy.invoke_endpoint
cert_authentication_strategy.invoke_endpoint = without_a_body


def client():
    url, account = os.environ["CONJUR_URL"], os.environ["CONJUR_ACCOUNT"]
    service, authority = os.environ.get("CONJUR_SERVICE"), os.environ.get("CONJUR_CA")
    connection = ConjurConnectionInfo(conjur_url=url, account=account, service_id=service, cert_file=authority)
    if "CONJUR_CLIENT_CERT" in os.environ:
        files = os.environ["CONJUR_CLIENT_CERT"], os.environ["CONJUR_CLIENT_KEY"]
        strategy = CertAuthenticationStrategy(*files, service)
    elif service:
        strategy = JWTAuthenticationStrategy(os.environ["CONJUR_JWT"])
    else:
        credentials = SimpleCredentialsProvider()
        login, key = os.environ["CONJUR_LOGIN"], os.environ["CONJUR_KEY"]
        credentials.save(CredentialsData(machine=url, username=login, api_key=key))
        strategy = AuthnAuthenticationStrategy(credentials)
    return Client(
        connection,
        ssl_verification_mode=SslVerificationMode.CA_BUNDLE if authority else SslVerificationMode.INSECURE,
        authn_strategy=strategy,
        async_mode=False,
    )


def policy(conjur, how, text):
    with tempfile.NamedTemporaryFile("w", suffix=".yml") as file:
        file.write(text)
        file.flush()
        return getattr(conjur, f"{how}_policy_file")("root", file.name)


def perform(conjur, order):
    what, name = order["do"], order.get("name")
    if what == "whoami":
        return conjur.whoami()
    if what == "get":
        return base64.b64encode(conjur.get(name, order.get("version"))).decode()
    if what == "set":
        return conjur.set(name, base64.b64decode(order["value"]))
    if what == "list":
        return conjur.list(order.get("constraints", {}))
    if what == "show":
        return conjur.get_resource("variable", name)
    if what == "exists":
        return conjur.resource_exists("variable", name)
    if what == "policy":
        return policy(conjur, order["how"], order["text"])
    raise ValueError(what)


def main():
    conjur = client()
    for line in sys.stdin:
        try:
            answer = {"answer": perform(conjur, json.loads(line))}
        except HttpStatusError as error:
            answer = {"status": error.status}
        print(json.dumps(answer), flush=True)


main()
