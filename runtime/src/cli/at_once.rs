//! Work on many secrets at the same time, but not on all.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many are worked on unless the person says otherwise: enough to hide an upstream's latency, few enough not to be
/// throttled.
pub(crate) const AT_ONCE: u16 = 16;

/// Runs the work, this much of it at the same time, and answers in the order it was given in.
pub(crate) async fn at_once<T: Send + 'static>(
    places: u16,
    work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let places = Arc::new(Semaphore::new(places.into()));
    let running: Vec<_> = work
        .map(|work| {
            let places = places.clone();
            tokio::spawn(async move {
                // Nobody closes the semaphore.
                let _place = places.acquire().await;
                work.await
            })
        })
        .collect();
    let mut done = Vec::with_capacity(running.len());
    for task in running {
        match task.await {
            Ok(answer) => done.push(answer),
            Err(ended) => std::panic::resume_unwind(ended.into_panic()),
        }
    }
    done
}
