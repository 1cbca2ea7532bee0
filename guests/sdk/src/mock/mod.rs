//! A runtime for unit tests: natively, it answers whatever a backend asks of the real one.
//!
//! ```
//! use secret_runtime_guest::{Error, Options, Read, Result, Secret, config, http, mock::Mock};
//!
//! struct Keeper;
//!
//! impl Read for Keeper {
//!     fn read(name: &str, _: Option<&str>, _: &Options) -> Result<Secret> {
//!         let url = http::Url::new(&config::require("address")?).segment("keys").segment(name);
//!         let response = http::Request::get(url).send()?;
//!         if response.status == 200 { Ok(Secret::new(response.body)) } else { Err(response.error()) }
//!     }
//! }
//!
//! let runtime = Mock::install()
//!     .config("address", "https://keeper.example.com")
//!     .reply("GET", "https://keeper.example.com/keys/a%2Fb", http::Response::new(200, "value"))
//!     .reply("GET", "https://keeper.example.com/keys/a%2Fb", http::Response::new(503, ""));
//!
//! assert_eq!(Keeper::read("a/b", None, &Options::default()), Ok(Secret::new("value")));
//! assert!(matches!(Keeper::read("a/b", None, &Options::default()), Err(Error::Unavailable(_))));
//! assert_eq!(runtime.requests().len(), 2);
//! ```
//!
//! It knows nothing of the manifest: whether the rules in there allow what the backend sends is seen with the component,
//! by `runtime conform`. Nor does it add credentials.

pub(crate) mod imports;
mod storage;

use std::{
    cell::RefCell,
    collections::{BTreeMap, VecDeque},
    rc::Rc,
};

use self::storage::Storage;
pub use crate::bindings::imports::secret_runtime::backend::http::Failure;
use crate::{
    Timestamp,
    http::{Request, Response},
};

/// What a backend gets for a credential that it asks for as if it were a setting.
pub const PLACEHOLDER: &str = "credential-added-by-secret-runtime";

/// 2026-01-01T00:00:00Z, where a test says nothing else.
const NEW_YEAR: Timestamp = 1_767_225_600_000;

type Upstream = Rc<dyn Fn(&Request) -> Result<Response, Failure>>;

/// What is scripted, and what was asked for.
struct State {
    config: BTreeMap<String, String>,
    replies: VecDeque<Scripted>,
    upstream: Option<Upstream>,
    storage: Storage,
    now: Timestamp,
    random: Box<dyn Iterator<Item = u8>>,
    requests: Vec<Request>,
    log: Vec<String>,
}

struct Scripted {
    method: String,
    url: String,
    reply: Result<Response, Failure>,
}

thread_local! {
    /// Tests run in threads of their own, so that each has its own mock.
    static INSTALLED: RefCell<Option<Rc<RefCell<State>>>> = const { RefCell::new(None) };
}

/// Answers the calls of this thread, from [`Mock::install`] until it is dropped.
///
/// A request that nothing is scripted for fails the test by a panic, and so does any call where no mock is installed.
#[must_use = "a mock answers until it is dropped: keep it in a variable"]
pub struct Mock {
    state: Rc<RefCell<State>>,
}

impl Mock {
    /// Begins to answer: with no settings, no storage, no replies. The time is 2026-01-01T00:00:00Z and random bytes
    /// count up from 0.
    pub fn install() -> Self {
        let state = Rc::new(RefCell::new(State {
            config: BTreeMap::new(),
            replies: VecDeque::new(),
            upstream: None,
            storage: Storage::Nothing,
            now: NEW_YEAR,
            random: Box::new((0..=u8::MAX).cycle()),
            requests: Vec::new(),
            log: Vec::new(),
        }));
        INSTALLED.set(Some(Rc::clone(&state)));
        Self { state }
    }

    /// Gives a setting its value.
    pub fn config(self, key: &str, value: &str) -> Self {
        self.with(|state| state.config.insert(key.to_owned(), value.to_owned()));
        self
    }

    /// Gives a credential its [`PLACEHOLDER`].
    pub fn credential(self, key: &str) -> Self {
        self.config(key, PLACEHOLDER)
    }

    /// Answers the next request of this method and URL, once. Further replies to the same are given in their order.
    pub fn reply(self, method: &str, url: &str, response: Response) -> Self {
        self.script(method, url, Ok(response))
    }

    /// Lets the next request of this method and URL go without a response, once.
    pub fn no_reply(self, method: &str, url: &str, failure: Failure) -> Self {
        self.script(method, url, Err(failure))
    }

    /// Answers every request that no reply is scripted for.
    pub fn upstream(self, answer: impl Fn(&Request) -> Result<Response, Failure> + 'static) -> Self {
        self.with(|state| state.upstream = Some(Rc::new(answer)));
        self
    }

    /// Grants one file, with this content or, if none, not there yet.
    pub fn file(self, content: Option<&[u8]>) -> Self {
        self.with(|state| state.storage = Storage::File { content: content.map(<[u8]>::to_vec), edition: 0 });
        self
    }

    /// Grants an environment variable. There is a file or there are variables: this takes the file away.
    pub fn variable(self, name: &str, value: &str) -> Self {
        self.with(|state| {
            let mut variables = match std::mem::take(&mut state.storage) {
                Storage::Variables(variables) => variables,
                Storage::Nothing | Storage::File { .. } => BTreeMap::new(),
            };
            variables.insert(name.to_owned(), value.to_owned());
            state.storage = Storage::Variables(variables);
        });
        self
    }

    /// Sets the clock. It stands still unless the backend sleeps, and that takes no time in the test.
    pub fn now(self, time: Timestamp) -> Self {
        self.with(|state| state.now = time);
        self
    }

    /// Sets the bytes that chance gives, again and again.
    pub fn random(self, bytes: &[u8]) -> Self {
        let bytes = bytes.to_vec();
        self.with(|state| state.random = Box::new(bytes.into_iter().cycle()));
        self
    }

    /// The requests so far.
    pub fn requests(&self) -> Vec<Request> {
        self.with(|state| state.requests.clone())
    }

    /// The lines logged so far, each with its level: `warn: …`.
    pub fn log(&self) -> Vec<String> {
        self.with(|state| state.log.clone())
    }

    /// What the granted file holds now; none if it is not there.
    pub fn stored(&self) -> Option<Vec<u8>> {
        self.with(|state| state.storage.read("").ok().flatten().map(|blob| blob.data))
    }

    fn script(self, method: &str, url: &str, reply: Result<Response, Failure>) -> Self {
        let scripted = Scripted { method: method.to_owned(), url: url.to_owned(), reply };
        self.with(|state| state.replies.push_back(scripted));
        self
    }

    fn with<T>(&self, f: impl FnOnce(&mut State) -> T) -> T {
        f(&mut self.state.borrow_mut())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // Unless another was installed since.
        INSTALLED.with_borrow_mut(|installed| {
            installed.take_if(|state| Rc::ptr_eq(state, &self.state));
        });
    }
}

/// Asks the mock of this thread.
fn with<T>(f: impl FnOnce(&mut State) -> T) -> T {
    let Some(state) = INSTALLED.with_borrow(Option::clone) else {
        fail(
            "outside a component the runtime is a mock, and this thread has none: begin the test with Mock::install()",
        );
    };
    f(&mut state.borrow_mut())
}

/// Records a request and finds the reply to it.
fn answer(request: Request) -> Result<Response, Failure> {
    let (scripted, upstream) = with(|state| {
        state.requests.push(request.clone());
        let matches = |scripted: &Scripted| scripted.method == request.method() && scripted.url == request.url();
        let index = state.replies.iter().position(matches);
        (index.and_then(|index| state.replies.remove(index)), state.upstream.clone())
    });
    match (scripted, upstream) {
        (Some(scripted), _) => scripted.reply,
        // Not while the state is borrowed: it may ask for the time.
        (None, Some(upstream)) => upstream(&request),
        (None, None) => fail(&format!("the mock has no reply to {} {}", request.method(), request.url())),
    }
}

#[allow(clippy::panic, reason = "a test fails by panicking")]
fn fail(message: &str) -> ! {
    panic!("{message}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, config, log, random, storage, time};

    fn get(url: &str) -> crate::Result<u16> {
        Request::get(url).send().map(|response| response.status)
    }

    #[test]
    fn replies_are_found_by_method_and_url_and_given_in_order() {
        let runtime = Mock::install()
            .reply("POST", "https://a.example/x", Response::new(201, ""))
            .reply("GET", "https://a.example/x", Response::new(200, ""))
            .no_reply("GET", "https://a.example/x", Failure::Timeout)
            .no_reply("GET", "https://a.example/y", Failure::Unavailable("reset".to_owned()));
        assert_eq!(get("https://a.example/y"), Err(Error::unavailable("reset")));
        assert_eq!(get("https://a.example/x"), Ok(200));
        assert_eq!(get("https://a.example/x"), Err(Error::Timeout));
        assert_eq!(Request::post("https://a.example/x").body("b").send().map(|response| response.status), Ok(201));
        let sent: Vec<_> = runtime.requests().iter().map(|request| request.method().to_owned()).collect();
        assert_eq!(sent, ["GET", "GET", "GET", "POST"]);
        assert_eq!(
            runtime.requests().last().and_then(|request| request.content().map(<[u8]>::to_vec)),
            Some(b"b".to_vec())
        );
    }

    #[test]
    fn an_upstream_answers_what_is_not_scripted_and_may_ask_for_the_time() {
        let _runtime = Mock::install()
            .now(7)
            .reply("GET", "https://a.example/x", Response::new(204, ""))
            .upstream(|request| Ok(Response::new(200, format!("{} at {}", request.url(), time::now()))));
        assert_eq!(get("https://a.example/x"), Ok(204));
        let response = Request::get("https://a.example/x").send();
        assert_eq!(response, Ok(Response::new(200, "https://a.example/x at 7")));
    }

    #[test]
    #[should_panic = "the mock has no reply to GET https://a.example/x"]
    fn a_request_that_nothing_is_scripted_for_fails_the_test() {
        let _runtime = Mock::install().reply("GET", "https://a.example/y", Response::new(200, ""));
        let _ = get("https://a.example/x");
    }

    #[test]
    #[should_panic = "begin the test with Mock::install()"]
    fn a_call_without_a_mock_fails_the_test() {
        drop(Mock::install());
        config::get("address");
    }

    #[test]
    fn settings_are_those_given_and_a_credential_is_a_placeholder() {
        let _runtime = Mock::install().config("address", "https://a.example").credential("token");
        assert_eq!(config::get("address").as_deref(), Some("https://a.example"));
        assert_eq!(config::get("token").as_deref(), Some(PLACEHOLDER));
        assert_eq!(config::get("other"), None);
    }

    #[test]
    fn a_file_is_replaced_only_by_who_has_read_it() {
        let runtime = Mock::install().file(None);
        assert_eq!(storage::read(""), Ok(None));
        assert_eq!(storage::replace("", Some(b"a"), Some("0")), Err(storage::Failure::Changed));
        assert_eq!(storage::update("", |old| Ok(Some([old.unwrap_or_default(), b"b"].concat()))), Ok(()));
        assert_eq!(storage::replace("", Some(b"a"), None), Err(storage::Failure::Changed));
        assert_eq!(storage::update("", |old| Ok(Some([old.unwrap_or_default(), b"c"].concat()))), Ok(()));
        assert_eq!(runtime.stored().as_deref(), Some(&b"bc"[..]));
        assert_eq!(storage::update("", |_| Ok(None)), Ok(()));
        assert_eq!(runtime.stored(), None);
    }

    #[test]
    fn variables_are_for_reading_and_nothing_is_granted_unless_said() {
        let _runtime = Mock::install().variable("A", "1").variable("B", "2");
        assert_eq!(storage::keys(), Ok(vec!["A".to_owned(), "B".to_owned()]));
        assert!(storage::read("B").is_ok_and(|blob| blob.is_some_and(|blob| blob.data == b"2")));
        assert!(matches!(storage::replace("A", None, Some("0")), Err(storage::Failure::Refused(_))));
        let _runtime = Mock::install();
        assert!(matches!(storage::keys(), Err(storage::Failure::Refused(_))));
    }

    #[test]
    fn time_moves_by_sleeping_alone_and_chance_repeats_itself() {
        let _runtime = Mock::install().now(1000).random(&[1, 2, 3]);
        time::sleep(500);
        assert_eq!(time::now(), 1500);
        assert_eq!(random::bytes(4), [1, 2, 3, 1]);
        let _runtime = Mock::install();
        assert_eq!(time::to_rfc3339(time::now()), "2026-01-01T00:00:00Z");
        assert_eq!(random::bytes(3), [0, 1, 2]);
    }

    #[test]
    fn lines_are_recorded_with_their_level() {
        let runtime = Mock::install();
        log::warn("odd");
        log::debug("detail");
        assert_eq!(runtime.log(), ["warn: odd", "debug: detail"]);
    }
}
