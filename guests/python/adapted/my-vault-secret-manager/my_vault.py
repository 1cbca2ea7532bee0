# From the documentation of LiteLLM, "Secret Managers", unchanged.
from typing import Optional, Union
import httpx
from litellm.integrations.custom_secret_manager import CustomSecretManager

class MyVaultSecretManager(CustomSecretManager):
    """
    Custom secret manager for my proprietary vault system.
    """

    def __init__(self, vault_url: str, token: str):
        super().__init__(secret_manager_name="my_vault")
        self.vault_url = vault_url
        self.token = token

    async def async_read_secret(
        self,
        secret_name: str,
        optional_params: Optional[dict] = None,
        timeout: Optional[Union[float, httpx.Timeout]] = None,
    ) -> Optional[str]:
        """
        Read a secret asynchronously from your vault.
        """
        async with httpx.AsyncClient() as client:
            response = await client.get(
                f"{self.vault_url}/v1/secret/{secret_name}",
                headers={"X-Vault-Token": self.token},
                timeout=timeout or 30.0
            )
            response.raise_for_status()
            return response.json()["data"]["value"]

    def sync_read_secret(
        self,
        secret_name: str,
        optional_params: Optional[dict] = None,
        timeout: Optional[Union[float, httpx.Timeout]] = None,
    ) -> Optional[str]:
        """
        Read a secret synchronously from your vault.
        """
        with httpx.Client() as client:
            response = client.get(
                f"{self.vault_url}/v1/secret/{secret_name}",
                headers={"X-Vault-Token": self.token},
                timeout=timeout or 30.0
            )
            response.raise_for_status()
            return response.json()["data"]["value"]

    # Optional: Override write and delete if supported
    async def async_write_secret(
        self,
        secret_name: str,
        secret_value: str,
        description: Optional[str] = None,
        optional_params: Optional[dict] = None,
        timeout: Optional[Union[float, httpx.Timeout]] = None,
        tags: Optional[Union[dict, list]] = None,
    ) -> dict:
        """
        Write a secret to your vault (optional).
        """
        async with httpx.AsyncClient() as client:
            response = await client.post(
                f"{self.vault_url}/v1/secret/{secret_name}",
                headers={"X-Vault-Token": self.token},
                json={"value": secret_value, "description": description},
                timeout=timeout or 30.0
            )
            response.raise_for_status()
            return {"status": "success", "secret_name": secret_name}
