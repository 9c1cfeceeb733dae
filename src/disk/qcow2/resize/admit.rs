//! Which images get another size.

use super::super::check::Survey;
use super::super::format::limits;
use super::super::header::Header;
use super::super::snapshot;
use crate::base::storage::Storage;
use crate::base::units::exactly;
use crate::base::{Error, ErrorKind, Result};
use crate::disk::check::Severity;

/// What makes another image of one.
const CONVERT: &str = "make another image of it with `ovfkit convert`, and resize that";
const REPAIR: &str = "`ovfkit disk check --repair all IMAGE` repairs what can be repaired";

/// Refuses an image by what its header tells.
pub(in crate::disk) fn admit(storage: &dyn Storage) -> Result<()> {
    let header = Header::read(storage)?;
    let unsupported = |what: &str, why: &str, help: &str| {
        Err(Error::new(ErrorKind::Unsupported, what).why(why).help(help))
    };
    if header.encryption.is_some() {
        return unsupported(
            "an encrypted image is not resized",
            "what is in it would have to be read, and written encrypted",
            CONVERT,
        );
    }
    if header.data_file.is_some() {
        return unsupported(
            "an image with a data file is not resized",
            "two files cannot be changed at once without a crash leaving halves",
            CONVERT,
        );
    }
    if header.bitmaps.is_some_and(|bitmaps| bitmaps.count > 0) {
        return unsupported(
            "an image with bitmaps is not resized",
            "they tell of each part of the disk whether it changed, and have its size",
            "remove them with `qemu-img bitmap --remove IMAGE NAME`; the next backup is a full one then",
        );
    }
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

/// Refuses an image that was surveyed, and a `capacity` it cannot have.
pub(super) fn surveyed(storage: &dyn Storage, survey: &Survey<'_>, capacity: u64) -> Result<()> {
    if survey.report.is_corrupt() {
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
        return Err(error);
    }
    let header = &survey.header;
    if capacity == header.size {
        return Ok(());
    }
    let mut sizeless = header.version < 3 && header.snapshots.entries > 0;
    snapshot::for_each(storage, header, |found| {
        sizeless |= found.disk_size.is_none();
    })?;
    if sizeless {
        return Err(Error::new(
            ErrorKind::Unsupported,
            "an image with snapshots that do not tell their size is not resized",
        )
        .why("they are taken to have the size of the disk, and would get another one with it")
        .help(
            "`qemu-img amend -o compat=1.1 IMAGE` makes them tell; or remove them with \
             `qemu-img snapshot -d NAME IMAGE`",
        ));
    }
    let most = limits::L1_TABLE_BYTES / 8 * header.l1_reach();
    if capacity > most {
        return Err(Error::new(
            ErrorKind::LimitExceeded,
            format!("the disk can have {} at most", exactly(most)),
        )
        .why(format!(
            "with clusters of {} the first table of an image reaches no further",
            exactly(header.cluster_size())
        ))
        .help("`ovfkit convert -O qcow2 -o cluster_size=2M` makes an image that reaches further"));
    }
    Ok(())
}
