//! Confinement of a child: no paths, sockets, other processes, new programs or executable memory.
//!
//! Two layers, each enough by itself to keep an exploited decoder from the machine: Landlock takes every path and port away, and a seccomp filter
//! leaves the few system calls that drawing needs. A kernel without one of them does not stop the work: the child reports what is missing, and
//! [`Confinement`] passes it on.

use anyhow::Context;
use landlock::{ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus, Scope};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule, TargetArch,
};
use serde::{Deserialize, Serialize};

/// Layers of confinement that the operator wants. A child does without one only when it is told so, or when the kernel has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layers {
    pub landlock: bool,
    pub seccomp: bool,
}

impl Layers {
    pub const ALL: Self = Self {
        landlock: true,
        seccomp: true,
    };

    /// Command line arguments of a child.
    pub fn to_arguments(self) -> impl Iterator<Item = &'static str> {
        [(self.landlock, NO_LANDLOCK), (self.seccomp, NO_SECCOMP)]
            .into_iter()
            .filter_map(|(is_wanted, argument)| (!is_wanted).then_some(argument))
    }

    pub fn from_arguments(arguments: impl Iterator<Item = String>) -> Self {
        arguments.fold(Self::ALL, |layers, argument| match argument.as_str() {
            NO_LANDLOCK => Self {
                landlock: false,
                ..layers
            },
            NO_SECCOMP => Self {
                seccomp: false,
                ..layers
            },
            _ => layers,
        })
    }
}

const NO_LANDLOCK: &str = "--without-landlock";
const NO_SECCOMP: &str = "--without-seccomp";

/// Confinement of a child that is in force.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confinement {
    /// No path, no port, no signal to another process.
    pub landlock: bool,
    /// Only the system calls that drawing needs.
    pub seccomp: bool,
    /// Reasons why a layer is missing.
    pub faults: Vec<String>,
}

impl Confinement {
    pub fn is_complete(&self) -> bool {
        self.landlock && self.seccomp
    }
}

/// Confines the calling thread, and every thread that it will start, to what it has open.
pub fn confine(layers: Layers) -> Confinement {
    let mut confinement = Confinement::default();
    match layers.landlock.then(landlock) {
        None => confinement.faults.push("Landlock is switched off".to_owned()),
        Some(Ok(())) => confinement.landlock = true,
        Some(Err(error)) => confinement.faults.push(format!("Landlock: {error:#}")),
    }
    match layers.seccomp.then(seccomp) {
        None => confinement.faults.push("seccomp is switched off".to_owned()),
        Some(Ok(())) => confinement.seccomp = true,
        Some(Err(error)) => confinement.faults.push(format!("seccomp: {error:#}")),
    }
    confinement
}

/// Allows nothing: no path, no port, no abstract socket, no signal to another process.
fn landlock() -> anyhow::Result<()> {
    let status = Ruleset::default()
        .set_compatibility(CompatLevel::BestEffort)
        .handle_access(AccessFs::from_all(ABI::V7))?
        .handle_access(AccessNet::from_all(ABI::V7))?
        .scope(Scope::from_all(ABI::V7))?
        .create()?
        .restrict_self()?;
    // An older kernel that takes the paths away but not the ports is good enough: the filter takes the sockets away.
    anyhow::ensure!(
        status.ruleset != RulesetStatus::NotEnforced,
        "the kernel does not have it, or it is not among those that are switched on (security/lsm)"
    );
    Ok(())
}

/// Installs two filters, of which the stricter answer counts. A call that no decoder makes ends the process. Any other call that drawing does not
/// need fails with EPERM, so that a newer C library that tries another way first falls back to the old one.
fn seccomp() -> anyhow::Result<()> {
    let architecture = TargetArch::try_from(std::env::consts::ARCH).context("this processor")?;
    let needed = SeccompFilter::new(
        needed()?.into_iter().collect(),
        SeccompAction::Errno(libc::EPERM as u32),
        SeccompAction::Allow,
        architecture,
    )?;
    let fatal = SeccompFilter::new(
        fatal().into_iter().map(|call| (call, Vec::new())).collect(),
        SeccompAction::Allow,
        SeccompAction::KillProcess,
        architecture,
    )?;
    // The list of what is needed comes last: installing a filter is not on it.
    for filter in [fatal, needed] {
        let program: BpfProgram = filter.try_into().context("compiling the filter")?;
        seccompiler::apply_filter(&program).context("installing the filter")?;
    }
    Ok(())
}

/// Calls that are allowed; no rule means any arguments.
fn needed() -> anyhow::Result<Vec<(i64, Vec<SeccompRule>)>> {
    const ANY: [i64; 32] = [
        // The socket, and the standard error.
        libc::SYS_read,
        libc::SYS_readv,
        libc::SYS_pread64,
        libc::SYS_write,
        libc::SYS_writev,
        libc::SYS_recvmsg,
        libc::SYS_recvfrom,
        libc::SYS_sendmsg,
        libc::SYS_sendto,
        libc::SYS_lseek,
        libc::SYS_fstat,
        libc::SYS_statx,
        libc::SYS_close,
        libc::SYS_fcntl,
        // Memory.
        libc::SYS_munmap,
        libc::SYS_mremap,
        libc::SYS_madvise,
        libc::SYS_brk,
        // Locks, time, chance.
        libc::SYS_futex,
        libc::SYS_clock_gettime,
        libc::SYS_clock_nanosleep,
        libc::SYS_sched_yield,
        libc::SYS_getrandom,
        libc::SYS_getrusage,
        libc::SYS_gettid,
        libc::SYS_getpid,
        // Signals, the overflow of the stack, the end.
        libc::SYS_rt_sigaction,
        libc::SYS_rt_sigprocmask,
        libc::SYS_rt_sigreturn,
        libc::SYS_sigaltstack,
        libc::SYS_exit,
        libc::SYS_exit_group,
    ];
    let mut calls: Vec<(i64, Vec<SeccompRule>)> = ANY.into_iter().map(|call| (call, Vec::new())).collect();
    let executable = SeccompCondition::new(
        2,
        SeccompCmpArgLen::Dword,
        SeccompCmpOp::MaskedEq(libc::PROT_EXEC as u64),
        0,
    )?;
    for call in [libc::SYS_mmap, libc::SYS_mprotect] {
        calls.push((call, vec![SeccompRule::new(vec![executable.clone()])?]));
    }
    // Its own limits, which move from file to file, and signals to itself: how an abort ends it.
    let itself = |process: u64| SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, process);
    calls.push((libc::SYS_prlimit64, vec![SeccompRule::new(vec![itself(0)?])?]));
    let own = u64::from(std::process::id());
    calls.push((libc::SYS_tgkill, vec![SeccompRule::new(vec![itself(own)?])?]));
    Ok(calls)
}

/// Calls that end the process: files, sockets, processes, programs, the kernel's own machinery.
fn fatal() -> Vec<i64> {
    let mut calls = vec![
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_linkat,
        libc::SYS_symlinkat,
        libc::SYS_unlinkat,
        libc::SYS_renameat2,
        libc::SYS_mkdirat,
        libc::SYS_mknodat,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept4,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_kill,
        libc::SYS_tkill,
        libc::SYS_pidfd_open,
        libc::SYS_pidfd_getfd,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_chroot,
        libc::SYS_pivot_root,
        libc::SYS_bpf,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_add_key,
        libc::SYS_keyctl,
        libc::SYS_request_key,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_kexec_load,
        libc::SYS_memfd_create,
        libc::SYS_setuid,
        libc::SYS_setgid,
        libc::SYS_setresuid,
        libc::SYS_setresgid,
    ];
    #[cfg(target_arch = "x86_64")]
    calls.extend([
        libc::SYS_open,
        libc::SYS_creat,
        libc::SYS_fork,
        libc::SYS_vfork,
        libc::SYS_unlink,
        libc::SYS_rename,
    ]);
    calls
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_survive_the_command_line() {
        for layers in [
            Layers::ALL,
            Layers {
                landlock: false,
                ..Layers::ALL
            },
            Layers {
                landlock: false,
                seccomp: false,
            },
        ] {
            let arguments = layers.to_arguments().map(str::to_owned);
            assert_eq!(Layers::from_arguments(arguments), layers);
        }
    }

    #[test]
    fn no_call_is_both_needed_and_fatal() {
        let needed = needed().unwrap();
        assert!(
            fatal()
                .iter()
                .all(|call| needed.iter().all(|(needed, _)| needed != call))
        );
    }
}
