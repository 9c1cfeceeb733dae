//! Points in time, for people.

use std::time::Duration;

use x509_cert::der::DateTime;

/// The time `seconds` after the beginning of 1970, in UTC: `2026-01-31T12:00:00Z`. What is
/// beyond the year 9999 stays a number.
pub fn utc(seconds: u64) -> String {
    match DateTime::from_unix_duration(Duration::from_secs(seconds)) {
        Ok(time) => time.to_string(),
        Err(_) => format!("{seconds} s after 1970"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_told_in_utc() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (1_709_210_096, "2024-02-29T12:34:56Z"),
            (u64::from(u32::MAX), "2106-02-07T06:28:15Z"),
            (u64::MAX, "18446744073709551615 s after 1970"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }
}
