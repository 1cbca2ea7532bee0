//! Origins that were not granted and addresses that nobody may reach: refused before a byte is sent.

use secret_runtime::Kind;
use test_support::{Reply, Upstream};

use crate::common::{
    Attack, Manifest, Names, block_on,
    library::{assert_refused, failure, runtime_with},
};

fn server() -> Upstream {
    Upstream::start(|_| Reply::new(200, "the value").with_header("Connection", "close")).unwrap()
}

#[test]
fn an_origin_that_is_not_granted_is_refused_in_every_spelling() {
    let (granted, other) = (server(), server());
    let (a, b) = (granted.port(), other.port());
    for (url, rule) in [
        (format!("http://127.0.0.1:{b}"), "origin"),
        (format!("http://[::1]:{b}"), "origin"),
        (format!("http://[::1]:{a}"), "origin"),
        (format!("http://[::ffff:127.0.0.1]:{a}"), "origin"),
        (format!("http://0x7f000001:{b}"), "origin"),
        (format!("http://2130706433:{b}"), "origin"),
        (format!("http://0177.0.0.1:{b}"), "origin"),
        (format!("http://127.1:{b}"), "origin"),
        (format!("http://127.0.0.1.:{b}"), "origin"),
        (format!("HTTP://LOCALHOST:{b}"), "origin"),
        (format!("http://localhost:{a}"), "origin"),
        (format!("http://localhost.:{a}"), "origin"),
        (format!("https://127.0.0.1:{a}"), "origin"),
        ("http://127.0.0.1".to_owned(), "origin"),
        (format!("http://user:password@127.0.0.1:{a}"), "userinfo"),
        (format!("http://user@127.0.0.1:{b}"), "userinfo"),
        (format!("http://:@127.0.0.1:{b}"), "userinfo"),
        (format!("http://127.0.0.1:{a}@127.0.0.1:{b}"), "userinfo"),
        (format!("http://127.0.0.1:{a}\\@127.0.0.1:{b}"), "url"),
        (format!("http:\\\\127.0.0.1:{a}"), "url"),
        (format!("http:///127.0.0.1:{a}"), "url"),
        (format!("//127.0.0.1:{a}"), "url"),
        (format!("http://127.0.0.1:{a}\\n@127.0.0.1:{b}"), "url"),
        ("file:///etc/passwd".to_owned(), "url"),
        (format!("ftp://127.0.0.1:{a}"), "url"),
        (format!("ws://127.0.0.1:{a}"), "url"),
        (String::new(), "url"),
    ] {
        let attack = Attack::on(&granted).sends("GET", &format!("{url}/v1/secret/KEY"));
        attack.get().is_refused(rule);
    }
    assert_eq!((granted.connections(), other.connections()), (0, 0));
}

/// A host of the operator's own, by name; no credential, so that plain HTTP will do.
fn keeper(upstream: &Upstream, url: &str) -> Attack {
    let address = format!("http://keeper.test:{}", upstream.port());
    Attack::with(Manifest::typed()).set("address", &address).sends("GET", url)
}

#[test]
fn a_name_that_only_looks_like_the_granted_one_is_refused() {
    let upstream = server();
    let port = upstream.port();
    let names = Names::default().then("keeper.test", &["127.0.0.1"]);
    let runtime = runtime_with(&names);
    for host in [
        "keeper.test.",
        "KEEPER.TEST.",
        "KEEPER.EVIL",
        "keeper.test.evil.test",
        "evil-keeper.test",
        "sub.keeper.test",
        // Cyrillic, Greek and Turkish letters.
        "k\u{435}\u{435}per.test",
        "\u{3ba}eeper.test",
        "keeper.\u{442}est",
        "xn--kper-v4da.test",
    ] {
        let url = format!("http://{host}:{port}/v1/secret/KEY");
        assert_refused(&failure(&keeper(&upstream, &url).load(&runtime).unwrap(), "KEY"), "origin");
    }
    assert_eq!((upstream.connections(), names.asked()), (0, vec![]));
}

#[test]
fn another_spelling_of_the_granted_name_reaches_it_and_no_other() {
    let upstream = server();
    let port = upstream.port();
    let names = Names::default().then("keeper.test", &["127.0.0.1"]);
    let runtime = runtime_with(&names);
    for host in ["keeper.test", "KEEPER.test", "\u{ff4b}eeper.test", "keeper%2etest"] {
        let url = format!("http://{host}:{port}/v1/secret/KEY");
        let answer = block_on(keeper(&upstream, &url).load(&runtime).unwrap().get("KEY")).unwrap();
        assert!(answer.secret.expose().ends_with(b"the value"));
    }
    let sent: Vec<_> = upstream.seen().iter().map(|seen| seen.header("host").unwrap().to_owned()).collect();
    assert_eq!(sent, vec![format!("keeper.test:{port}"); 4]);
    assert!(names.asked().iter().all(|asked| asked == "keeper.test"));
}

#[test]
fn a_redirect_is_not_followed_and_does_not_open_a_door() {
    for status in [301, 302, 303, 307, 308] {
        let other = server();
        let to = format!("{}/v1/secret/KEY", other.address());
        let granted = Upstream::start(move |_| Reply::redirect(status, &to)).unwrap();
        let url = format!("{}/v1/secret/KEY", granted.address());
        let run = Attack::on(&granted).sends("GET", &url).get().exits(0);
        assert!(run.stdout.starts_with(status.to_string().as_bytes()), "{run:?}");
        for then in ["", "not-found", "invent"] {
            let follows = Attack::on(&granted).sends("GET", &url).set("act", "follow").set("then", then);
            follows.get().is_refused("origin");
        }
        assert_eq!(other.connections(), 0);
    }
}

/// Addresses of this machine and of private networks; `PORT` is where a server listens.
const PRIVATE: [&str; 19] = [
    "127.0.0.1:PORT",
    "127.8.8.8:PORT",
    "localhost:PORT",
    "LOCALHOST:PORT",
    "[::1]:PORT",
    "[::ffff:127.0.0.1]:PORT",
    "[::ffff:7f00:1]:PORT",
    "[::127.0.0.1]:PORT",
    "[64:ff9b::7f00:1]:PORT",
    "[64:ff9b:1::a00:1]",
    "[2002:7f00:1::]",
    "[2001:0:0:0:0:0:80ff:fffe]",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "[fc00::1]",
    "[fd12:3456::1]",
];

/// Addresses at which clouds hand out credentials.
const METADATA: [&str; 15] = [
    "169.254.169.254",
    "169.254.170.2",
    "169.254.170.23",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "[fd00:ec2::254]",
    "[fd20:ce::254]",
    "[fe80::a9fe:a9fe]",
    "[::ffff:169.254.169.254]",
    "[::ffff:a9fe:a9fe]",
    "[::169.254.169.254]",
    "[64:ff9b::a9fe:a9fe]",
    "[2002:a9fe:a9fe::]",
    "[::ffff:100.100.100.200]",
];

#[test]
fn a_literal_of_the_manifest_for_this_machine_or_a_private_network_is_refused() {
    let upstream = server();
    for host in PRIVATE {
        let address = format!("http://{}", host.replace("PORT", &upstream.port().to_string()));
        let attack = Attack::with(Manifest::literal(&address)).sends("GET", &format!("{address}/v1/secret/KEY"));
        attack.get().is_refused("private-address");
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn an_origin_whose_host_is_written_to_be_misread_is_no_origin() {
    let upstream = server();
    let port = upstream.port();
    for host in ["0x7f000001", "2130706433", "0177.0.0.1", "127.1", "127.0.0.1.", "localhost.", "0xa9fea9fe", "0"] {
        let address = format!("http://{host}:{port}");
        let url = format!("{address}/v1/secret/KEY");
        for attack in
            [Attack::with(Manifest::literal(&address)), Attack::with(Manifest::typed()).set("address", &address)]
        {
            let run = attack.sends("GET", &url).get();
            // Where the author wrote it, the component is at fault; where the operator did, the setting.
            assert!([2, 7].contains(&run.status.code().unwrap()), "{host}: {run:?}");
            run.says(&["origin"]).prints("");
        }
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_metadata_address_is_refused_whoever_names_it() {
    for host in METADATA {
        let address = format!("http://{host}");
        let url = format!("{address}/v1/secret/KEY");
        Attack::with(Manifest::literal(&address)).sends("GET", &url).get().is_refused("metadata-address");
        let typed = Attack::with(Manifest::typed()).sends("GET", &url);
        typed.clone().set("address", &address).get().is_refused("metadata-address");
        typed.env("HOSTILE_ADDR", &address).get().is_refused("metadata-address");
    }
}

#[test]
fn an_address_that_is_no_host_is_refused() {
    for host in ["0.0.0.0", "[::]", "255.255.255.255", "224.0.0.1", "[ff02::1]", "[::ffff:0.0.0.0]"] {
        let address = format!("http://{host}:8200");
        let typed = Attack::with(Manifest::typed()).set("address", &address);
        typed.sends("GET", &format!("{address}/v1/secret/KEY")).get().is_refused("address");
    }
}

/// A host that the author of the backend wrote into the manifest.
fn authored(upstream: &Upstream) -> Attack {
    let address = format!("http://author.test:{}", upstream.port());
    Attack::with(Manifest::literal(&address)).sends("GET", &format!("{address}/v1/secret/KEY"))
}

#[test]
fn a_name_of_the_authors_that_leads_to_a_private_address_is_refused() {
    let upstream = server();
    for (addresses, rule) in [
        (["127.0.0.1"].as_slice(), "private-address"),
        (&["::1"], "private-address"),
        (&["::ffff:127.0.0.1"], "private-address"),
        (&["10.1.2.3"], "private-address"),
        (&["169.254.169.254"], "metadata-address"),
        (&["fd00:ec2::254"], "metadata-address"),
        (&["64:ff9b::a9fe:a9fe"], "metadata-address"),
        (&["0.0.0.0"], "address"),
        // One public address beside it does not help, in whichever order.
        (&["93.184.215.14", "127.0.0.1"], "private-address"),
        (&["127.0.0.1", "93.184.215.14"], "private-address"),
        (&["2606:4700::1111", "169.254.169.254"], "metadata-address"),
    ] {
        let names = Names::default().then("author.test", addresses);
        let backend = authored(&upstream).load(&runtime_with(&names)).unwrap();
        assert_refused(&failure(&backend, "KEY"), rule);
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_name_of_the_operators_may_be_private_but_never_lead_to_a_metadata_service() {
    let upstream = server();
    let url = format!("http://keeper.test:{}/v1/secret/KEY", upstream.port());
    for addresses in [["169.254.169.254"].as_slice(), &["127.0.0.1", "fd00:ec2::254"]] {
        let names = Names::default().then("keeper.test", addresses);
        let backend = keeper(&upstream, &url).load(&runtime_with(&names)).unwrap();
        assert_refused(&failure(&backend, "KEY"), "metadata-address");
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_second_resolution_that_differs_is_judged_again() {
    let upstream = server();
    let url = format!("http://keeper.test:{}/v1/secret/KEY", upstream.port());
    let names = Names::default().then("keeper.test", &["127.0.0.1"]).then("keeper.test", &["169.254.169.254"]);
    let backend = keeper(&upstream, &url).load(&runtime_with(&names)).unwrap();
    // The address that was checked is the one that is connected to: a second look would have found the other.
    assert!(block_on(backend.get("KEY")).unwrap().secret.expose().ends_with(b"the value"));
    assert_eq!((names.asked().len(), upstream.connections()), (1, 1));
    assert_refused(&failure(&backend, "KEY"), "metadata-address");
    assert_eq!((names.asked().len(), upstream.connections()), (2, 1));
}

#[test]
fn a_name_that_leads_nowhere_is_unavailable() {
    let upstream = server();
    for names in [Names::default(), Names::default().then("author.test", &[])] {
        let backend = authored(&upstream).load(&runtime_with(&names)).unwrap();
        assert_eq!(failure(&backend, "KEY").kind(), Kind::Unavailable);
    }
}

#[test]
fn a_proxy_of_the_environment_is_not_asked() {
    let (upstream, proxy) = (server(), server());
    let mut attack = Attack::on(&upstream).sends("GET", &format!("{}/v1/secret/KEY", upstream.address()));
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
        attack = attack.env(name, &proxy.address());
    }
    attack.get().exits(0);
    assert_eq!((upstream.connections(), proxy.connections()), (1, 0));
}

#[test]
fn a_credential_does_not_travel_in_the_clear() {
    for address in ["http://keeper.test", "http://10.0.0.1", "http://localhost", "http://93.184.215.14"] {
        let attack = Attack::with(Manifest::honest()).set("address", address).env("HOSTILE_TOKEN", "canary-credential");
        attack.sends("GET", &format!("{address}/v1/secret/KEY")).get().is_refused("credential-audience");
    }
}
