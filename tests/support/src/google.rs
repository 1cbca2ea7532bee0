//! Google Secret Manager and KMS: drongo, and a stand-in for what it lacks.
