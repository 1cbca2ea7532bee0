//! AWS Secrets Manager and KMS: the backends on emulators, boto3 as judge.
