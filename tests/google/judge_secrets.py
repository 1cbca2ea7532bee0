"""Drives a stand-in of Secret Manager through every operation and fault that our component relies on.

Arguments: the server's address, a token that may do everything, and one that may do nothing.
"""

import datetime
import sys

from client import (
    DENIED, EXISTS, INVALID, NOT_FOUND, PRECONDITION, PROJECT, UNAUTHENTICATED, crc32c, refused, secret_manager,
)

manager = secret_manager()
AUTOMATIC = {"automatic": {}}
PLACES = {"user_managed": {"replicas": [{"location": "europe-west1"}, {"location": "us-east1"}]}}


def create(name, parent=PROJECT, **secret):
    return manager.create_secret(parent=parent, secret_id=name, secret=secret)


def add(name, data, **payload):
    return manager.add_secret_version(parent=name, payload={"data": data, "data_crc32c": crc32c(data)} | payload)


def access(name, version="latest"):
    return manager.access_secret_version(name=f"{name}/versions/{version}")


def value_and_versions():
    name = create("KEY", replication=AUTOMATIC).name
    refused(NOT_FOUND, access, name)
    refused(NOT_FOUND, access, f"{PROJECT}/secrets/NONE")
    for number, data in enumerate([b"one", bytes(range(256)), b"x" * 65536], 1):
        added = add(name, data)
        assert added.name == f"{name}/versions/{number}" and added.state.name == "ENABLED", added
        assert added.client_specified_payload_checksum
        for version in ["latest", number]:
            found = access(f"{PROJECT}/secrets/KEY", version)
            assert found.name == added.name and found.payload.data == data
            assert found.payload.data_crc32c == crc32c(data)
    refused(NOT_FOUND, access, name, 4)
    refused(INVALID, add, name, b"")
    refused(INVALID, add, name, b"x" * 65537)
    refused(INVALID, add, name, b"data", data_crc32c=1)
    refused(NOT_FOUND, add, f"{PROJECT}/secrets/NONE", b"data")
    unchecked = manager.add_secret_version(parent=name, payload={"data": b"unchecked"})
    assert not unchecked.client_specified_payload_checksum
    assert access(name).payload.data_crc32c == crc32c(b"unchecked")


def states():
    name = create("STATES", replication=AUTOMATIC).name
    version = add(name, b"data").name
    assert manager.disable_secret_version(name=version).state.name == "DISABLED"
    refused(PRECONDITION, access, name)
    assert manager.get_secret_version(name=f"{name}/versions/latest").state.name == "DISABLED"
    assert manager.enable_secret_version(name=version).state.name == "ENABLED"
    assert access(name).payload.data == b"data"
    assert manager.destroy_secret_version(name=version).state.name == "DESTROYED"
    refused(PRECONDITION, access, name)
    refused(PRECONDITION, manager.enable_secret_version, name=version)
    refused(NOT_FOUND, manager.get_secret_version, name=f"{name}/versions/2")
    assert add(name, b"again").name == f"{name}/versions/2" and access(name).payload.data == b"again"


def creating():
    later = datetime.datetime(2099, 1, 31, tzinfo=datetime.timezone.utc)
    made = create("BESIDE", replication=PLACES, labels={"team": "a-1"}, annotations={"description": "D é"},
                  expire_time=later)
    found = manager.get_secret(name=made.name)
    assert (dict(found.labels), dict(found.annotations)) == ({"team": "a-1"}, {"description": "D é"})
    assert found.expire_time == later and found.etag == made.etag
    assert [place.location for place in found.replication.user_managed.replicas] == ["europe-west1", "us-east1"]
    refused(EXISTS, create, "BESIDE", replication=AUTOMATIC)
    refused(NOT_FOUND, manager.get_secret, name=f"{PROJECT}/secrets/NONE")
    for name in ["with space", "a.b", "ü", "x" * 256]:
        refused(INVALID, create, name, replication=AUTOMATIC)
    refused(INVALID, create, "WITHOUT")
    refused(INVALID, create, "WITHOUT", replication={"user_managed": {}})
    for labels in [{"Team": "a"}, {"team": "A"}, {"1": "a"}, {"team": "a b"}, {"t" * 64: ""}]:
        refused(INVALID, create, "LABELS", replication=AUTOMATIC, labels=labels)
    refused(INVALID, create, "LABELS", replication=AUTOMATIC, labels={f"l{n}": "" for n in range(65)})
    refused(INVALID, create, "LONG", replication=AUTOMATIC, annotations={"description": "x" * 16384})
    refused(INVALID, create, "PAST", replication=AUTOMATIC, expire_time=later.replace(year=2020))


def regions():
    place = f"{PROJECT}/locations/europe-west3"
    refused(INVALID, create, "REGIONAL", parent=place, replication=AUTOMATIC)
    name = create("REGIONAL", parent=place).name
    assert "/locations/europe-west3/secrets/REGIONAL" in name
    add(name, b"in one region")
    assert access(name).payload.data == b"in one region"
    refused(NOT_FOUND, access, f"{PROJECT}/secrets/REGIONAL")
    refused(NOT_FOUND, access, f"{PROJECT}/locations/us-east1/secrets/REGIONAL")
    assert [secret.name for secret in manager.list_secrets(parent=place)] == [name]
    manager.delete_secret(name=name)
    refused(NOT_FOUND, access, name)


def deleting():
    name = create("GONE", replication=AUTOMATIC).name
    add(name, b"data")
    etag = manager.get_secret(name=name).etag
    refused(PRECONDITION, manager.delete_secret, request={"name": name, "etag": '"0"'})
    manager.delete_secret(request={"name": name, "etag": etag})
    refused(NOT_FOUND, access, name)
    refused(NOT_FOUND, manager.delete_secret, name=name)
    create("GONE", replication=AUTOMATIC)
    assert add(name, b"new").name == f"{name}/versions/1"
    manager.delete_secret(name=name)


def pages():
    parent = f"{PROJECT}/locations/paged"
    assert list(manager.list_secrets(parent=parent)) == []
    names = sorted(create(f"K{n}", parent=parent).name for n in range(7))
    sizes = []
    listed = manager.list_secrets(request={"parent": parent, "page_size": 3})
    found = []
    for page in listed.pages:
        assert page.total_size == 7
        sizes.append(len(page.secrets))
        found += [secret.name for secret in page.secrets]
    assert (sizes, sorted(found)) == ([3, 3, 1], names)
    assert len(list(manager.list_secrets(request={"parent": parent, "page_size": 7}).pages)) == 1
    refused(INVALID, manager.list_secrets, request={"parent": parent, "page_token": "?"})
    refused(INVALID, manager.list_secrets, request={"parent": parent, "page_size": -1})


def callers():
    for token, status in [("wrong", UNAUTHENTICATED), (sys.argv[3], DENIED)]:
        other = secret_manager(token)
        refused(status, other.access_secret_version, name=f"{PROJECT}/secrets/KEY/versions/latest")
        refused(status, other.list_secrets, parent=PROJECT)
        refused(status, other.delete_secret, name=f"{PROJECT}/secrets/KEY")
        refused(status, other.add_secret_version, parent=f"{PROJECT}/secrets/KEY", payload={"data": b"x"})
    refused(DENIED, manager.list_secrets, parent="projects/somebody-elses")


for judged in [value_and_versions, states, creating, regions, deleting, pages, callers]:
    judged()
    print(judged.__name__)
