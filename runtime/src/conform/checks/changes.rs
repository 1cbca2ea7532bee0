//! Writing and deleting: what is said to be done is done, and what can't be is not.

use crate::{
    backend::Write,
    conform::{
        bench::Bench,
        report::{Not, Outcome},
        stage::shown,
    },
    error::{Error, Kind},
    store::{DeleteMode, Operation, WriteMode},
};

pub(crate) async fn all(bench: &mut Bench) {
    if bench.exports(Operation::Write) {
        bench.begin("write.read-back");
        let outcome = read_back(bench).await;
        bench.end("what is written is read, twice over", outcome);
        bench.begin("write.create-only");
        let outcome = create_only(bench).await;
        bench.end("creating a secret that is there is a conflict", outcome);
        bench.begin("write.if-version");
        let outcome = if_version(bench).await;
        bench.end("writing over another version is a conflict", outcome);
        bench.begin("write.beside");
        let outcome = beside(bench).await;
        bench.end("description and tags are kept, or refused", outcome);
    }
    if bench.exports(Operation::Delete) {
        bench.begin("delete.gone");
        let outcome = gone(bench, DeleteMode::Recoverable(None)).await;
        bench.end("what is deleted is not found", outcome);
        bench.begin("delete.again");
        let outcome = again(bench).await;
        bench.end("a deleted name is written again, or it is a conflict", outcome);
        bench.begin("delete.permanent");
        let outcome = gone(bench, DeleteMode::Permanent).await;
        bench.end("what is deleted for good is not found, or it is refused", outcome);
        bench.begin("delete.absent");
        let outcome = absent(bench).await;
        bench.end("deleting what is not there is no other failure", outcome);
    }
}

/// Only where the kit may write.
fn may_write(bench: &Bench) -> Result<(), Not> {
    bench.needs(Operation::Read)?;
    match bench.can_write() {
        true => Ok(()),
        false if !bench.exports(Operation::Write) => Not::skipped("it does not export write"),
        false => Not::skipped("give --writing, or --stand-in"),
    }
}

/// Writes a secret that was not there, through the backend even where a script could hold it.
async fn fresh(bench: &mut Bench, own: &str) -> Result<(String, Vec<u8>), Not> {
    let (name, value) = (bench.name(own), bench.value(own));
    bench.hold([]);
    match bench.write(&name, Write::new(value.clone())).await.settled(bench)? {
        Ok(()) => Ok((name, value)),
        Err(error) => Not::failed(format!("when it is written: {}", shown(&error))),
    }
}

async fn is(bench: &mut Bench, name: &str, value: &[u8]) -> Result<(), Not> {
    match bench.read(name).await.settled(bench)? {
        Ok(back) if back == value => Ok(()),
        Ok(_) => Not::failed("another value is read"),
        Err(error) => Not::failed(format!("when it is read: {}", shown(&error))),
    }
}

fn cannot(error: &Error) -> bool {
    matches!(error.kind(), Kind::Unsupported | Kind::Invalid)
}

async fn read_back(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    let (name, value) = fresh(bench, "written").await?;
    is(bench, &name, &value).await?;
    let again = bench.value("again");
    match bench.write(&name, Write::new(again.clone())).await.settled(bench)? {
        Ok(()) => is(bench, &name, &again).await?,
        Err(error) => return Not::failed(format!("when it is written again: {}", shown(&error))),
    }
    Ok(String::new())
}

async fn create_only(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    let (name, value) = fresh(bench, "created").await?;
    let other = bench.value("other");
    let create = |value: &[u8]| Bench::write_of(value, WriteMode::CreateOnly);
    match bench.write(&name, create(&other)).await.settled(bench)? {
        Ok(()) => return Not::failed("it is written over"),
        Err(error) if error.kind() == Kind::Conflict => {}
        Err(error) if cannot(&error) => {
            is(bench, &name, &value).await?;
            return Ok(error.kind().to_string());
        }
        Err(error) => return Not::failed(shown(&error)),
    }
    is(bench, &name, &value).await?;
    let new = bench.name("new");
    match bench.write(&new, create(&other)).await.settled(bench)? {
        Ok(()) => is(bench, &new, &other).await?,
        Err(error) => return Not::failed(format!("of one that is not there: {}", shown(&error))),
    }
    Ok(String::new())
}

async fn if_version(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    let (name, value) = fresh(bench, "versioned").await?;
    let other = bench.value("other");
    let over = |version: &str| Bench::write_of(&other, WriteMode::IfVersion(version.to_owned()));
    let outcome = match bench.write(&name, over("987654321")).await.settled(bench)? {
        Ok(()) => return Not::failed("it is written over"),
        Err(error) if error.kind() == Kind::Conflict => Ok(String::new()),
        Err(error) if cannot(&error) => Ok(error.kind().to_string()),
        Err(error) => return Not::failed(shown(&error)),
    };
    is(bench, &name, &value).await?;
    let Some(version) = bench.version_of(&name).await else { return outcome };
    match bench.write(&name, over(&version)).await.settled(bench)? {
        Ok(()) => is(bench, &name, &other).await?,
        Err(error) if cannot(&error) => {}
        Err(error) => return Not::failed(format!("over its own version: {}", shown(&error))),
    }
    outcome
}

async fn beside(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    let (name, value) = fresh(bench, "beside").await?;
    let mut notes = Vec::new();
    for (what, description, tags) in
        [("description", Some("made by a trial"), &[][..]), ("tags", None, &[("made-by", "trial")][..])]
    {
        let write = Write {
            description: description.map(str::to_owned),
            tags: tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect(),
            ..Write::new(value.clone())
        };
        match bench.write(&name, write).await.settled(bench)? {
            Ok(()) => is(bench, &name, &value).await?,
            Err(error) if cannot(&error) => notes.push(format!("{what}: {}", error.kind())),
            Err(error) => return Not::failed(format!("{what}: {}", shown(&error))),
        }
    }
    Ok(notes.join(", "))
}

async fn gone(bench: &mut Bench, mode: DeleteMode) -> Outcome {
    may_write(bench)?;
    let (name, _) = fresh(bench, if mode == DeleteMode::Permanent { "purged" } else { "deleted" }).await?;
    match bench.delete(&name, mode, None).await.settled(bench)? {
        Ok(()) => {}
        Err(error) if cannot(&error) => return Ok(error.kind().to_string()),
        Err(error) => return Not::failed(shown(&error)),
    }
    match bench.read(&name).await.settled(bench)? {
        Err(error) if error.kind() == Kind::NotFound => {}
        Err(error) => return Not::failed(format!("when it is read: {}", shown(&error))),
        Ok(_) => return Not::failed("it is still read"),
    }
    if bench.needs(Operation::Exists).is_ok() {
        match bench.exists(&name, None).await.settled(bench)? {
            Ok(false) => {}
            Ok(true) => return Not::failed("it still exists"),
            Err(error) => return Not::failed(format!("when it is asked for: {}", shown(&error))),
        }
    }
    Ok(String::new())
}

async fn again(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    let (name, value) = fresh(bench, "again").await?;
    match bench.delete(&name, DeleteMode::Recoverable(None), None).await.settled(bench)? {
        Ok(()) => {}
        Err(error) if cannot(&error) => return Ok(error.kind().to_string()),
        Err(error) => return Not::failed(shown(&error)),
    }
    match bench.write(&name, Write::new(value.clone())).await.settled(bench)? {
        Ok(()) => is(bench, &name, &value).await?,
        Err(error) if error.kind() == Kind::Conflict => return Ok("conflict".to_owned()),
        Err(error) => return Not::failed(format!("when it is written again: {}", shown(&error))),
    }
    Ok(String::new())
}

async fn absent(bench: &mut Bench) -> Outcome {
    may_write(bench)?;
    bench.hold([]);
    let name = bench.name("never");
    match bench.delete(&name, DeleteMode::Recoverable(None), None).await.settled(bench)? {
        Ok(()) => Ok("done".to_owned()),
        Err(error) if error.kind() == Kind::NotFound => Ok("not-found".to_owned()),
        Err(error) => Not::failed(shown(&error)),
    }
}
