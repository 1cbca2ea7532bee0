# GenAIKeys with our plugin, told line by line what to call: {"call": "keys.get", "with": ["NAME"]}.
import asyncio
import inspect
import json
import sys
import traceback

from genaikeys import GenAIKeys
from genaikeys_secret_runtime import SecretRuntimePlugin

plugin = SecretRuntimePlugin()
# Nothing is kept here, so that each call asks the daemon.
keys = GenAIKeys(plugin, cache_duration=0)
for line in sys.stdin:
    order = json.loads(line)
    owner, function = order["call"].split(".")
    try:
        answer = getattr(globals()[owner], function)(*order["with"])
        said = {"answer": asyncio.run(answer) if inspect.iscoroutine(answer) else answer}
    except Exception as error:
        trace = "".join(traceback.format_exception(error))
        said = {"error": type(error).__name__, "kind": getattr(error, "kind", None), "said": trace + repr(vars(error))}
    print(json.dumps(said), flush=True)
