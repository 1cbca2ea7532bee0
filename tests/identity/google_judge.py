"""Gets a token with Google's own client, from wherever the environment says, and prints it.

Of a file that names the account to act as, that client takes the account but not the host; its host comes as argument.
"""

import sys

import google.auth
from google.auth import impersonated_credentials
from google.auth.transport.requests import Request

credentials, _ = google.auth.default(scopes=["https://www.googleapis.com/auth/cloud-platform"])
if isinstance(credentials, impersonated_credentials.Credentials):
    credentials._iam_endpoint_override = sys.argv[1]
credentials.refresh(Request())
print(credentials.token, end="")
