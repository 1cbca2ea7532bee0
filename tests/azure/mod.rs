//! The azure-key-vault backend on a stand-in for Azure, through the binary.

mod access;
mod judged;
mod listing;
mod reading;
mod twin;
mod writing;

use std::ffi::OsStr;

use test_support::{Azure, azure::AzureClient, layout};

use crate::common::{Home, cli::Run};

impl Home {
    /// `runtime … ARGUMENTS` with the azure-key-vault backend, on this vault, as the application that may do everything.
    fn azure<A: AsRef<OsStr>>(&self, azure: &Azure, arguments: impl IntoIterator<Item = A>) -> Run {
        self.azure_as(azure, &azure.client(), arguments)
    }

    /// The same as another application.
    fn azure_as<A: AsRef<OsStr>>(
        &self,
        azure: &Azure,
        client: &AzureClient,
        arguments: impl IntoIterator<Item = A>,
    ) -> Run {
        let run = self.azure_nobody(&azure.address(), arguments).env("AZURE_AUTHORITY_HOST", azure.address());
        let run = run.env("AZURE_TENANT_ID", azure.tenant()).env("AZURE_CLIENT_ID", &client.id);
        run.env("AZURE_CLIENT_SECRET", &client.secret)
    }

    /// The same without anything to log in with.
    fn azure_nobody<A: AsRef<OsStr>>(&self, address: &str, arguments: impl IntoIterator<Item = A>) -> Run {
        let run = self.runtime(["--trust", "--backend"]).arg(layout::backend("azure-key-vault"));
        run.args(arguments).env("AZURE_KEY_VAULT_URL", address)
    }
}
