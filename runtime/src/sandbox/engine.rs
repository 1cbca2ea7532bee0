//! The wasmtime engine: one per runtime, with the features a backend may use and nothing more.

use std::{num::NonZeroUsize, thread, time::Duration};

use wasmtime::{
    Config, Enabled, Engine, EngineWeak, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use super::limits::{MEMORY_CEILING, TABLE_ENTRIES};
use crate::error::{Error, Kind, Result};

/// How often running guest code is interrupted: the unit in which its time is counted.
///
/// Short enough that a busy backend does not hold up other tasks, long enough to cost nothing.
pub(crate) const TICK: Duration = Duration::from_millis(10);

/// Instances at once, of all backends together. Whoever comes when there are as many waits for one to be done.
pub const PLACES: usize = 32;

/// Bytes of an instance's memory that are cleared and stay mapped, where the kernel tells which pages were touched. A
/// JavaScript engine touches 0.5 MB, a backend in Rust 25 KB. A Python interpreter touches 9 MB in more places than
/// wasmtime looks at.
const KEPT: usize = 1 << 20;
/// The same where it does not tell, so that all of them have to be cleared.
const KEPT_BLINDLY: usize = 128 << 10;

/// Frames of a trap that are kept: recursion has thousands, and the innermost tell the most.
pub(super) const FRAMES: usize = 32;

/// How instances get their memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Allocation {
    /// Reserve slots once and reuse them: fastest for a service that calls often. Falls back to on demand where the
    /// address space can't be had.
    #[default]
    Pooled,
    /// Map memory for each call: cheapest for a command that makes one call.
    OnDemand,
}

/// Builds the engine and the thread that ticks for it.
pub(crate) fn build(allocation: Allocation, backtraces: bool) -> Result<Engine> {
    let mut config = config(backtraces);
    let engine = match allocation {
        Allocation::OnDemand => Engine::new(&config),
        Allocation::Pooled => {
            let pooled = Engine::new(config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool())));
            pooled.or_else(|cause| {
                tracing::info!(%cause, "no address space for a pool of instances: allocating on demand");
                Engine::new(config.allocation_strategy(InstanceAllocationStrategy::OnDemand))
            })
        }
    }
    .map_err(|cause| Error::new(Kind::Other, format!("the WebAssembly engine does not start: {cause}")))?;
    tick(engine.weak())
        .map_err(|cause| Error::new(Kind::Other, format!("no thread to interrupt backends with: {cause}")))?;
    Ok(engine)
}

fn config(backtraces: bool) -> Config {
    let mut config = Config::new();
    config
        .cranelift_opt_level(OptLevel::Speed)
        .epoch_interruption(true)
        // Synchronous contract: async components are refused, and calls take the plain fiber path.
        .concurrency_support(false)
        // Stacks hold what the host lifted; a pooled one goes to the next call.
        .async_stack_zeroing(true)
        // Traps are reported by kind alone, so no tables for more, unless an author wants to see where.
        .wasm_backtrace_max_frames(if backtraces { NonZeroUsize::new(FRAMES) } else { None })
        .wasm_backtrace_details(if backtraces { WasmBacktraceDetails::Enable } else { WasmBacktraceDetails::Disable })
        .generate_address_map(backtraces)
        .wasm_memory64(false);
    config
}

/// Sizes for [`PLACES`] instances at once; 48 core instances per component because a Python one has 38.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(PLACES as u32)
        .total_memories(4 * PLACES as u32)
        .total_stacks(PLACES as u32)
        .total_core_instances(48 * PLACES as u32)
        .total_tables(48 * PLACES as u32)
        .max_core_instances_per_component(48)
        .max_tables_per_component(48)
        .max_memories_per_component(4)
        .max_component_instance_size(4 << 20)
        .max_memory_size(MEMORY_CEILING)
        .table_elements(TABLE_ENTRIES)
        // What a backend touches is cleared and stays mapped: taking page faults on it again costs more than the clearing.
        // Where the kernel can tell which pages those are (Linux 6.7), no others are cleared.
        .pagemap_scan(Enabled::Auto)
        .linear_memory_keep_resident(if PoolingAllocationConfig::is_pagemap_scan_available() {
            KEPT
        } else {
            KEPT_BLINDLY
        })
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(32 << 10)
        // Memory is given back at once, so that no secret waits in a batch.
        .decommit_batch_size(1);
    pool
}

/// Ticks until the engine is gone. Without it guest code could run for ever, so that it starts is checked.
fn tick(engine: EngineWeak) -> std::io::Result<()> {
    thread::Builder::new().name("epoch".into()).spawn(move || {
        while let Some(engine) = engine.upgrade() {
            engine.increment_epoch();
            drop(engine);
            thread::sleep(TICK);
        }
    })?;
    Ok(())
}
