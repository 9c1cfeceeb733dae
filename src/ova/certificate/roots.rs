//! Whom to trust: certificates the user names, or those of the system.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::fault::Fault;
use super::x509::Certificate;
use crate::base::bounded::read_up_to;
use crate::base::{Error, Result};

/// Bytes of a bundle of roots; a system's has some 300 KiB.
const LIMIT: usize = 16 << 20;
/// Certificates of a bundle; a system's has some 150.
const MAX_CERTIFICATES: usize = 10_000;

/// The certificates of a PEM file, or of all PEM files in a directory. Those of unknown kinds
/// are passed over, as long as one is left.
pub fn read(path: &Path) -> Result<Vec<Certificate>> {
    let files = if path.is_dir() {
        files_in(path)?
    } else {
        vec![path.to_path_buf()]
    };
    let mut roots = Vec::new();
    for file in files {
        let text = text_of(&file, LIMIT)?;
        let found = Certificate::from_pem(&text, MAX_CERTIFICATES);
        roots.extend(found.map_err(|fault| Error::from(fault).at(&file))?);
    }
    let faulty = roots.iter().find_map(|root| root.as_ref().err()).cloned();
    let roots: Vec<_> = roots.into_iter().flatten().collect();
    if roots.is_empty() {
        return Err(Error::from(faulty.unwrap_or(Fault::NoCertificate)).at(path));
    }
    Ok(roots)
}

/// The roots this system trusts: those of Windows and macOS, elsewhere the usual bundles, or
/// what `SSL_CERT_FILE` and `SSL_CERT_DIR` name.
pub fn system() -> Vec<Certificate> {
    let found = rustls_native_certs::load_native_certs().certs;
    let decoded = found.iter().map(|der| Certificate::from_der(der));
    decoded.flatten().collect()
}

/// The text of a file of certificates or keys that has at most `limit` bytes.
pub fn text_of(path: &Path, limit: usize) -> Result<String> {
    let file = File::open(path).map_err(|error| Error::io("cannot open", path, error))?;
    let bytes = read_up_to(file, limit as u64);
    let bytes = bytes.map_err(|error| Error::io("cannot read", path, error))?;
    if bytes.len() > limit {
        return Err(Error::from(Fault::TooLong { limit }).at(path));
    }
    // A bundle may hold comments in any encoding; PEM itself is ASCII.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn files_in(directory: &Path) -> Result<Vec<PathBuf>> {
    let refused = |error| Error::io("cannot look into the directory", directory, error);
    let mut files = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
