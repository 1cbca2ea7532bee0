//! `/v1/MOUNT/data/NAME`: one secret.

use http::StatusCode;
use secret_runtime::Source;
use serde_json::{Value, json};

use super::envelope::Envelope;
use crate::serve::{mounts::Reach, reply::Reply, request::Asked};

/// The time that Go and its clients take for none.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

/// Reads a secret.
pub(super) async fn read(reach: Reach<'_>, name: &str, asked: &Asked) -> Result<Reply, Reply> {
    let version = asked.parameter("version").filter(|version| *version != "0");
    let answer = reach.read(name, version, []).await.map_err(|error| Reply::from(&error))?;
    let secret = &answer.secret;
    let text = secret.expose_str().unwrap_or_default();
    let data: Value = reach.mount.shape.fields.iter().map(|field| (field.clone(), Value::from(text))).collect();
    let metadata = json!({
        "created_time": NO_TIME,
        "custom_metadata": null,
        "deletion_time": "",
        "destroyed": false,
        "version": secret.version().and_then(|version| version.parse::<u64>().ok()).unwrap_or(0),
    });
    let stale = (answer.source == Source::Stale)
        .then(|| "the upstream can't be reached; this is what it said last, and older than allowed".to_owned());
    let data = json!({ "data": data, "metadata": metadata });
    Ok(Reply::json(StatusCode::OK, &Envelope::new(data).with_warning(stale)))
}
