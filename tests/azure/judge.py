"""Microsoft's own clients, against the stand-in: what they take for Azure, it may stand in for.

    judge.py operations|throttled|denied|login SOURCE|get NAME|set NAME VALUE
"""

import datetime
import json
import os
import sys

from azure import identity
from azure.core import exceptions
from azure.keyvault.secrets import SecretClient

CA = os.environ["JUDGE_CA"]
ADDRESS = os.environ["JUDGE_ADDRESS"]
TENANT, CLIENT_ID = os.environ.get("JUDGE_TENANT"), os.environ.get("JUDGE_CLIENT_ID")
SCOPE = "https://vault.azure.net/.default"
# As fast as the stand-in is.
QUICK = {"_polling_interval": 0.01}


def by_secret():
    return identity.ClientSecretCredential(TENANT, CLIENT_ID, os.environ["JUDGE_SECRET"], **ENTRA)


def by_certificate():
    pem = os.environ["JUDGE_PEM"].encode()
    return identity.CertificateCredential(TENANT, CLIENT_ID, certificate_data=pem, **ENTRA)


def by_workload():
    token = os.environ["JUDGE_TOKEN_FILE"]
    return identity.WorkloadIdentityCredential(
        tenant_id=TENANT, client_id=CLIENT_ID, token_file_path=token, **ENTRA)


def by_managed_identity():
    return identity.ManagedIdentityCredential(client_id=CLIENT_ID)


def on_arc():
    import msal.managed_identity as msal
    msal._supported_arc_platforms_and_their_prefixes = {sys.platform: os.environ["JUDGE_KEYS"]}
    return identity.ManagedIdentityCredential()


ENTRA = {
    "authority": ADDRESS.removeprefix("https://"),
    "disable_instance_discovery": True,
    "connection_verify": CA,
}
SOURCES = {
    "secret": by_secret,
    "certificate": by_certificate,
    "workload": by_workload,
    "managed": by_managed_identity,
    "arc": on_arc,
}


def client(credential, **more):
    return SecretClient(ADDRESS, credential, connection_verify=CA, verify_challenge_resource=False, **more)


def refused(error, call, code=None):
    """The call fails with this error, and the service's code in it."""
    try:
        call()
    except error as found:
        inner = found.error and found.error.innererror
        seen = (inner or {}).get("code") or (found.error and found.error.code)
        assert code in (None, seen), f"{seen} instead of {code}"
        return found
    raise AssertionError(f"not refused: {error}")


def operations():
    vault = client(by_secret())

    expires = datetime.datetime(2035, 1, 1, tzinfo=datetime.timezone.utc)
    first = vault.set_secret("Judge-Key", "öne\n", content_type="text/plain", tags={"team": "a"}, expires_on=expires)
    second = vault.set_secret("judge-key", "two")
    assert first.properties.version != second.properties.version
    now = vault.get_secret("JUDGE-KEY")
    assert (now.value, now.properties.version) == ("two", second.properties.version)
    assert (now.properties.content_type, now.properties.tags, now.properties.expires_on) == (None, None, None)
    old = vault.get_secret("judge-key", first.properties.version)
    assert (old.value, old.properties.content_type, old.properties.tags) == ("öne\n", "text/plain", {"team": "a"})
    assert old.properties.expires_on == expires and old.properties.recovery_level == "Recoverable+Purgeable"
    assert [v.version for v in vault.list_properties_of_secret_versions("judge-key")] \
        == [first.properties.version, second.properties.version]

    for number in range(60):
        vault.set_secret(f"many-{number:02}", "")
    assert vault.get_secret("many-07").value == ""
    names = [found.name for found in vault.list_properties_of_secrets()]
    assert [n for n in names if n.startswith("many-")] == [f"many-{number:02}" for number in range(60)]
    assert [len(list(page)) for page in vault.list_properties_of_secrets(max_page_size=20).by_page()] == [20, 20, 20, 1]

    refused(exceptions.ResourceNotFoundError, lambda: vault.get_secret("nobody"), "SecretNotFound")
    refused(exceptions.ResourceNotFoundError, lambda: vault.get_secret("judge-key", "0" * 32), "SecretNotFound")
    refused(exceptions.HttpResponseError, lambda: vault.get_secret("a_b"), "BadParameter")
    refused(exceptions.HttpResponseError, lambda: vault.set_secret("big", "x" * 25601), "BadParameter")
    vault.set_secret("big", "x" * 25600)
    vault.set_secret("off", "v", enabled=False)
    refused(exceptions.HttpResponseError, lambda: vault.get_secret("off"), "SecretDisabled")

    deleting = vault.begin_delete_secret("judge-key", **QUICK)
    refused(exceptions.ResourceExistsError, lambda: vault.set_secret("judge-key", "three"), "ObjectIsBeingDeleted")
    deleting.wait()
    gone = deleting.result()
    assert gone.name == "Judge-Key" and gone.recovery_id and gone.scheduled_purge_date > gone.deleted_date
    refused(exceptions.ResourceNotFoundError, lambda: vault.get_secret("judge-key"), "SecretNotFound")
    assert vault.get_deleted_secret("judge-key").name == "Judge-Key"
    assert [found.name for found in vault.list_deleted_secrets()] == ["Judge-Key"]
    refused(exceptions.ResourceExistsError, lambda: vault.set_secret("judge-key", "three"),
            "ObjectIsDeletedButRecoverable")
    recovering = vault.begin_recover_deleted_secret("judge-key", **QUICK)
    refused(exceptions.ResourceExistsError, lambda: vault.set_secret("judge-key", "three"), "ObjectIsBeingRecovered")
    recovering.wait()
    assert vault.get_secret("judge-key").value == "two"
    assert vault.set_secret("judge-key", "three").value == "three"

    vault.begin_delete_secret("judge-key", **QUICK).wait()
    vault.purge_deleted_secret("judge-key")
    refused(exceptions.ResourceNotFoundError, lambda: vault.get_deleted_secret("judge-key"), "SecretNotFound")
    fresh = vault.set_secret("judge-key", "four").properties.version
    assert [v.version for v in vault.list_properties_of_secret_versions("judge-key")] == [fresh]
    elsewhere = SecretClient(ADDRESS, by_secret(), connection_verify=CA)
    try:
        elsewhere.get_secret("judge-key")
    except ValueError as found:
        # The client checks the challenge that it gets, and this address is none of the resource's.
        assert "challenge" in str(found), found
    else:
        raise AssertionError("the challenge names no resource")


def throttled():
    once = client(by_secret(), retry_total=0)
    reply = refused(exceptions.HttpResponseError, lambda: once.get_secret("key"), "Throttled").response
    assert (reply.status_code, reply.headers["Retry-After"]) == (429, "1")
    # The second refusal is waited for.
    assert client(by_secret()).get_secret("key").value == "v"


def denied():
    vault = client(by_secret())
    refused(exceptions.HttpResponseError, lambda: vault.set_secret("key", "v"), "ForbiddenByPolicy")
    assert vault.get_secret("key").value == "v"
    wrong = client(identity.ClientSecretCredential(TENANT, CLIENT_ID, "wrong", **ENTRA))
    found = refused(exceptions.ClientAuthenticationError, lambda: wrong.get_secret("key"))
    assert "AADSTS7000215" in found.message, found.message


def login(source):
    print(SOURCES[source]().get_token(SCOPE).token)


def get(name):
    found = client(by_secret()).get_secret(name)
    properties = found.properties
    print(json.dumps({
        "value": found.value,
        "version": properties.version,
        "contentType": properties.content_type,
        "tags": properties.tags,
        "expires": properties.expires_on and int(properties.expires_on.timestamp()),
    }))


def set(name, value):
    print(client(by_secret()).set_secret(name, value).properties.version)


globals()[sys.argv[1]](*sys.argv[2:])
