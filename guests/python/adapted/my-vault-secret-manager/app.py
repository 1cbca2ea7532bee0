from secret_runtime_guest.adapt import litellm
from my_vault import MyVaultSecretManager
litellm(lambda address, token: MyVaultSecretManager(vault_url=address, token=token))
