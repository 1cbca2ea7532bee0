//! From a credential file to a token: one request for who we are, one more for each account that acts for us.

use std::{collections::BTreeMap, time::Duration};

use zeroize::Zeroizing;

use super::{
    super::{
        HostHttp, Token,
        jwt::{Algorithm, Signer},
        wire,
    },
    CLOUD_PLATFORM,
    external::{self, Subject},
    file::{Account, Base, File, Impersonation, Proof},
};
use crate::{
    egress::{
        client::{Outgoing, Reply},
        credentials::source::read_file,
    },
    error::{Error, Kind, Result},
    manifest::json::Json,
};

/// How long an assertion is good, in seconds: the longest that Google accepts.
const ASSERTION_LIFE: u64 = 3600;
/// Who is asked, for messages.
const TOKENS: &str = "Google's token endpoint";
const IAM: &str = "Google's IAM credentials service";

impl File {
    /// Asks for a token for these scopes.
    pub(super) async fn mint(&self, http: &HostHttp, scopes: &[String]) -> Result<Token> {
        let wanted = scopes.join(" ");
        let scopes_of_base = if self.impersonations.is_empty() { &wanted } else { CLOUD_PLATFORM };
        let mut token = self.base.mint(http, scopes_of_base).await?;
        for (hop, account) in self.impersonations.iter().enumerate() {
            let last = hop + 1 == self.impersonations.len();
            let ours = [CLOUD_PLATFORM.to_owned()];
            let ask = account.request(&token.value, if last { scopes } else { &ours });
            token = generated(&http.send(account.endpoint.reach, ask).await?)?;
        }
        Ok(token)
    }

    /// Where it says that another provider's token is, in words for the grant.
    pub(super) fn with(&self) -> Option<String> {
        match &self.base {
            Base::External(external) => Some(match &external.subject {
                Subject::File(path, _) => format!("with the token in the file {}", path.display()),
                Subject::Url(endpoint, ..) => format!("with a token of {}", endpoint.origin()),
                Subject::Program(program) => format!("with what the program \"{}\" prints", program.line()),
            }),
            Base::Account(_) => None,
        }
    }

    /// Whether it has us run a program.
    pub(super) fn runs_program(&self) -> bool {
        matches!(&self.base, Base::External(external) if matches!(external.subject, Subject::Program(_)))
    }
}

impl Base {
    async fn mint(&self, http: &HostHttp, scopes: &str) -> Result<Token> {
        match self {
            Self::Account(account) => {
                let ask = account.request(scopes, wire::now())?;
                wire::access_token(&http.send(account.token.reach, ask).await?, TOKENS)
            }
            Self::External(external) => {
                let subject = subject(&external.subject, http).await?;
                let ask = external.exchange(&subject, scopes);
                wire::access_token(&http.send(external.token.reach, ask).await?, external::SERVICE)
            }
        }
    }
}

impl Account {
    /// The request for a token at `now`, in seconds since the epoch.
    fn request(&self, scopes: &str, now: u64) -> Result<Outgoing> {
        let url = &self.token.url;
        match &self.proof {
            Proof::Key { email, key_id, key } => {
                let bad = |cause| {
                    let reason = format!("the private_key of the Google credential file can't be used: {cause}");
                    Error::new(Kind::Config, reason).caused_by(cause)
                };
                let header: Vec<_> = key_id.iter().map(|id| ("kid", id.as_str())).collect();
                let claims = [
                    ("iss", Json::text(email)),
                    ("scope", Json::text(scopes)),
                    ("aud", Json::text(url.as_str())),
                    ("iat", Json::Number(now.into())),
                    ("exp", Json::Number((now + ASSERTION_LIFE).into())),
                ];
                let signer = Signer::from_pem(key).map_err(bad)?;
                let assertion = signer.assertion(Algorithm::Rs256, &header, &claims).map_err(bad)?;
                let grant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
                Ok(wire::form(url, &[("grant_type", grant), ("assertion", &assertion)]))
            }
            // What a person's token covers was said when they logged in.
            Proof::Login { client_id, client_secret, refresh_token, basic } => {
                let grant = [("grant_type", "refresh_token"), ("refresh_token", refresh_token.as_str())];
                if *basic {
                    return Ok(wire::with_basic(wire::form(url, &grant), client_id, client_secret));
                }
                let client = [("client_id", client_id.as_str()), ("client_secret", client_secret.as_str())];
                Ok(wire::form(url, &[client, grant].concat()))
            }
        }
    }
}

/// The token of the other provider.
async fn subject(subject: &Subject, http: &HostHttp) -> Result<Zeroizing<String>> {
    match subject {
        Subject::File(path, format) => format.token(&Zeroizing::new(read_file("google", path)?)),
        Subject::Url(endpoint, headers, format) => {
            external::answered(&http.send(endpoint.reach, external::ask(endpoint, headers)).await?, format)
        }
        Subject::Program(program) => program.token().await,
    }
}

impl Impersonation {
    /// The request for a token of this account, with a token of whom it acts for.
    fn request(&self, token: &str, scopes: &[String]) -> Outgoing {
        let texts = |texts: &[String]| Json::Array(texts.iter().map(|text| Json::text(text)).collect());
        let body = BTreeMap::from([
            ("delegates".to_owned(), texts(&self.delegates)),
            ("scope".to_owned(), texts(scopes)),
            ("lifetime".to_owned(), Json::text(&format!("{}s", self.lifetime))),
        ]);
        wire::json(&self.endpoint.url, token, &Json::Object(body))
    }
}

/// The token in the reply to it.
fn generated(reply: &Reply) -> Result<Token> {
    wire::succeeded(reply, IAM)?;
    let json = wire::body(reply, IAM)?;
    let malformed =
        |what| Error::new(Kind::Malformed, format!("the reply of {IAM} holds no {what} where one should be"));
    let token = wire::text(&json, "accessToken").ok_or_else(|| malformed("token"))?;
    let until = wire::text(&json, "expireTime").and_then(|moment| moment.parse::<jiff::Timestamp>().ok());
    let until = until.ok_or_else(|| malformed("lifetime"))?.as_second();
    let life = u64::try_from(until).unwrap_or_default().saturating_sub(wire::now());
    Ok(Token::new(Zeroizing::new(token.to_owned()), Duration::from_secs(life)))
}
