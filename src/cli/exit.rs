//! What the process's exit code tells.

use std::process::ExitCode;

use crate::base::ErrorKind;

/// The codes, as `--help` shows them.
pub(super) const HELP: &str = "\
Exit codes:
    0  done
    1  a defect of ovfkit itself
    2  the request makes no sense (an unknown option, a wrong value, contradicting options)
    3  an input is damaged or breaks its format's rules
    4  an input uses something ovfkit does not support
    5  an input asks for something that was not allowed (a backing file, a way out of a directory),
       is encrypted and no right secret was given, or, for `verify`, has no signature or one whose
       signer is not trusted
    6  the operating system refused (a missing file, no permission, no space left)
    7  the output exists already and --force was not given
    8  a limit of a format or of ovfkit is exceeded
    9  `validate` found errors
   10  `validate` found warnings and no errors, and --deny warnings was given
   11  `disk check` found leaks, and no corruption, for which it ends with 3
   12  `disk compare` found that the disks differ
  130  stopped by Ctrl-C, SIGTERM or SIGHUP";

/// What `validate` ends with when it found errors.
pub(super) const ERRORS_FOUND: u8 = 9;
/// What `validate` ends with when warnings are denied, and it found nothing worse.
pub(super) const WARNINGS_DENIED: u8 = 10;
/// What `disk check` ends with when it found leaks and nothing worse.
pub(super) const LEAKS_FOUND: u8 = 11;

/// What `disk compare` ends with when the disks differ.
pub(super) const DIFFERENT: u8 = 12;

/// 128 plus the number of SIGINT, as shells have it.
pub(super) const CANCELLED: u8 = 130;

/// The code for an input that is damaged.
pub(super) fn damaged() -> ExitCode {
    code(ErrorKind::Invalid)
}

/// The code for a failure of `kind`.
pub(super) fn code(kind: ErrorKind) -> ExitCode {
    ExitCode::from(match kind {
        ErrorKind::Internal => 1,
        ErrorKind::Usage => 2,
        ErrorKind::Invalid | ErrorKind::Mismatch => 3,
        ErrorKind::Unsupported => 4,
        ErrorKind::Denied => 5,
        ErrorKind::Io => 6,
        ErrorKind::Exists => 7,
        ErrorKind::LimitExceeded => 8,
        ErrorKind::Cancelled => CANCELLED,
    })
}
