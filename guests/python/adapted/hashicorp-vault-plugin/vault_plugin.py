# From the documentation of GenAIKeys, "Custom Backends", unchanged.
from genaikeys import GenAIKeys
from genaikeys.plugins import SecretManagerPlugin


class HashiCorpVaultPlugin(SecretManagerPlugin):
    """Example: retrieve secrets from HashiCorp Vault."""

    def __init__(self, vault_addr: str, token: str):
        import hvac
        self.client = hvac.Client(url=vault_addr, token=token)

    def get_secret(self, secret_name: str) -> str:
        response = self.client.secrets.kv.v2.read_secret_version(path=secret_name)
        return response["data"]["data"]["value"]

    def exists(self, secret_name: str, **kwargs) -> bool:
        try:
            self.get_secret(secret_name)
            return True
        except Exception:
            return False

    def list_secrets(self, max_results: int = 100) -> list[str]:
        response = self.client.secrets.kv.v2.list_secrets(path="")
        return response["data"]["keys"][:max_results]
