# LiteLLM with a manager of secrets, told line by line what to call:
# {"call": "manager.sync_read_secret", "with": {…}}.
# The manager is ours, or its own for Vault if there is a HCP_VAULT_ADDR.
import asyncio
import inspect
import json
import os
import sys
import traceback

import litellm
from litellm.secret_managers.main import get_secret
from litellm.types.secret_managers.main import KeyManagementSettings, KeyManagementSystem

if "HCP_VAULT_ADDR" in os.environ:
    from litellm.proxy import proxy_server

    proxy_server.premium_user = True
    from litellm.secret_managers.hashicorp_secret_manager import HashicorpSecretManager

    manager = HashicorpSecretManager()
else:
    from litellm_secret_runtime import SecretRuntime

    manager = litellm.secret_manager_client = SecretRuntime()
    litellm._key_management_system = KeyManagementSystem.CUSTOM
litellm._key_management_settings = KeyManagementSettings(access_mode="read_and_write")


async def turns_while_reading(**arguments):
    """How often the loop came round while a read that fails was waiting, and how it failed."""
    reading = asyncio.ensure_future(manager.async_read_secret(**arguments))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0.01)
        turns += 1
    return {"turns": turns, "kind": getattr(reading.exception(), "kind", None)}


class here:
    get_secret = staticmethod(get_secret)
    turns_while_reading = staticmethod(turns_while_reading)


loop = asyncio.new_event_loop()
for line in sys.stdin:
    order = json.loads(line)
    owner, function = order["call"].split(".")
    try:
        answer = getattr(globals()[owner], function)(**order["with"])
        said = {"answer": loop.run_until_complete(answer) if inspect.iscoroutine(answer) else answer}
    except Exception as error:
        trace = "".join(traceback.format_exception(error))
        said = {"error": type(error).__name__, "kind": getattr(error, "kind", None), "said": trace + repr(vars(error))}
    print(json.dumps(said), flush=True)
