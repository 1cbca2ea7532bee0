//! `GET {address}/secret/NAME`, and the body of the reply is the value.
//!
//! The token is nowhere in here: the runtime adds it to the requests that the manifest declares.

use secret_runtime_guest::{Error, Options, Read, Result, Secret, config, http};

struct MyBackend;

secret_runtime_guest::export!(MyBackend: Read);

impl Read for MyBackend {
    fn read(name: &str, version: Option<&str>, _: &Options) -> Result<Secret> {
        if version.is_some() {
            return Err(Error::unsupported("there are no versions"));
        }
        // The whole name becomes one segment of the path, whatever it holds.
        let url = http::Url::new(&config::require("address")?).segment("secret").segment(name);
        let response = http::Request::get(url).send()?;
        match response.status {
            200 => Ok(Secret::new(response.body)),
            404 => Err(Error::NotFound),
            _ => Err(response.error()),
        }
    }
}

#[cfg(test)]
mod tests {
    use secret_runtime_guest::{http::Response, mock::Mock};

    use super::*;

    fn read(reply: Response) -> Result<Secret> {
        let url = "https://server.example/secret/team%2FKEY";
        let _runtime = Mock::install().config("address", "https://server.example/").reply("GET", url, reply);
        MyBackend::read("team/KEY", None, &Options::default())
    }

    #[test]
    fn the_body_is_the_value_byte_for_byte() {
        assert_eq!(read(Response::new(200, b" \0\xff\n")), Ok(Secret::new(b" \0\xff\n")));
    }

    #[test]
    fn only_what_the_server_says_is_absent_is_not_found() {
        assert_eq!(read(Response::new(404, "")), Err(Error::NotFound));
        assert!(matches!(read(Response::new(403, "")), Err(Error::Denied(_))));
        assert!(matches!(read(Response::new(503, "")), Err(Error::Unavailable(_))));
    }

    #[test]
    fn a_version_is_refused_before_anything_is_sent() {
        let runtime = Mock::install();
        let outcome = MyBackend::read("KEY", Some("1"), &Options::default());
        assert!(matches!(outcome, Err(Error::Unsupported(_))) && runtime.requests().is_empty());
    }
}
