//! Signatures over what is sent, judged by botocore.
