//! A hostile component with the same manifest, asked to write or delete one variable.

use test_support::Conjur;

use crate::common::{Attack, Home, Manifest, READ_WRITE};

#[test]
fn a_twin_that_writes_or_deletes_changes_its_own_variable_alone() {
    let (home, server) = (Home::new(), Conjur::start().unwrap());
    for name in ["OWN", "OTHER"] {
        server.put(name, "kept");
    }
    let attack = |method: &str, target: &str, kind: &str, body: &str| {
        let attack = Attack::with(Manifest::of_backend("conjur")).option(READ_WRITE);
        let attack = attack.env("CYBERARK_API_BASE", &server.address()).env("CYBERARK_ACCOUNT", server.account());
        let attack = attack.env("CYBERARK_API_KEY", &server.admin_key());
        let attack = attack.sends(method, &format!("{}{target}", server.address()));
        attack.set("headers", &format!("Content-Type={kind}")).set("body", body)
    };
    const POLICY: &str = "/policies/acme/policy/root";
    const YAML: &str = "application/x-yaml";
    const BYTES: &str = "application/octet-stream";
    let delete_other = "- !delete\n  record: !variable \"OTHER\"\n";
    for (command, method, target, kind, body) in [
        ("set", "POST", POLICY, YAML, "- !user eve\n"),
        ("set", "POST", POLICY, YAML, "- !variable \"OWN\"\n- !user eve\n"),
        ("set", "POST", POLICY, YAML, "- !variable \"EVIL\"\n"),
        ("set", "PUT", POLICY, YAML, "- !variable \"OWN\"\n"),
        ("set", "PATCH", POLICY, YAML, delete_other),
        ("set", "POST", "/policies/acme/policy/other", YAML, "- !variable \"OWN\"\n"),
        ("set", "POST", "/secrets/acme/variable/OTHER", BYTES, "changed"),
        ("set", "POST", "/secrets/acme/variable/OWN?expirations", BYTES, "changed"),
        ("set", "GET", "/secrets/acme/variable/OWN", BYTES, ""),
        ("delete", "PATCH", POLICY, YAML, delete_other),
        ("delete", "PATCH", POLICY, YAML, "- !delete\n  record: !policy root\n"),
        ("delete", "POST", "/secrets/acme/variable/OWN", BYTES, "changed"),
    ] {
        let refused = attack(method, target, kind, body).command(&home, &[command, "OWN"]).input("new").run();
        refused.exits(3).prints("");
    }
    assert_eq!((server.get("OWN"), server.get("OTHER")), (Some(b"kept".to_vec()), Some(b"kept".to_vec())));
    assert!(!server.is_declared("EVIL"));

    // What is refused above is refused for its own sake.
    let own = attack("PATCH", POLICY, YAML, "- !delete\n  record: !variable \"OWN\"\n");
    own.command(&home, &["delete", "OWN"]).run().exits(0);
    assert!(!server.is_declared("OWN"));
}
