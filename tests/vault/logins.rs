//! Logging in by what a machine has: a certificate, a token that somebody signed, a pod's service account.

use std::{
    path::PathBuf,
    time::{SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use test_support::{Authority, Clients, Identity, JwtSigner, OpenBao, Reply, Upstream, layout};

use crate::common::{Home, cli::Run};

const READER: &str = r#"path "secret/data/*" { capabilities = ["read"] }"#;

/// A request of the root token that succeeds.
#[track_caller]
fn root(server: &OpenBao, path: &str, body: &Value) {
    let (status, reply) =
        server.request("POST", &format!("/v1/{path}"), Some(server.token()), None, Some(body)).unwrap();
    assert!((200..300).contains(&status), "{path}: {status} {reply}");
}

/// A server with a secret, a policy that may read it, and this way to log in, mounted under its own name.
fn set_up(server: OpenBao, method: &str) -> OpenBao {
    server.put("KEY", &json!({ "value": "v" })).unwrap();
    server.policy("reader", READER).unwrap();
    root(&server, &format!("sys/auth/{method}"), &json!({ "type": method }));
    server
}

/// These claims, good for an hour.
fn for_an_hour(mut claims: Value) -> Value {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    claims["iat"] = now.into();
    claims["nbf"] = now.into();
    claims["exp"] = (now + 3600).into();
    claims
}

#[test]
fn a_certificate_logs_in_and_another_one_does_not() {
    let (home, authority) = (Home::new(), Authority::new().unwrap());
    let server = set_up(OpenBao::start_tls().unwrap(), "cert");
    let ca = std::fs::read_to_string(authority.ca_file()).unwrap();
    let role = json!({ "certificate": ca, "allowed_common_names": "web", "token_policies": ["reader"] });
    root(&server, "auth/cert/certs/web", &role);
    let [web, other] = ["web", "other"].map(|name| authority.client(name).unwrap());
    let get = |identity: &Identity, names: [&str; 2]| {
        let get = home.vault_at(server.address(), ["-vv", "get", "KEY"]).env("VAULT_CACERT", server.ca_file());
        get.env(names[0], identity.certificate_file()).env(names[1], identity.key_file())
    };
    for names in [["VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"], ["HCP_VAULT_CLIENT_CERT", "HCP_VAULT_CLIENT_KEY"]] {
        get(&web, names).run().exits(0).prints("v");
        get(&web, names).env("HCP_VAULT_CERT_ROLE", "web").run().exits(0).prints("v");
        let refused = get(&other, names).run().exits(5).prints("");
        refused.says(&["the upstream refused our credentials when asked for a token"]);
    }
    // A role that the certificate is not for.
    root(&server, "auth/cert/certs/db", &json!({ "certificate": ca, "allowed_common_names": "db" }));
    get(&web, ["VAULT_CLIENT_CERT", "VAULT_CLIENT_KEY"]).env("VAULT_ROLE", "db").run().exits(5).prints("");
}

#[test]
fn a_signed_token_logs_in_and_one_that_somebody_else_signed_does_not() {
    let (home, server) = (Home::new(), set_up(OpenBao::start().unwrap(), "jwt"));
    let [ours, theirs] = [(); 2].map(|()| JwtSigner::new().unwrap());
    root(&server, "auth/jwt/config", &json!({ "jwt_validation_pubkeys": [ours.public_pem()] }));
    let role = json!({
        "role_type": "jwt", "user_claim": "sub", "bound_audiences": ["vault"], "bound_subject": "job",
        "token_policies": ["reader"],
    });
    root(&server, "auth/jwt/role/ci", &role);
    let claims = |audience: &str| for_an_hour(json!({ "sub": "job", "aud": audience }));
    let get = |token: String| {
        let get = home.vault_at(server.address(), ["get", "KEY"]).env("VAULT_ROLE", "ci").env("VAULT_JWT", &token);
        get.run().never_shows(&token)
    };
    get(ours.sign(&claims("vault")).unwrap()).exits(0).prints("v");
    for wrong in [theirs.sign(&claims("vault")), ours.sign(&claims("elsewhere"))] {
        get(wrong.unwrap()).exits(5).prints("").says(&["the upstream refused our credentials"]);
    }
}

/// A Kubernetes API that knows one service account's token, and answers nobody but the reviewer.
fn cluster(authority: &Authority, good: &str) -> Upstream {
    let good = good.to_owned();
    Upstream::start_tls(authority, Clients::Anybody, move |seen| {
        if (seen.method.as_str(), seen.target.as_str()) != ("POST", "/apis/authentication.k8s.io/v1/tokenreviews") {
            return Reply::new(404, "");
        }
        if seen.header("authorization") != Some("Bearer the-reviewer") {
            return Reply::json(401, &json!({ "kind": "Status", "status": "Failure", "code": 401 }));
        }
        let asked: Value = serde_json::from_slice(&seen.body).unwrap();
        let status = if asked["spec"]["token"] == good.as_str() {
            json!({
                "authenticated": true,
                "audiences": asked["spec"]["audiences"],
                "user": {
                    "username": "system:serviceaccount:apps:web", "uid": "uid-of-web",
                    "groups": ["system:serviceaccounts", "system:serviceaccounts:apps"],
                },
            })
        } else {
            json!({ "authenticated": false, "error": "the token is not known" })
        };
        let review = json!({ "kind": "TokenReview", "apiVersion": "authentication.k8s.io/v1", "status": status });
        Reply::json(201, &review)
    })
    .unwrap()
}

#[test]
fn a_pod_logs_in_by_its_service_account_and_another_one_does_not() {
    let (home, server) = (Home::new(), set_up(OpenBao::start().unwrap(), "kubernetes"));
    let signer = JwtSigner::new().unwrap();
    let token = |account: &str| {
        let pod = json!({
            "iss": "https://kubernetes.default.svc.cluster.local", "aud": ["vault"],
            "sub": format!("system:serviceaccount:apps:{account}"),
            "kubernetes.io": {
                "namespace": "apps", "serviceaccount": { "name": account, "uid": format!("uid-of-{account}") },
            },
        });
        signer.sign(&for_an_hour(pod)).unwrap()
    };
    let web = token("web");
    let authority = Authority::new().unwrap();
    let cluster = cluster(&authority, &web);
    let config = json!({
        "kubernetes_host": cluster.address(), "token_reviewer_jwt": "the-reviewer", "disable_local_ca_jwt": true,
        "kubernetes_ca_cert": std::fs::read_to_string(authority.ca_file()).unwrap(),
    });
    root(&server, "auth/kubernetes/config", &config);
    let role = json!({
        "bound_service_account_names": ["web"], "bound_service_account_namespaces": ["apps"],
        "token_policies": ["reader"],
    });
    root(&server, "auth/kubernetes/role/web", &role);

    let config = in_a_pod(&home, &server);
    let get = |token: &str| -> Run {
        home.file("pod/token", token);
        home.runtime(["--trust", "--backend", "pod", "get", "KEY", "--config-file"]).arg(&config)
    };
    get(&web).run().exits(0).prints("v").never_shows(&web);
    assert_eq!(cluster.seen().len(), 1, "the server asked the cluster");
    // The cluster does not know the one; the role is not for the other.
    for other in [token("web-of-another-cluster"), token("db")] {
        get(&other).run().exits(5).prints("").says(&["the upstream refused our credentials"]).never_shows(&other);
    }
}

/// A configuration as a pod has it, with the service account's token in another place than usual.
fn in_a_pod(home: &Home, server: &OpenBao) -> PathBuf {
    let config = format!(
        "[backends.pod]\ncomponent = {:?}\nrecipe = \"kubernetes\"\nset = {{ address = {:?}, role = \"web\" }}\n\
         credentials = {{ pod-jwt = {{ file = \"pod/token\" }} }}\n",
        layout::backend("vault"),
        server.address(),
    );
    home.file("runtime.toml", config)
}

#[test]
fn the_names_that_people_have_in_their_environment_all_work() {
    let (home, server) = (Home::new(), set_up(OpenBao::start().unwrap(), "approle"));
    server.namespace("apps").unwrap();
    let within = |path: &str, body: Value| {
        let sent = server.request("POST", path, Some(server.token()), Some("apps"), Some(&body)).unwrap();
        assert!(sent.0 < 300, "{path}: {sent:?}");
    };
    within("/v1/sys/mounts/kv", json!({ "type": "kv", "options": { "version": "2" } }));
    within("/v1/secret/data/KEY", json!({ "data": { "value": "in apps" } }));
    within("/v1/kv/data/KEY", json!({ "data": { "value": "in kv" } }));
    within("/v1/secret/data/team/KEY", json!({ "data": { "value": "in team" } }));
    server.policy("visitor", r#"path "apps/secret/data/*" { capabilities = ["read"] }"#).unwrap();
    let login = json!({ "token_policies": ["reader", "visitor"], "role_id": "the-role", "bind_secret_id": true });
    root(&server, "auth/approle/role/app", &login);
    root(&server, "auth/approle/role/app/custom-secret-id", &json!({ "secret_id": "the-secret-id" }));

    let token = ("HCP_VAULT_TOKEN", server.token());
    let [role, secret] = [("HCP_VAULT_APPROLE_ROLE_ID", "the-role"), ("HCP_VAULT_APPROLE_SECRET_ID", "the-secret-id")];
    let [login, secrets] = [("HCP_VAULT_LOGIN_NAMESPACE", "root"), ("HCP_VAULT_SECRET_NAMESPACE", "apps")];
    let table: [(&[(&str, &str)], &str); 10] = [
        (&[token], "v"),
        (&[("VAULT_TOKEN", server.token())], "v"),
        (&[token, ("HCP_VAULT_NAMESPACE", "apps")], "in apps"),
        (&[token, ("VAULT_NAMESPACE", "apps")], "in apps"),
        (&[token, ("HCP_VAULT_NAMESPACE", "nowhere"), secrets], "in apps"),
        (&[token, ("HCP_VAULT_NAMESPACE", "apps"), ("HCP_VAULT_MOUNT_NAME", "kv")], "in kv"),
        (&[token, ("HCP_VAULT_NAMESPACE", "apps"), ("HCP_VAULT_PATH_PREFIX", "team")], "in team"),
        (&[role, secret], "v"),
        (&[role, secret, login, secrets], "in apps"),
        (&[("VAULT_ROLE_ID", "the-role"), ("VAULT_SECRET_ID", "the-secret-id")], "v"),
    ];
    for (variables, value) in table {
        let mut get = home
            .runtime(["--trust", "--backend"])
            .arg(layout::backend("vault"))
            .args(["get", "KEY"])
            .env("HCP_VAULT_ADDR", server.address());
        for (name, value) in variables {
            get = get.env(name, value);
        }
        get.run().exits(0).prints(value);
    }
}
