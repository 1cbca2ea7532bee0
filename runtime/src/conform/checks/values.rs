//! A value comes back byte for byte.

use crate::{
    conform::{
        bench::{Bench, Put, REFUSALS},
        report::{Not, Outcome},
        stage::shown,
    },
    store::Operation,
};

/// How large the large value is.
const LARGE: usize = 1 << 20;

pub(crate) async fn all(bench: &mut Bench) {
    bench.begin("value.text");
    let outcome =
        each(bench, "text", &[|canary| canary, |canary| [canary, "ü🔑 \"\\ {}".into()].concat()], false).await;
    bench.end("text comes back byte for byte", outcome);

    bench.begin("value.newline");
    let outcome = each(
        bench,
        "newline",
        &[|canary| [canary, "\n".into()].concat(), |canary| [" \t".into(), canary, " \r\n\n".into()].concat()],
        false,
    );
    let outcome = outcome.await;
    bench.end("blanks and newlines at both ends stay", outcome);

    bench.begin("value.binary");
    let bytes = |canary: Vec<u8>| [b"\0\xff".to_vec(), canary, b"\xfe\xc3\x28\0".to_vec()].concat();
    let outcome = each(bench, "binary", &[bytes], true).await;
    bench.end("NUL and bytes that are no text come back, or are refused", outcome);

    bench.begin("value.empty");
    let outcome = each(bench, "empty", &[|_| Vec::new()], true).await;
    bench.end("an empty value comes back empty, or is refused", outcome);

    bench.begin("value.large");
    let large = |canary: Vec<u8>| canary.iter().chain(b"abcdefghij".iter().cycle()).take(LARGE).copied().collect();
    let outcome = each(bench, "large", &[large], false).await;
    bench.end("1 MiB comes back, or can't be written", outcome);
}

/// Makes a value around a canary.
type Make = fn(Vec<u8>) -> Vec<u8>;

/// Each of these values comes back as it is; where that is allowed, it may be refused instead.
async fn each(bench: &mut Bench, own: &'static str, values: &[Make], refusable: bool) -> Outcome {
    bench.needs(Operation::Read)?;
    let mut notes = Vec::new();
    for make in values {
        let (name, canary) = (bench.name(own), bench.value(own));
        let note = comes_back(bench, &name, &make(canary), refusable).await?;
        notes.extend(Some(note).filter(|note| !note.is_empty()));
    }
    notes.dedup();
    Ok(notes.join(", "))
}

async fn comes_back(bench: &mut Bench, name: &str, value: &[u8], refusable: bool) -> Outcome {
    if let Put::Refused(error) = bench.put(name, value).await? {
        return match REFUSALS.contains(&error.kind()) {
            true => Ok(format!("not written: {}", error.kind())),
            false => Not::failed(format!("when it is written: {}", shown(&error))),
        };
    }
    match bench.read(name).await.settled(bench)? {
        Ok(back) if back == value => Ok(String::new()),
        Ok(back) => Not::failed(difference(value, &back)),
        Err(error) if refusable && REFUSALS.contains(&error.kind()) => Ok(format!("refused: {}", error.kind())),
        Err(error) => Not::failed(shown(&error)),
    }
}

/// How two values differ, without a byte of either.
fn difference(wanted: &[u8], back: &[u8]) -> String {
    let same = wanted.iter().zip(back).take_while(|(one, other)| one == other).count();
    match wanted.len() == back.len() {
        true => format!("it came back changed, from byte {same} of {}", wanted.len()),
        false => format!("{} bytes came back of {}; the first {same} are the same", back.len(), wanted.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_without_the_values() {
        assert_eq!(difference(b"secret\n", b"secret"), "6 bytes came back of 7; the first 6 are the same");
        assert_eq!(difference(b"secret", b"sEcret"), "it came back changed, from byte 1 of 6");
    }
}
