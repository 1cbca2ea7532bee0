//! The package holds the contract itself, so that it builds outside the repository; here it is kept the same.

#[test]
fn the_packages_contract_is_the_repositorys() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let own = std::fs::read(folder.join("wit/backend.wit"))?;
    let shared = std::fs::read(folder.join("../../wit/backend.wit"))?;
    assert!(own == shared, "guests/sdk/wit/backend.wit differs from wit/backend.wit: copy the one you changed");
    Ok(())
}
