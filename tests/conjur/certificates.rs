//! Logging in with a certificate, which the runtime shows and the backend never sees.

use test_support::{Authority, Conjur, Identity, Rights};

use super::bare;
use crate::common::{Home, cli::Run};

const READER: Rights = Rights { execute: true, update: false, declare: false, modify: false };

#[test]
fn a_certificate_logs_in_at_its_service_for_the_host_it_names_or_is_given() {
    let (home, authority) = (Home::new(), Authority::new().unwrap());
    let server = Conjur::start_tls(&authority).unwrap();
    server.put("KEY", "v");
    server.role("host/vm-01", READER);
    let (known, other) = (authority.client("vm-01").unwrap(), authority.client("vm-02").unwrap());
    server.certificate("fleet", "host/vm-01", &known);
    let get = |identity: &Identity| -> Run {
        let run =
            bare(&home, &server, ["get", "KEY", "--set", "service=fleet"]).env("CONJUR_CERT_FILE", authority.ca_file());
        run.env("CYBERARK_CLIENT_CERT", identity.certificate_file()).env("CYBERARK_CLIENT_KEY", identity.key_file())
    };
    get(&known).run().exits(0).prints("v");
    get(&known).args(["--set", "host=host/vm-01"]).run().exits(0).prints("v");
    get(&known).args(["--set", "host=host/vm-02"]).run().exits(5).prints("");
    get(&other).run().exits(5).prints("");
    let seen = server.seen();
    assert_eq!(seen[0].target, "/authn-cert/fleet/acme/authenticate");
    assert!(seen.iter().any(|seen| seen.target == "/authn-cert/fleet/acme/host%2Fvm-01/authenticate"));
    assert!(seen.iter().all(|seen| seen.body.is_empty()));
}
