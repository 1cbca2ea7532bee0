//! Whether the hosts that are granted can be reached, and whether their clocks agree with ours.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use secret_runtime::{
    Error, Kind, Resolver, SystemResolver,
    egress::{self, Origin, Reached},
};
use tokio::task::JoinSet;

use super::{super::shell, report::Report};

/// How long one host may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How far a clock may be off. Signed requests and tokens are refused from minutes on; a minute's half is early enough.
const SKEW: Duration = Duration::from_secs(30);

/// Connects to each of them once.
pub(super) async fn reach(origins: Vec<Origin>, timeout: Option<Duration>, report: &mut Report) {
    let resolver: Arc<dyn Resolver> = Arc::new(SystemResolver);
    let mut asked: Vec<Origin> = Vec::new();
    for origin in origins {
        // Each place once, whatever it is called and whatever lies below it.
        let origin = Origin { name: String::new(), base: String::new(), ..origin };
        if !asked.contains(&origin) {
            asked.push(origin);
        }
    }
    let mut running = JoinSet::new();
    for (place, origin) in asked.iter().cloned().enumerate() {
        let resolver = resolver.clone();
        running.spawn(async move {
            let answer = egress::reach(&origin, &resolver, timeout.unwrap_or(PATIENCE)).await;
            (place, answer, SystemTime::now())
        });
    }
    let mut answers = running.join_all().await;
    answers.sort_by_key(|(place, ..)| *place);
    let mut clocks = Vec::new();
    for (origin, (_, answer, now)) in asked.iter().zip(answers) {
        match answer {
            Ok(reached) => {
                report.ok("network", format!("{origin} answers"));
                clocks.extend(clock(origin, &reached, now));
            }
            Err(error) => unreached(origin, &error, report),
        }
    }
    let Some((origin, skew)) = clocks.into_iter().max_by_key(|(_, skew)| skew.unsigned_abs()) else { return };
    if skew.unsigned_abs() > SKEW.as_secs() {
        let side = if skew > 0 { "ahead of" } else { "behind" };
        let what = format!("this machine is {} s {side} {origin}", skew.unsigned_abs());
        report.warn("clock", what, "set the clock: tokens and signed requests depend on it (timedatectl)");
    } else {
        report.ok("clock", format!("it agrees with {origin}"));
    }
}

/// How many seconds our clock is ahead of a host's.
fn clock(origin: &Origin, reached: &Reached, now: SystemTime) -> Option<(String, i64)> {
    let seconds = |moment: SystemTime| {
        let since = moment.duration_since(SystemTime::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    };
    Some((origin.to_string(), seconds(now)? - seconds(reached.date?)?))
}

fn unreached(origin: &Origin, error: &Error, report: &mut Report) {
    match error.kind() {
        Kind::Invalid => report.ok("network", format!("{origin} stands for many hosts, of which none is asked")),
        // It has answered: with a certificate of its own, it speaks to us.
        Kind::Unauthenticated => report.ok("network", format!("{origin} answers those who show a client certificate")),
        Kind::Refused => report.fail("network", error.to_string(), "name the host yourself, with --set or a variable"),
        Kind::Config => report.fail("network", error.to_string(), "mend the file that is named"),
        _ => {
            let url = format!("{origin}/");
            report.fail("network", error.to_string(), format!("curl -I {} tries the same", shell::word(&url)));
        }
    }
}
