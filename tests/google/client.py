"""Google's own clients, over REST, with a token that is given: they judge our stand-in, and check our components.

Arguments: the server's address, a token, then what to do.
"""

import base64
import json
import sys

import google_crc32c
from google.api_core import exceptions
from google.auth import credentials, exceptions as auth_exceptions
from google.auth.transport import requests
from google.cloud import kms, secretmanager
from google.oauth2 import credentials as oauth2

ADDRESS, TOKEN = sys.argv[1], sys.argv[2]
PROJECT = "projects/test-project"


class Given(credentials.Credentials):
    """A token that is never renewed."""

    def __init__(self, token):
        super().__init__()
        self.token = token

    @property
    def valid(self):
        return True

    def refresh(self, request):
        pass


def client(of, token=TOKEN):
    return of(credentials=Given(token), transport="rest", client_options={"api_endpoint": ADDRESS})


def secret_manager(token=TOKEN):
    return client(secretmanager.SecretManagerServiceClient, token)


def key_management(token=TOKEN):
    return client(kms.KeyManagementServiceClient, token)


def crc32c(data):
    return google_crc32c.value(data)


def refused(status, call, *arguments, **keywords):
    """The call has to fail, with this HTTP status and Google's word for it."""
    code, word = status
    try:
        call(*arguments, **keywords)
    except exceptions.GoogleAPICallError as error:
        said = error.response.json()["error"]
        assert (error.code, said["code"], said["status"]) == (code, code, word), said
        assert said["message"]
        return
    raise AssertionError(f"not refused: {arguments} {keywords}")


INVALID = (400, "INVALID_ARGUMENT")
PRECONDITION = (400, "FAILED_PRECONDITION")
UNAUTHENTICATED = (401, "UNAUTHENTICATED")
DENIED = (403, "PERMISSION_DENIED")
NOT_FOUND = (404, "NOT_FOUND")
EXISTS = (409, "ALREADY_EXISTS")


def log_in(file):
    """Prints a token for what a credential file holds, or `refused`."""
    login = json.loads(file)
    login.pop("type")
    person = oauth2.Credentials(None, **login)
    try:
        person.refresh(requests.Request())
    except auth_exceptions.RefreshError:
        print("refused", end="")
    else:
        print(person.token, end="")


def read(name):
    """Prints the newest version as JSON; its checksum is verified."""
    version = secret_manager().access_secret_version(name=f"{name}/versions/latest")
    if "data_crc32c" in version.payload:
        assert version.payload.data_crc32c == crc32c(version.payload.data)
    number = version.name.rsplit("/", 1)[1]
    print(json.dumps({"value": base64.b64encode(version.payload.data).decode(), "version": number}))


def describe(name):
    """Prints what is kept beside a secret."""
    print(json.dumps(type(found := secret_manager().get_secret(name=name)).to_dict(found), default=str))


def write(name):
    """Creates a secret and adds a version: what is on standard input."""
    parent, secret = name.rsplit("/secrets/", 1)
    manager, data = secret_manager(), sys.stdin.buffer.read()
    replication = {} if "/locations/" in parent else {"replication": {"automatic": {}}}
    try:
        manager.create_secret(parent=parent, secret_id=secret, secret=replication)
    except exceptions.Conflict:
        pass
    manager.add_secret_version(parent=name, payload={"data": data, "data_crc32c": crc32c(data)})


def decrypt(key, ciphertext, aad=""):
    """Prints the plaintext of a ciphertext in base64; every checksum is verified."""
    sealed, bound = base64.b64decode(ciphertext, validate=True), aad.encode()
    request = {"name": key, "ciphertext": sealed, "ciphertext_crc32c": crc32c(sealed)}
    if bound:
        request |= {"additional_authenticated_data": bound, "additional_authenticated_data_crc32c": crc32c(bound)}
    reply = key_management().decrypt(request=request)
    assert reply.plaintext_crc32c == crc32c(reply.plaintext)
    sys.stdout.buffer.write(reply.plaintext)


def encrypt(key, aad=""):
    """Prints the ciphertext, in base64, of what is on standard input; every checksum is verified."""
    plaintext, bound = sys.stdin.buffer.read(), aad.encode()
    request = {"name": key, "plaintext": plaintext, "plaintext_crc32c": crc32c(plaintext)}
    if bound:
        request |= {"additional_authenticated_data": bound, "additional_authenticated_data_crc32c": crc32c(bound)}
    reply = key_management().encrypt(request=request)
    assert reply.verified_plaintext_crc32c and reply.ciphertext_crc32c == crc32c(reply.ciphertext)
    print(base64.b64encode(reply.ciphertext).decode(), end="")


if __name__ == "__main__":
    orders = [log_in, read, describe, write, decrypt, encrypt]
    {order.__name__.replace("_", "-"): order for order in orders}[sys.argv[3]](*sys.argv[4:])
