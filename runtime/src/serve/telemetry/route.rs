//! What kind of thing a request is for, as figures and traces tell it: a word of ours, whatever a caller typed.

/// What kind of thing a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Route {
    Vault,
    Dapr,
    Secret,
    Control,
    Health,
    Metrics,
    /// There is no such thing.
    Unknown,
}

impl Route {
    /// Of a path as it came in. It need not be one that can be served.
    pub(crate) fn of(path: &str) -> Self {
        let mut segments = path.split('/').skip(1);
        match (segments.next(), segments.next(), segments.next()) {
            (Some("v1"), Some(_), _) => Self::Vault,
            (Some("v1.0"), Some("secrets"), _) => Self::Dapr,
            (Some("runtime"), Some("v1"), Some("secrets")) => Self::Secret,
            (Some("runtime"), Some("v1"), Some(_)) => Self::Control,
            (Some("healthz" | "readyz"), None, _) => Self::Health,
            (Some("metrics"), None, _) => Self::Metrics,
            _ => Self::Unknown,
        }
    }

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::Dapr => "dapr",
            Self::Secret => "secret",
            Self::Control => "control",
            Self::Health => "health",
            Self::Metrics => "metrics",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_is_known_by_how_its_path_begins() {
        for (path, route) in [
            ("/v1/secret/data/a", Route::Vault),
            ("/v1/sys/health", Route::Vault),
            ("/v1", Route::Unknown),
            ("/v1.0/secrets/prod/a", Route::Dapr),
            ("/v1.0/state", Route::Unknown),
            ("/runtime/v1/secrets/prod/a", Route::Secret),
            ("/runtime/v1/tokens", Route::Control),
            ("/runtime/v1", Route::Unknown),
            ("/healthz", Route::Health),
            ("/readyz", Route::Health),
            ("/readyz/x", Route::Unknown),
            ("/metrics", Route::Metrics),
            ("", Route::Unknown),
            ("//v1/x", Route::Unknown),
            ("/%76%31/x", Route::Unknown),
        ] {
            assert_eq!(Route::of(path), route, "{path}");
        }
    }
}
