//! The metadata server of one of Google's machines.

use serde_json::json;

use super::{ACCOUNT, CLOUD_PLATFORM, PROJECT, State, refusal};
use crate::{Reply, Seen, target::Target};

const FLAVOR: &str = "Metadata-Flavor";

pub(super) fn answer(state: &mut State, seen: &Seen, path: &str) -> Reply {
    if seen.header(FLAVOR) != Some("Google") || seen.header("x-forwarded-for").is_some() {
        return refusal(403, "forbidden", "Missing required header \"Metadata-Flavor\".");
    }
    let text = |text: &str| Reply::new(200, text).with_header("Content-Type", "application/text");
    let below = path.strip_prefix("/computeMetadata/v1/");
    let account = below.and_then(|below| below.strip_prefix("instance/service-accounts/"));
    let reply = match (path, below, account.and_then(|account| account.split_once('/'))) {
        ("/", ..) => text("computeMetadata/\n"),
        (_, _, Some((account, word))) if ["default", ACCOUNT].contains(&account) => match word {
            "" => {
                let about = json!({ "aliases": ["default"], "email": ACCOUNT, "scopes": [CLOUD_PLATFORM] });
                Reply::json(200, &about)
            }
            "token" => state.grant(&scopes(seen)),
            _ => return refusal(404, "not_found", "There is nothing here.").with_header(FLAVOR, "Google"),
        },
        (_, Some("project/project-id"), _) => text(PROJECT),
        (_, Some("universe/universe-domain" | "universe/universe_domain"), _) => text("googleapis.com"),
        _ => refusal(404, "not_found", "There is nothing here."),
    };
    reply.with_header(FLAVOR, "Google")
}

/// The scopes that are asked for; those of the machine where there are none.
fn scopes(seen: &Seen) -> Vec<String> {
    let target = Target::of(seen);
    let asked = target.as_ref().and_then(|target| target.query("scopes")).unwrap_or(CLOUD_PLATFORM);
    asked.split(',').map(str::to_owned).collect()
}
