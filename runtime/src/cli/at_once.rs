//! Several things at the same time, but not all of them.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// How many secrets are read at the same time, unless a command says otherwise: enough to hide an upstream's latency,
/// few enough not to be throttled.
pub(crate) const AT_ONCE: usize = 16;

/// Runs the work, `places` of it at the same time, and answers in the order it was given in.
pub(crate) async fn at_once<T: Send + 'static>(
    places: usize,
    work: impl Iterator<Item = impl Future<Output = T> + Send + 'static>,
) -> Vec<T> {
    let places = Arc::new(Semaphore::new(places));
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
