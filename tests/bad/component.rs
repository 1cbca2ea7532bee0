//! Files that are no usable component: exit 7, saying what is wrong; nothing of them runs.

use crate::common::{Attack, Component, Home, Manifest, Outcome};

/// `runtime --trust --backend FILE get KEY`, and `inspect FILE`: both have to say the same.
#[track_caller]
fn refused_everywhere(component: &Component, words: &[&str]) {
    let home = Home::new();
    let path = component.save(&home, "bad.wasm");
    let get = home.runtime(["--trust", "--backend"]).arg(&path).args(["get", "KEY"]).run();
    get.blames_the_component(words);
    home.runtime(["inspect"]).arg(&path).run().blames_the_component(words);
}
