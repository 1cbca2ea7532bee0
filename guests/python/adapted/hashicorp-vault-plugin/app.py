from secret_runtime_guest.adapt import genaikeys
from vault_plugin import HashiCorpVaultPlugin
genaikeys(lambda address, token: HashiCorpVaultPlugin(vault_addr=address, token=token))
