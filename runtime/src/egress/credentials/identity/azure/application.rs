//! An application that logs in at the authority: with a secret, a certificate, or the token of a workload.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::{
    super::{
        HostHttp, Read, Token,
        endpoint::Endpoint,
        jwt::{Algorithm, Signer},
        wire,
    },
    Proofs, Settings, wrong,
};
use crate::{
    egress::{address::Reach, client::Outgoing},
    error::{Error, Kind, Result},
    manifest::{Template, json::Json},
};

/// How long an assertion is good, in seconds. It is used at once; this leaves room for a clock that is off.
const ASSERTION_LIFE: u64 = 600;
/// How an assertion is marked in a form.
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An application of a tenant.
#[derive(Debug)]
pub(super) struct Application {
    /// The tenant's token endpoint.
    token: Endpoint,
    tenant: String,
    client_id: String,
    scope: String,
    proof: Proof,
    /// The credential that is the proof.
    credential: Template,
}

/// How it proves who it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Proof {
    Secret,
    Certificate,
    Assertion,
}

impl Application {
    pub(super) fn find(source: &str, resource: &str, settings: &Settings<'_>) -> Result<Self> {
        let (proof, key) = match source {
            "client-secret" => (Proof::Secret, "secret"),
            "certificate" => (Proof::Certificate, "certificate"),
            "workload" => (Proof::Assertion, "assertion"),
            _ => return Err(wrong("the azure identity has no such source")),
        };
        let credential = settings.template(key).ok_or_else(|| wrong(format!("the azure identity needs {key}")))?;
        let tenant = settings.need("tenant")?;
        // A GUID or a domain; anything else would change the path.
        if !tenant.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.".contains(&byte)) || tenant.starts_with('.')
        {
            return Err(wrong("the tenant is neither an id nor a domain"));
        }
        let authority = settings.need("authority")?;
        let authority = if authority.contains("://") { authority } else { format!("https://{authority}") };
        let reach = Reach::typed(settings.is_typed("authority"));
        let endpoint = Endpoint::parse(&authority, reach)
            .map_err(|cause| wrong(format!("the authority can't be used: {cause}")))?;
        let base = endpoint.url.path().trim_end_matches('/').to_owned();
        Ok(Self {
            token: endpoint.at(&format!("{base}/{tenant}/oauth2/v2.0/token"), &[]),
            tenant,
            client_id: settings.need("client-id")?,
            scope: format!("{resource}/.default"),
            proof,
            credential: credential.clone(),
        })
    }

    pub(super) fn origin(&self) -> String {
        self.token.origin()
    }

    pub(super) fn shown(&self) -> String {
        format!("the application {} of the tenant {}", self.client_id, self.tenant)
    }

    pub(super) async fn mint(&self, http: &HostHttp, credentials: &Read) -> Result<Token> {
        let proof = self.credential.expand(&Proofs(credentials));
        let proof = proof.ok_or_else(|| Error::new(Kind::Config, "the credential of the azure identity is not set"))?;
        let reply = http.send(self.token.reach, self.request(&proof, wire::now())?).await?;
        wire::access_token(&reply, "Microsoft Entra")
    }

    /// The request for a token at `now`, in seconds since the epoch.
    fn request(&self, proof: &str, now: u64) -> Result<Outgoing> {
        let who = [("grant_type", "client_credentials"), ("client_id", &self.client_id), ("scope", &self.scope)];
        let signed;
        let assertion = match self.proof {
            Proof::Secret => return Ok(wire::form(&self.token.url, &[&who[..], &[("client_secret", proof)]].concat())),
            Proof::Assertion => proof,
            Proof::Certificate => {
                signed = self.signed(proof, now)?;
                signed.as_str()
            }
        };
        let proven = [("client_assertion_type", ASSERTION_TYPE), ("client_assertion", assertion)];
        Ok(wire::form(&self.token.url, &[who.as_slice(), &proven].concat()))
    }

    /// An assertion of our own, signed with the key beside the certificate.
    fn signed(&self, pem: &str, now: u64) -> Result<Zeroizing<String>> {
        let bad =
            |why: &dyn std::fmt::Display| Error::new(Kind::Config, format!("the certificate can't be used: {why}"));
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| bad(&"it is not PEM"))?;
        let thumbprint = URL_SAFE_NO_PAD.encode(Sha256::digest(&certificate));
        let mut id = [0; 16];
        getrandom::fill(&mut id).map_err(|_| Error::new(Kind::Other, "the system has no randomness"))?;
        let number = |seconds: u64| Json::Number(seconds.into());
        let claims = [
            ("aud", Json::text(self.token.url.as_str())),
            ("iss", Json::text(&self.client_id)),
            ("sub", Json::text(&self.client_id)),
            ("jti", Json::text(&URL_SAFE_NO_PAD.encode(id))),
            ("iat", number(now)),
            ("nbf", number(now)),
            ("exp", number(now + ASSERTION_LIFE)),
        ];
        let signer = Signer::from_pem(pem).map_err(|cause| bad(&cause))?;
        signer.assertion(Algorithm::Ps256, &[("x5t#S256", &thumbprint)], &claims).map_err(|cause| bad(&cause))
    }
}
