//! The limits a child sets itself, before it looks at a stranger's byte.

use rustix::process::{DumpableBehavior, set_dumpable_behavior, set_parent_process_death_signal};
use rustix::process::{Pid, Resource, Rlimit, Signal, getppid, setrlimit};
use std::io;

/// Files a child may hold open: its three pipes. No file and no socket can be opened any more.
const OPEN_FILES: u64 = 3;

/// Stack, bytes: parsers recurse on nested structures; `RLIMIT_AS` counts what is used of it.
const STACK: u64 = 64 << 20;

/// Dies with the parent, from now on. Called first, while the child still waits for its job.
pub(super) fn die_with_parent() -> io::Result<()> {
    Ok(set_parent_process_death_signal(Some(Signal::KILL))?)
}

/// Whether the parent is gone: it may have died before `die_with_parent` took effect.
pub(super) fn is_orphan(parent: u32) -> bool {
    i32::try_from(parent).ok().and_then(Pid::from_raw) != getppid()
}

/// No more than `cpu` seconds and `memory` bytes; no files, no sockets, no processes, no core dump.
pub(super) fn set(cpu: u64, memory: u64) -> io::Result<()> {
    // The hard limit kills what would ignore SIGXCPU.
    limit(Resource::Cpu, cpu, cpu.saturating_add(1))?;
    limit(Resource::As, memory, memory)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Nofile, OPEN_FILES, OPEN_FILES)?;
    limit(Resource::Nproc, 0, 0)?;
    // Less stack than wished for is not worth refusing to work.
    let _ = limit(Resource::Stack, STACK, STACK);
    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// The same for the recognition engine, which reads its own data files: it may open files, not write
/// to any, and start nothing.
pub(super) fn set_engine(cpu: u64, memory: u64) -> io::Result<()> {
    limit(Resource::Cpu, cpu, cpu.saturating_add(1))?;
    limit(Resource::As, memory, memory)?;
    limit(Resource::Fsize, 0, 0)?;
    limit(Resource::Core, 0, 0)?;
    limit(Resource::Nofile, 64, 64)
}

fn limit(resource: Resource, soft: u64, hard: u64) -> io::Result<()> {
    Ok(setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) })?)
}
