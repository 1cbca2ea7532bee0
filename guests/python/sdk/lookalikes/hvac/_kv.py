"""The key/value engines of Vault, version 1 and 2."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import _lookalike

from . import exceptions
from ._connection import Connection

MOUNT = "secret"


def _path(*parts: str) -> str:
    return "/".join(["/v1", *(quote(str(part)) for part in parts)])


class KvV1:
    """Secrets without versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("hvac.Client.secrets.kv.v1", name)

    def read_secret(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("get", _path(mount_point, path))

    def list_secrets(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("list", _path(mount_point, path))

    def create_or_update_secret(
        self, path: str, secret: dict[str, Any], method: str | None = None, mount_point: str = MOUNT
    ) -> Any:
        if method is None:
            # What is there is updated by PUT and what is not is created by POST, so it has to be known which.
            try:
                self.read_secret(path, mount_point)
                method = "PUT"
            except exceptions.InvalidPath:
                method = "POST"
        if method not in ("POST", "PUT"):
            raise exceptions.ParamValidationError("the method has to be POST or PUT")
        return self._connection.request(method.lower(), _path(mount_point, path), json=secret)

    def delete_secret(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("delete", _path(mount_point, path))


class KvV2:
    """Secrets with versions."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        raise _lookalike.missing("hvac.Client.secrets.kv.v2", name)

    def read_secret(self, path: str, mount_point: str = MOUNT, raise_on_deleted_version: bool | None = None) -> Any:
        return self.read_secret_version(path, None, mount_point, raise_on_deleted_version)

    def read_secret_version(
        self,
        path: str,
        version: int | None = None,
        mount_point: str = MOUNT,
        raise_on_deleted_version: bool | None = None,
    ) -> Any:
        params = {} if version is None else {"version": version}
        try:
            return self._connection.request("get", _path(mount_point, "data", path), params=params)
        except exceptions.InvalidPath as error:
            # None raises as well, as hvac 2 does.
            if raise_on_deleted_version is False and _is_deleted(error.json):
                return error.json
            raise

    def create_or_update_secret(
        self, path: str, secret: dict[str, Any], cas: int | None = None, mount_point: str = MOUNT
    ) -> Any:
        options = {} if cas is None else {"cas": cas}
        return self._connection.request(
            "post", _path(mount_point, "data", path), json={"options": options, "data": secret}
        )

    def patch(self, path: str, secret: dict[str, Any], mount_point: str = MOUNT) -> Any:
        current = self.read_secret_version(path, mount_point=mount_point)["data"]
        return self.create_or_update_secret(
            path, {**current["data"], **secret}, current["metadata"]["version"], mount_point
        )

    def list_secrets(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("list", _path(mount_point, "metadata", path))

    def read_secret_metadata(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("get", _path(mount_point, "metadata", path))

    def delete_latest_version_of_secret(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("delete", _path(mount_point, "data", path))

    def delete_metadata_and_all_versions(self, path: str, mount_point: str = MOUNT) -> Any:
        return self._connection.request("delete", _path(mount_point, "metadata", path))

    def delete_secret_versions(self, path: str, versions: list[int], mount_point: str = MOUNT) -> Any:
        return self._versions("delete", path, versions, mount_point)

    def undelete_secret_versions(self, path: str, versions: list[int], mount_point: str = MOUNT) -> Any:
        return self._versions("undelete", path, versions, mount_point)

    def destroy_secret_versions(self, path: str, versions: list[int], mount_point: str = MOUNT) -> Any:
        return self._versions("destroy", path, versions, mount_point)

    def _versions(self, action: str, path: str, versions: list[int], mount_point: str) -> Any:
        if not isinstance(versions, list) or not versions:
            raise exceptions.ParamValidationError("versions has to be a list of at least one number")
        return self._connection.request("post", _path(mount_point, action, path), json={"versions": versions})


class Kv:
    """Both versions; what is asked of neither goes to the default one."""

    def __init__(self, connection: Connection) -> None:
        self.v1, self.v2 = KvV1(connection), KvV2(connection)
        self.default_kv_version = "2"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name in ("v1", "v2", "default_kv_version"):
            raise AttributeError(name)
        return getattr(self.v1 if self.default_kv_version == "1" else self.v2, name)


def _is_deleted(reply: Any) -> bool:
    try:
        return bool(reply["data"]["metadata"]["deletion_time"] != "")
    except (KeyError, TypeError):
        return False
