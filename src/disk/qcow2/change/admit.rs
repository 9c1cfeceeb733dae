//! Which images are changed where they lie.

use super::super::check::Survey;
use super::super::header::Header;
use super::super::snapshot;
use crate::base::storage::Storage;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::Severity;

const REPAIR: &str = "`ovfkit disk check --repair all IMAGE` repairs what can be repaired";

/// Refuses an image that has its data in another file: it is not `done`, as errors say it.
pub(in crate::disk::qcow2) fn one_file(header: &Header, done: &str) -> Result<()> {
    if header.data_file.is_none() {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        format!("an image with a data file is not {done}"),
    )
    .why("two files cannot be changed at once without a crash leaving halves")
    .help(format!(
        "make another image of it with `ovfkit convert`: that can be {done}"
    )))
}

/// Refuses an image with bitmaps, which would be wrong behind the change; `what` is not done, as
/// errors say it, and `why`.
pub(in crate::disk::qcow2) fn no_bitmaps(header: &Header, what: &str, why: &str) -> Result<()> {
    if header.bitmaps.is_none_or(|bitmaps| bitmaps.count == 0) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Unsupported, what).why(why).help(
        "remove them with `qemu-img bitmap --remove IMAGE NAME`; the next backup is a full one \
         then",
    ))
}

/// Refuses an image that was not closed as it has to be.
pub(in crate::disk::qcow2) fn closed(header: &Header) -> Result<()> {
    let wrong = if header.corrupt {
        "QEMU has marked the image as corrupt"
    } else if header.dirty {
        "the image was not closed cleanly, or a machine has it open"
    } else {
        return Ok(());
    };
    Err(Error::new(ErrorKind::Invalid, wrong)
        .why("its refcounts may be wrong, and what is in use would be overwritten")
        .help(REPAIR))
}

/// Refuses an image that is damaged.
pub(in crate::disk::qcow2) fn sound(survey: &Survey<'_>) -> Result<()> {
    if !survey.report.is_corrupt() {
        return Ok(());
    }
    let corrupt = "the image is damaged";
    let mut findings = survey.report.findings.iter();
    let worst = findings.find(|finding| finding.severity == Severity::Corruption);
    let message = worst.map_or(corrupt.to_owned(), |finding| {
        format!("{corrupt}: {}", finding.message)
    });
    let mut error = Error::new(ErrorKind::Invalid, message).help(REPAIR);
    if let Some(at) = worst.and_then(|finding| finding.offset) {
        error = error.at_offset(at);
    }
    Err(error)
}

/// Refuses an image whose disk is to have another size, if that of a snapshot changed with it.
pub(in crate::disk::qcow2) fn sizes_told(storage: &dyn Storage, header: &Header) -> Result<()> {
    let mut sizeless = header.version < 3 && header.snapshots.entries > 0;
    snapshot::for_each(storage, header, |found| {
        sizeless |= found.disk_size.is_none();
    })?;
    if !sizeless {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Unsupported,
        "an image with snapshots that do not tell their size is not resized",
    )
    .why("they are taken to have the size of the disk, and would get another one with it")
    .help(
        "`qemu-img amend -o compat=1.1 IMAGE` makes them tell; or delete them with \
         `ovfkit disk snapshots IMAGE --delete NAME`",
    ))
}
