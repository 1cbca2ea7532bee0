//! The tables of a backend that are numbers: cache, limits, requests.

use super::units::{duration, size};
use crate::{
    egress::Caps,
    layers::CacheSettings,
    manifest::{
        ManifestError,
        fields::{Fields, Item},
    },
    sandbox::limits::Limits,
};

type Read<T> = std::result::Result<T, ManifestError>;

pub(super) fn cache(mut fields: Fields) -> Read<CacheSettings> {
    let mut cache = CacheSettings::default();
    if let Some(ttl) = fields.take("ttl") {
        cache.ttl = ttl.parse(duration)?;
    }
    if let Some(entries) = fields.take("entries") {
        cache.entries = entries.integer()?;
    }
    if let Some(bytes) = fields.take("bytes") {
        cache.bytes = bytes.parse(size)? as u64;
    }
    cache.negative_ttl = fields.take("absent-ttl").map(|item| item.parse(duration)).transpose()?;
    cache.stale = fields.take("stale").map(|item| item.parse(duration)).transpose()?;
    cache.refresh = fields.take("refresh").map(Item::flag).transpose()?;
    fields.finish()?;
    Ok(cache)
}

pub(super) fn limits(mut fields: Fields) -> Read<Limits> {
    let mut limits = Limits::default();
    if let Some(memory) = fields.take("memory") {
        limits.memory = memory.parse(size)?;
    }
    if let Some(time) = fields.take("guest-time") {
        limits.guest_time = time.parse(duration)?;
    }
    if let Some(calls) = fields.take("host-calls") {
        limits.host_calls = calls.integer()?;
    }
    if let Some(requests) = fields.take("requests") {
        limits.requests = requests.integer()?;
    }
    if let Some(value) = fields.take("value") {
        limits.value = value.parse(size)?;
    }
    if let Some(instances) = fields.take("instances") {
        limits.instances = instances.integer()?;
    }
    fields.finish()?;
    Ok(limits)
}

pub(super) fn caps(mut fields: Fields) -> Read<Caps> {
    let mut caps = Caps::default();
    if let Some(timeout) = fields.take("timeout") {
        caps.timeout = timeout.parse(duration)?;
    }
    if let Some(request) = fields.take("body") {
        caps.request = request.parse(size)?;
    }
    if let Some(reply) = fields.take("reply") {
        caps.reply = reply.parse(size)?;
    }
    fields.finish()?;
    Ok(caps)
}
