//! A stand-in for Azure Key Vault and its token endpoints.
