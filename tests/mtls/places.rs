//! Who is shown the certificate, and what servers say to it.

use test_support::{Authority, Clients, Reply, Upstream};

use super::{client, client_with, manifest, server};
use crate::common::{Home, Manifest};

#[test]
fn a_server_that_asks_for_a_certificate_is_shown_ours() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let server = server(&authority, Clients::Known(&authority));
    client(&server, &authority, &ours).get().exits(0).prints("s3cret");
    let seen = server.seen();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].certificate.as_deref(), Some(ours.certificate_der()));
}

#[test]
fn a_server_that_refuses_our_certificate_or_misses_one_is_understood() {
    let (authority, elsewhere) = (Authority::new().unwrap(), Authority::new().unwrap());
    let stranger = elsewhere.client("stranger").unwrap();
    let server = server(&authority, Clients::Known(&authority));
    let refused = client(&server, &authority, &stranger).get().exits(5).prints("");
    refused.says(&[&server.address(), "does not accept our client certificate"]);

    let without = Manifest::typed().replace("url = \"{address}\"", "url = \"{address}\"\nca = [\"HOSTILE_CA\"]");
    let missed = client_with(without, &server, &authority).get().exits(5).prints("");
    missed.says(&[&server.address(), "asks for a client certificate"]);
    assert_eq!(server.seen(), []);
}

#[test]
fn a_refusal_of_the_certificate_outlasts_what_the_backend_says() {
    let (authority, elsewhere) = (Authority::new().unwrap(), Authority::new().unwrap());
    let server = server(&authority, Clients::Known(&authority));
    let stranger = elsewhere.client("stranger").unwrap();
    for then in ["not-found", "invent"] {
        client(&server, &authority, &stranger).set("then", then).get().exits(5).prints("");
    }
}

#[test]
fn the_certificate_is_not_offered_to_another_origin() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let [first, second] = [(); 2].map(|()| server(&authority, Clients::Asked(&authority)));
    let two = manifest()
        .replace("address = { env = [\"HOSTILE_ADDR\"] }", "address = { env = [\"HOSTILE_ADDR\"] }\nother = {}")
        .replace("path = \"/v1/secret{/name*}\"", "origin = \"upstream\"\npath = \"/v1/secret{/name*}\"")
        .replace("path = \"/v1/secret\"", "origin = \"upstream\"\npath = \"/v1/secret\"")
        .and("[[origin]]\nname = \"second\"\nurl = \"{other}\"\nca = [\"HOSTILE_CA\"]")
        .and("[[request]]\nfor = [\"read\"]\norigin = \"second\"\nmethod = \"GET\"\npath = \"/v1/secret{/name*}\"");
    for (to, shown) in [(&first, Some(ours.certificate_der().to_vec())), (&second, None)] {
        let attack = client_with(two.clone(), &first, &authority)
            .env("HOSTILE_CERTIFICATE", ours.certificate_file().to_str().unwrap())
            .env("HOSTILE_KEY", ours.key_file().to_str().unwrap())
            .set("other", &second.address())
            .sends("GET", &format!("{}/v1/secret/KEY", to.address()));
        attack.get().exits(0).prints("s3cret");
        assert_eq!(to.seen().last().unwrap().certificate, shown);
    }
}

#[test]
fn an_exchange_and_a_check_of_the_credentials_show_it_too() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let tokens = Upstream::start_tls(&authority, Clients::Known(&authority), |_| {
        Reply::new(200, r#"{"token": "minted", "lifetime": 60}"#)
    })
    .unwrap();
    // It denies everything but the question whether the credentials are good.
    let secrets = Upstream::start_tls(&authority, Clients::Known(&authority), |seen| {
        Reply::new(if seen.target == "/v1/self" { 200 } else { 403 }, "")
    })
    .unwrap();
    let manifest = manifest()
        .replace("address = { env = [\"HOSTILE_ADDR\"] }", "address = { env = [\"HOSTILE_ADDR\"] }\ntokens = {}")
        .and("inject = { bearer = \"{exchanged}\" }\nverify = { method = \"GET\", url = \"{address}/v1/self\" }")
        .and("[recipe.exchange]\nmethod = \"POST\"\nurl = \"{tokens}/token\"\ntoken = { json = \"/token\" }")
        .and("lifetime = { json = \"/lifetime\" }")
        .and("[[origin]]\nname = \"issuer\"\nurl = \"{tokens}\"\nca = [\"HOSTILE_CA\"]")
        .replace("path = \"/v1/secret{/name*}\"", "origin = \"upstream\"\npath = \"/v1/secret{/name*}\"")
        .replace("path = \"/v1/secret\"", "origin = \"upstream\"\npath = \"/v1/secret\"");
    let attack = client_with(manifest, &secrets, &authority)
        .env("HOSTILE_CERTIFICATE", ours.certificate_file().to_str().unwrap())
        .env("HOSTILE_KEY", ours.key_file().to_str().unwrap())
        .set("tokens", &tokens.address());
    attack.get();
    // The host's own question comes first; then what the backend asks for is refused, since it is not for a check.
    attack.command(&Home::new(), &["check"]).run().is_refused("request-rule");
    for (server, target) in [(&tokens, "/token"), (&secrets, "/v1/secret/KEY"), (&secrets, "/v1/self")] {
        let seen = server.seen();
        let seen = seen.iter().find(|seen| seen.target == target).unwrap_or_else(|| panic!("no {target}: {seen:?}"));
        assert_eq!(seen.certificate.as_deref(), Some(ours.certificate_der()), "{target}");
    }
}

#[test]
fn without_tls_there_is_nowhere_to_show_it() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let plain = Upstream::start(|_| Reply::new(200, "s3cret")).unwrap();
    let refused = client(&plain, &authority, &ours).get().is_refused("credential-audience");
    refused.says(&[&plain.address(), "client certificate", "https"]);
    assert_eq!(plain.connections(), 0);
}

#[test]
fn the_question_says_what_is_shown_and_that_the_key_is_not_sent() {
    let authority = Authority::new().unwrap();
    let ours = authority.client("ours").unwrap();
    let server = server(&authority, Clients::Known(&authority));
    let address = server.address();
    let question = client(&server, &authority, &ours).candidate().unwrap().describe(&|_| None);
    for line in [
        format!(
            "The credential certificate in the file {} is a certificate, shown to {address} by the runtime when it \
             connects.",
            ours.certificate_file().display()
        ),
        format!(
            "The credential key in the file {} is a key, used for connecting to {address} and never sent; the backend \
             never sees it.",
            ours.key_file().display()
        ),
    ] {
        assert!(question.contains(&line), "no {line:?} in\n{question}");
    }
}
