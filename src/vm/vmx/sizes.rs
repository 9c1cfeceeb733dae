//! CPUs and memory, and their shares of the host.

use super::work::Work;
use crate::base::units::MIB;
use crate::vm::definition::{Brief, Cpus, Definition, Memory, Size};

/// What VMware gives a CPU in shares of the host, from the least.
const CPU_SHARES: [u32; 3] = [500, 1000, 2000];
/// What VMware gives a MiB of memory.
const MEMORY_SHARES: [u32; 3] = [5, 10, 20];

/// Puts CPUs and memory into `definition`.
pub(super) fn take(work: &mut Work<'_>, definition: &mut Definition) {
    let count = match work.text("numvcpus") {
        Some(_) => work.number::<u32>("numvcpus"),
        // VMware does not write it then.
        None => Some(1),
    };
    let cores = work.number::<u32>("cpuid.corespersocket");
    let cores = cores.filter(|cores| *cores > 0 && count != Some(1));
    let divides = |cores: &u32| count.is_some_and(|count| count.is_multiple_of(*cores));
    let even = cores.filter(divides);
    if cores.is_some() && even.is_none() {
        work.lose("cpuid.corespersocket", "does not divide the number of CPUs");
    }
    let in_mhz = work
        .text("sched.cpu.units")
        .is_none_or(|units| units.eq_ignore_ascii_case("mhz"));
    if !in_mhz {
        work.lose(
            "sched.cpu.units",
            "reservation and limit are told in MHz alone",
        );
    }
    let reservation = work.number::<u64>("sched.cpu.min");
    let limit = limit(work, "sched.cpu.max");
    let cpus = Cpus {
        count,
        cores_per_socket: even,
        reservation: reservation.filter(|least| *least > 0 && in_mhz),
        limit: limit.filter(|_| in_mhz),
        shares: shares(
            work,
            "sched.cpu.shares",
            CPU_SHARES,
            count.map_or(0, u64::from),
        ),
        hot_add: work.truth("vcpu.hotadd").filter(|on| *on),
        hot_remove: work.truth("vcpu.hotremove").filter(|on| *on),
        ..Cpus::default()
    };
    definition.cpus = (cpus != Cpus::default()).then_some(Brief(cpus));
    let size = work.number::<u64>("memsize");
    if work.text("memsize").is_none() {
        work.remark("an amount of memory, which the file does not name");
    }
    let reservation = work.number::<u64>("sched.mem.min");
    let limit = self::limit(work, "sched.mem.max");
    let memory = Memory {
        size: size.and_then(|size| mebibytes(work, "memsize", size)),
        reservation: reservation
            .filter(|least| *least > 0)
            .and_then(|least| mebibytes(work, "sched.mem.min", least)),
        limit: limit.and_then(|most| mebibytes(work, "sched.mem.max", most)),
        shares: shares(work, "sched.mem.shares", MEMORY_SHARES, size.unwrap_or(0)),
        hot_add: work.truth("mem.hotadd").filter(|on| *on),
        ..Memory::default()
    };
    definition.memory = (memory != Memory::default()).then_some(Brief(memory));
}

/// The value of `key` in MiB.
fn mebibytes(work: &mut Work<'_>, key: &str, number: u64) -> Option<Size> {
    let size = number.checked_mul(MIB);
    if size.is_none() {
        work.lose(key, "is more than any host has");
    }
    size.map(Size)
}

/// The limit at `key`, if there is one.
fn limit(work: &mut Work<'_>, key: &str) -> Option<u64> {
    let value = work.text(key)?;
    if value == "-1" || value.eq_ignore_ascii_case("unlimited") {
        return None;
    }
    work.number(key)
}

/// The shares at `key`, where they are not the usual ones. A name stands for `levels` of each
/// of `units`.
fn shares(work: &mut Work<'_>, key: &str, levels: [u32; 3], units: u64) -> Option<u32> {
    let level = match work.text(key)?.to_ascii_lowercase().as_str() {
        "normal" => return None,
        "low" => levels[0],
        "high" => levels[2],
        _ => return work.number(key),
    };
    let shares = u64::from(level).checked_mul(units);
    let shares = shares.and_then(|shares| u32::try_from(shares).ok());
    shares.filter(|shares| *shares > 0)
}
