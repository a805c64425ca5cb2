//! Memory that was freed goes back to the system. As it comes, the C library of Debian (glibc) keeps several hundred megabytes after an index of
//! a million items was built, in an arena of its own for each thread.

#[cfg(target_env = "gnu")]
#[expect(unsafe_code, reason = "calls of the C library with plain numbers")]
mod glibc {
    use std::ffi::c_int;

    /// Threads share so many arenas: a machine of two cores has no use for more.
    const ARENAS: c_int = 2;
    /// Allocations from this size on are pages of their own, and so much at the end of an arena may be free. The C library would raise both.
    const PAGES_FROM: c_int = 128 * 1024;

    pub fn configure() {
        let settings = [
            (libc::M_ARENA_MAX, ARENAS),
            (libc::M_MMAP_THRESHOLD, PAGES_FROM),
            (libc::M_TRIM_THRESHOLD, PAGES_FROM),
        ];
        for (setting, value) in settings {
            // It refuses only settings that it does not know.
            let _ = unsafe { libc::mallopt(setting, value) };
        }
    }

    pub fn give_back() {
        let _ = unsafe { libc::malloc_trim(0) };
    }
}

/// Keeps little of what is freed. For the daemon: the children of the jail allocate large pictures again and again.
pub fn configure() {
    #[cfg(target_env = "gnu")]
    glibc::configure();
}

/// Gives back what is free within the arenas.
pub fn give_back() {
    #[cfg(target_env = "gnu")]
    glibc::give_back();
}
