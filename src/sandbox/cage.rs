//! What the kernel refuses a process that works on strangers' bytes, beside its limits: Landlock takes
//! files, TCP and signals to others away, seccomp every system call but the few that reading takes.
//! Each is in force wherever the kernel has it, and whoever is caged says which are.

use landlock::{
    ABI, Access as _, AccessFs, AccessNet, BitFlags, LandlockStatus, Ruleset, RulesetAttr as _,
    RulesetCreatedAttr as _, RulesetError, RulesetStatus, Scope, make_bitflags, path_beneath_rules,
};
use libc::{EPERM, PROT_EXEC, c_long};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// What is asked of Landlock; an older kernel gives what it has.
const LANDLOCK: ABI = ABI::V10;

/// A lock of the kernel's that the configuration may demand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protection {
    /// At least no file.
    Landlock,
    Seccomp,
}

impl Protection {
    pub const ALL: [Self; 2] = [Self::Landlock, Self::Seccomp];
}

/// What holds a process back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InForce {
    /// The version of its interface: files from 1 on, TCP from 4, signals and abstract sockets from 6.
    pub landlock: Option<u32>,
    pub seccomp: bool,
}

impl InForce {
    #[must_use]
    pub fn has(self, protection: Protection) -> bool {
        match protection {
            Protection::Landlock => self.landlock.is_some(),
            Protection::Seccomp => self.seccomp,
        }
    }

    #[must_use]
    pub fn has_all(self, wanted: &[Protection]) -> bool {
        wanted.iter().all(|protection| self.has(*protection))
    }
}

/// A cage whose last lock is still open: files are out of reach already.
pub(super) struct Cage {
    landlock: Option<u32>,
    filter: Option<BpfProgram>,
}

impl Cage {
    /// For who reads a mail: nothing but the three pipes and memory. Anything else ends it, so that
    /// the parent learns of it.
    pub fn of_child() -> Self {
        let filter = filter(&CHILD, &[(libc::SYS_mmap, NOT_RUN), (libc::SYS_mprotect, NOT_RUN)]);
        let filter = filter.and_then(|rules| program(rules, SeccompAction::KillProcess));
        Self { landlock: landlock(&[], &[]), filter }
    }

    /// For the recognition engine, which becomes `program`: its libraries and data may be read, nothing
    /// else be run. Its libraries ask different things on different systems: what is not on the list
    /// is refused and ends nobody.
    pub fn of_engine(engine: &Path) -> Self {
        let read_only = (libc::SYS_prlimit64, (2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0));
        let filter = filter(&[CHILD.as_slice(), &ENGINE].concat(), &[read_only]);
        let filter = filter.and_then(|rules| program(rules, SeccompAction::Errno(EPERM.unsigned_abs())));
        let run: Vec<&Path> = LOADERS.iter().map(Path::new).chain([engine]).collect();
        Self { landlock: landlock(&LIBRARIES_AND_DATA, &run), filter }
    }

    /// Shuts the last lock, for all threads, and says what is in force.
    pub fn close(self) -> InForce {
        let shut = |filter: &BpfProgram| seccompiler::apply_filter_all_threads(filter).is_ok();
        InForce { landlock: self.landlock, seccomp: self.filter.as_ref().is_some_and(shut) }
    }
}

/// No file but those beneath `read`, and `run`; no TCP; no signal and no abstract socket of others. The
/// version in force, `None` where the kernel has none.
fn landlock(read: &[&str], run: &[&Path]) -> Option<u32> {
    let reading: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | ReadDir});
    let running: BitFlags<AccessFs> = make_bitflags!(AccessFs::{ReadFile | Execute});
    let restrict = || -> Result<_, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()?
            .add_rules(path_beneath_rules(read, reading))?
            .add_rules(path_beneath_rules(run, running))?
            .restrict_self()
    };
    let status = restrict().ok()?;
    match status.landlock {
        LandlockStatus::Available { effective_abi, .. } if status.ruleset != RulesetStatus::NotEnforced => {
            Some(effective_abi as u32)
        }
        _ => None,
    }
}

/// An argument of a call by its place, and what it must be.
type Only = (u8, SeccompCmpArgLen, SeccompCmpOp, u64);

/// Memory that is asked for cannot be run: `PROT_EXEC` is not among the rights.
const NOT_RUN: Only =
    (2, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(PROT_EXEC.unsigned_abs() as u64), 0);

/// The calls that are let through, some only with a certain argument. `None` where this cannot be said.
fn filter(allowed: &[c_long], only: &[(c_long, Only)]) -> Option<BTreeMap<i64, Vec<SeccompRule>>> {
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = allowed.iter().map(|call| (*call, vec![])).collect();
    // ending itself (abort) and nobody else
    let own = u64::from(std::process::id());
    let abort = (libc::SYS_tgkill, (0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, own));
    for (call, (place, length, compared, value)) in only.iter().chain([&abort]) {
        let condition = SeccompCondition::new(*place, length.clone(), compared.clone(), *value).ok()?;
        rules.insert(*call, vec![SeccompRule::new(vec![condition]).ok()?]);
    }
    Some(rules)
}

fn program(rules: BTreeMap<i64, Vec<SeccompRule>>, otherwise: SeccompAction) -> Option<BpfProgram> {
    let here = std::env::consts::ARCH.try_into().ok()?;
    SeccompFilter::new(rules, otherwise, SeccompAction::Allow, here).ok()?.try_into().ok()
}

/// What reading takes: the pipes, memory, the time, chance, and coming to an end. (`mmap` and `mprotect`
/// with conditions: see `of_child`.)
const CHILD: [c_long; 26] = [
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_close,
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_futex,
    libc::SYS_clock_gettime,
    libc::SYS_gettimeofday,
    libc::SYS_getrandom,
    libc::SYS_getpid,
    libc::SYS_getppid,
    libc::SYS_gettid,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    libc::SYS_restart_syscall,
    libc::SYS_fstat,
    libc::SYS_exit,
    libc::SYS_exit_group,
];

/// What the start of a program and its libraries take besides: to be run once (nothing else can be, by
/// Landlock), libraries mapped, data read.
#[rustfmt::skip]
const ENGINE: [c_long; 30] = [
    libc::SYS_execve, libc::SYS_mmap, libc::SYS_mprotect,
    libc::SYS_openat, libc::SYS_newfstatat, libc::SYS_statx, libc::SYS_statfs, libc::SYS_fstatfs,
    libc::SYS_faccessat, libc::SYS_faccessat2, libc::SYS_readlinkat, libc::SYS_getdents64, libc::SYS_getcwd,
    libc::SYS_lseek, libc::SYS_pread64, libc::SYS_fcntl, libc::SYS_fadvise64,
    libc::SYS_set_tid_address, libc::SYS_set_robust_list, libc::SYS_rseq, libc::SYS_membarrier,
    libc::SYS_getuid, libc::SYS_geteuid, libc::SYS_getgid, libc::SYS_getegid,
    libc::SYS_uname, libc::SYS_sysinfo, libc::SYS_getrusage, libc::SYS_clock_getres, ARCH_PRCTL,
];

/// The thread pointer, on x86-64 by a call of its own; elsewhere a register.
#[cfg(target_arch = "x86_64")]
const ARCH_PRCTL: c_long = libc::SYS_arch_prctl;
#[cfg(not(target_arch = "x86_64"))]
const ARCH_PRCTL: c_long = libc::SYS_getcwd;

/// Where distributions keep the engine's libraries and data, and what its libraries ask of the
/// processors. What is not there is passed over.
const LIBRARIES_AND_DATA: [&str; 10] = [
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib",
    "/etc/ld.so.cache",
    "/usr/share/tesseract-ocr",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/sys/devices/system/cpu",
];

/// Programs that start programs with shared libraries (`PT_INTERP`).
const LOADERS: [&str; 5] = [
    "/lib64/ld-linux-x86-64.so.2",
    "/lib/ld-linux-aarch64.so.1",
    "/lib/ld-linux-riscv64-lp64d.so.1",
    "/lib/ld-musl-x86_64.so.1",
    "/lib/ld-musl-aarch64.so.1",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// What would be a way out. The ways themselves are tried in `tests/it/escape.rs`; this holds for
    /// those that no safe interface offers.
    #[rustfmt::skip]
    const WAYS_OUT: [c_long; 31] = [
        libc::SYS_ptrace, libc::SYS_process_vm_readv, libc::SYS_process_vm_writev, libc::SYS_kill,
        libc::SYS_tkill, libc::SYS_rt_sigqueueinfo, libc::SYS_pidfd_open, libc::SYS_pidfd_getfd,
        libc::SYS_socket, libc::SYS_socketpair, libc::SYS_connect, libc::SYS_bind, libc::SYS_sendto,
        libc::SYS_sendmsg, libc::SYS_clone, libc::SYS_clone3, libc::SYS_execveat, libc::SYS_setrlimit,
        libc::SYS_mount, libc::SYS_unshare, libc::SYS_setns, libc::SYS_bpf, libc::SYS_io_uring_setup,
        libc::SYS_keyctl, libc::SYS_memfd_create, libc::SYS_chroot, libc::SYS_prctl, libc::SYS_seccomp,
        libc::SYS_userfaultfd, libc::SYS_perf_event_open, libc::SYS_ioctl,
    ];

    #[test]
    fn no_way_out_is_on_a_list() {
        for way in WAYS_OUT {
            assert!(!CHILD.contains(&way) && !ENGINE.contains(&way), "{way}");
        }
        for more in ENGINE {
            assert!(!CHILD.contains(&more), "{more}: of a child less than of the engine");
        }
    }

    #[test]
    fn what_is_demanded_must_all_be_there() {
        use Protection::{Landlock, Seccomp};
        let both = InForce { landlock: Some(1), seccomp: true };
        assert!(both.has_all(&[Landlock, Seccomp]) && InForce::default().has_all(&[]));
        for one in [InForce { seccomp: false, ..both }, InForce { landlock: None, ..both }] {
            assert!(!one.has_all(&[Landlock, Seccomp]), "{one:?}");
        }
    }
}
