//! What the table has to know of a backend.

use secret_runtime::{Error, Kind, Operation};
use test_support::{Reply, Seen};

use super::access::Access;
use crate::common::Component;

/// One backend, with the best server there is for it.
pub(crate) trait Subject: Sized + Send + Sync + 'static {
    /// The component's name: its folder in `guests/`, its file in `target/backends/`.
    const COMPONENT: &'static str;

    /// The operations that the component exports.
    const OPERATIONS: &'static [Operation];

    /// Those of them for which it asks its server; what it finds out by itself can't be refused there.
    const ASKS: &'static [Operation] = Self::OPERATIONS;

    /// What it can do beyond that.
    const SUPPORTS: Supports;

    /// Whether scenarios share one server. They do so under names of their own; without it, each has one to itself.
    const SHARED: bool = true;

    /// What every name begins with, and every listing, where a name by itself is none; empty elsewhere.
    const FOLDER: &'static str = "";

    /// Starts its server: fresh, empty, its own.
    fn start() -> Self;

    /// Where the server speaks plain HTTP, such as `http://127.0.0.1:40123`; none where there is no server.
    fn address(&self) -> Option<String>;

    /// Settings and credentials of somebody, for a server at `address`: a proxy's, in front of the real one (or empty,
    /// where there is no server). None where the server knows no such difference.
    fn access(&self, who: Who, address: &str) -> Option<Access>;

    /// The component itself, or a copy of it that differs in its manifest for somebody.
    fn component(who: Who) -> Component {
        let _ = who;
        Component::backend(Self::COMPONENT)
    }

    /// Whether it keeps this value. A value that it does not keep has to be refused before anything is sent.
    fn takes(value: &[u8]) -> bool;

    /// Whether it has secrets of this name. A name that it can't have is refused before anything is sent.
    fn takes_name(name: &str) -> bool;

    /// Puts a secret where the component finds it when it is loaded next, by other means than the component. Only
    /// where the component can't write.
    fn put(&self, name: &str, value: &[u8]) -> Result<(), Error> {
        let _ = (name, value);
        Err(Error::new(Kind::Unsupported, "the component can write by itself"))
    }

    /// Whether its credentials are exchanged for a token.
    const EXCHANGES: bool = false;

    /// A body that is no token, in a reply with status 200. Where one can hold text, it holds [`CANARY`].
    fn wrong_token() -> String {
        format!("{{\"{CANARY}\": \"{CANARY}\"}}")
    }

    /// Whether this request asks for a token, rather than for a secret.
    fn is_exchange(seen: &Seen) -> bool {
        let _ = seen;
        false
    }

    /// Whether this is another request of the host's own, which no component sends: one that a recipe checks with.
    fn is_verification(seen: &Seen) -> bool {
        let _ = seen;
        false
    }

    /// How the upstream puts it.
    fn says(what: Says) -> Reply {
        what.plainly()
    }

    /// Bodies that are no answer to a read, in replies with status 200. The first holds [`CANARY`].
    fn wrong_shapes() -> Vec<String> {
        let canary = format!("{{\"{CANARY}\": \"{CANARY}\"}}");
        vec![canary, CANARY.to_owned(), String::new(), "{}".to_owned(), "null".to_owned(), "7".to_owned()]
    }

    /// The same for a listing.
    fn wrong_pages() -> Vec<String> {
        Self::wrong_shapes()
    }

    /// Headers that the component sets itself, beside `Accept` and `Content-Type`.
    const HEADERS: &'static [&'static str] = &[];

    /// Requests that nobody but the vendor's own tools has any business with: for tokens, policies, other secrets.
    fn forbidden() -> Vec<Attempt> {
        Vec::new()
    }
}

/// What must never be seen.
pub(crate) const CANARY: &str = "canary-in-the-reply";

/// What a backend can do. A `false` means that it is refused as `unsupported`, and nothing changes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Supports {
    /// Every write makes a version that can be read by its own name.
    pub(crate) versions: bool,
    /// A write can be made to depend on there being no secret yet.
    pub(crate) create_only: bool,
    /// A write can be made to depend on the current version.
    pub(crate) if_version: bool,
    /// A description is kept beside a secret.
    pub(crate) description: bool,
    /// Tags are kept beside a secret.
    pub(crate) tags: bool,
    /// A secret can be given an end.
    pub(crate) expiry: bool,
    /// So many days are one of the times for which a deleted secret can be kept; none where there is no choice.
    pub(crate) days: Option<u32>,
    /// A secret can be deleted for good.
    pub(crate) permanent: bool,
}

impl Supports {
    /// Nothing of it.
    pub(crate) const NOTHING: Self = Self {
        versions: false,
        create_only: false,
        if_version: false,
        description: false,
        tags: false,
        expiry: false,
        days: None,
        permanent: false,
    };
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    /// May do everything.
    Owner,
    /// Has a credential that the server does not accept.
    Stranger,
    /// Is known to the server, and may neither read, write nor list.
    Outsider,
    /// May do everything, with tokens that we take to live for a few seconds. The server had better honour them for
    /// longer: on a busy machine 100 callers take their time.
    ShortLived,
}

/// What an upstream says when it does not do what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Says {
    /// It knows us, and says no.
    Denied,
    /// It does not accept our credentials.
    Unauthenticated,
    /// We ask too often.
    Throttled,
    /// It can't answer now.
    Unavailable,
}

impl Says {
    /// By the status alone.
    pub(crate) fn plainly(self) -> Reply {
        let status = match self {
            Self::Denied => 403,
            Self::Unauthenticated => 401,
            Self::Throttled => 429,
            Self::Unavailable => 503,
        };
        Reply::new(status, "")
    }

    /// What callers are told.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Denied => Kind::Denied,
            Self::Unauthenticated => Kind::Unauthenticated,
            Self::Throttled => Kind::RateLimited,
            Self::Unavailable => Kind::Unavailable,
        }
    }
}

/// A request that a backend turned bad would send.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    /// The method.
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Headers.
    pub(crate) headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub(crate) body: String,
}

impl Attempt {
    /// A request without headers or body.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self { method: method.into(), target: target.into(), headers: Vec::new(), body: String::new() }
    }

    /// With this header too.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// With this body.
    pub(crate) fn body(mut self, body: &str) -> Self {
        self.body = body.into();
        self
    }
}
