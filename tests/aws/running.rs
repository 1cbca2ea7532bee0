//! Programs that get secrets from Secrets Manager.

use super::{MINISTACK, SECRETS};
use crate::common::Home;

#[test]
fn a_program_gets_the_secret_and_not_the_keys_to_it() {
    let (home, server) = (Home::new(), &*MINISTACK);
    server.create("running/db", "canary-aws-0001");
    let line = "echo $DB; env | grep -c ^AWS_SECRET_ACCESS_KEY; env | grep -c ^AWS_REGION";
    let run = server.run(&home, SECRETS, ["run", "--only", "DB=running/db", "--", "sh", "-c", line]);
    run.run().exits(0).prints("canary-aws-0001\n0\n1\n");
    let kept = ["run", "--only", "DB=running/db", "--keep", "AWS_SECRET_ACCESS_KEY", "--", "sh", "-c", line];
    server.run(&home, SECRETS, kept).run().exits(0).prints("canary-aws-0001\n1\n1\n");
}
