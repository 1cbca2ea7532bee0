//! Whether one text of the contract can take the place of an earlier one: every component made for the earlier one still
//! fits.
//!
//! What a backend exports, the runtime calls, so it stays exactly as it was; what a backend imports, the runtime offers,
//! so there may be more of it. A type is part of everything that uses it, so none changes.

use std::collections::{BTreeMap, BTreeSet};

use wit_parser::{IndexMap, InterfaceId, Resolve, Type, TypeDefKind, TypeId, TypeOwner, WorldItem, WorldKey};

/// The world that lists everything for the host. No backend is made for it, so it may come to export more.
const OF_THE_HOST: &str = "backend-host";

/// A contract, as far as components depend on it. Words are in the notation of WIT.
#[derive(Debug, Default)]
pub(super) struct Contract {
    package: String,
    /// By interface: its functions and types by name.
    interfaces: BTreeMap<String, BTreeMap<String, String>>,
    /// By world: what it imports and what it exports.
    worlds: BTreeMap<String, [BTreeSet<String>; 2]>,
}

impl Contract {
    /// Reads the text of one.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let mut resolve = Resolve::default();
        let package = resolve.push_str("backend.wit", text).map_err(|cause| format!("it does not parse: {cause:#}"))?;
        let package = &resolve.packages[package];
        let mut contract = Self { package: package.name.to_string(), ..Self::default() };
        for (name, id) in &package.interfaces {
            contract.interfaces.insert(name.clone(), items(&resolve, *id));
        }
        for (name, id) in &package.worlds {
            let world = &resolve.worlds[*id];
            // Without the version: a later patch has another one in every name.
            let plain = |key: &WorldKey| resolve.name_world_key(key).split('@').next().unwrap_or_default().to_owned();
            let names = |items: &IndexMap<WorldKey, WorldItem>| items.keys().map(plain).collect();
            contract.worlds.insert(name.clone(), [names(&world.imports), names(&world.exports)]);
        }
        Ok(contract)
    }

    /// Says what a component made for `self` would miss in `next`, which is a later patch of it.
    pub(super) fn grows_into(&self, next: &Self) -> Result<(), String> {
        if track(&self.package) != track(&next.package) {
            return Err(format!("{} is another contract than {}", next.package, self.package));
        }
        for (interface, items) in &self.interfaces {
            let now = next.interfaces.get(interface).ok_or_else(|| format!("the interface {interface} is gone"))?;
            for (name, item) in items {
                match now.get(name) {
                    None => return Err(format!("{interface}.{name} is gone")),
                    Some(now) if now != item => return Err(format!("{interface}.{name} was {item} and is {now}")),
                    Some(_) => {}
                }
            }
            if let Some(added) = now.keys().find(|name| !items.contains_key(*name))
                && self.is_exported(interface)
            {
                return Err(format!("{interface}.{added} is new, and no earlier component exports it"));
            }
        }
        for (world, [imports, exports]) in &self.worlds {
            let [now_imports, now_exports] =
                next.worlds.get(world).ok_or_else(|| format!("the world {world} is gone"))?;
            if let Some(lost) = imports.difference(now_imports).chain(exports.difference(now_exports)).next() {
                return Err(format!("the world {world} lost {lost}"));
            }
            if let Some(asked) = now_exports.difference(exports).next()
                && world != OF_THE_HOST
            {
                return Err(format!("the world {world} asks for {asked}, which no earlier source has"));
            }
        }
        Ok(())
    }

    fn is_exported(&self, interface: &str) -> bool {
        let named = |export: &String| export.split('/').nth(1) == Some(interface);
        self.worlds.values().any(|[_, exports]| exports.iter().any(named))
    }
}

/// A package without its patch: `secret-runtime:backend@0.1`.
fn track(package: &str) -> &str {
    package.rsplit_once('.').map_or(package, |(track, _)| track)
}

/// The functions and types of an interface.
fn items(resolve: &Resolve, id: InterfaceId) -> BTreeMap<String, String> {
    let interface = &resolve.interfaces[id];
    let types = interface.types.iter().map(|(name, id)| (name.clone(), definition(resolve, *id)));
    let functions = interface.functions.iter().map(|(name, function)| {
        let parameters = function.params.iter().map(|one| format!("{}: {}", one.name, word(resolve, &one.ty)));
        let result = function.result.map(|result| format!(" -> {}", word(resolve, &result))).unwrap_or_default();
        let kind = if function.kind.is_async() { "async func" } else { "func" };
        (name.clone(), format!("{kind}({}){result}", parameters.collect::<Vec<_>>().join(", ")))
    });
    types.chain(functions).collect()
}

/// What a named type is. The types in it are named, and are compared where they are defined.
fn definition(resolve: &Resolve, id: TypeId) -> String {
    let payload = |ty: &Option<Type>| ty.map(|ty| format!("({})", word(resolve, &ty))).unwrap_or_default();
    let joined = |parts: Vec<String>| parts.join(", ");
    match &resolve.types[id].kind {
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, word(resolve, &field.ty)));
            format!("record {{ {} }}", joined(fields.collect()))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| format!("{}{}", case.name, payload(&case.ty)));
            format!("variant {{ {} }}", joined(cases.collect()))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum {{ {} }}", joined(cases.cases.iter().map(|case| case.name.clone()).collect()))
        }
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", joined(tuple.types.iter().map(|ty| word(resolve, ty)).collect()))
        }
        TypeDefKind::List(ty) => format!("list<{}>", word(resolve, ty)),
        TypeDefKind::Option(ty) => format!("option<{}>", word(resolve, ty)),
        TypeDefKind::Result(result) => format!("result{}{}", payload(&result.ok), payload(&result.err)),
        TypeDefKind::Type(ty) => word(resolve, ty),
        other => panic!("the contract has a {}, which this does not compare", other.as_str()),
    }
}

/// A type where it is used: its name and that of its interface, or what it is.
fn word(resolve: &Resolve, ty: &Type) -> String {
    let Type::Id(id) = ty else { return format!("{ty:?}").to_lowercase() };
    match (&resolve.types[*id].name, resolve.types[*id].owner) {
        (Some(name), TypeOwner::Interface(owner)) => {
            format!("{}.{name}", resolve.interfaces[owner].name.as_deref().unwrap_or_default())
        }
        _ => definition(resolve, *id),
    }
}
