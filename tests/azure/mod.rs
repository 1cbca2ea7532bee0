//! Azure Key Vault: the backend, and the vendor's client as judge of the stand-in.
