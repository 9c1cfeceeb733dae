//! Who signs, as options say.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{render, secrets};
use crate::base::{Error, Result};
use crate::ops::sign::Signer;

/// Options of commands that can sign what they write.
#[derive(Debug, Args)]
pub(super) struct SigningOptions {
    /// Sign the package; otherwise a signature it has is dropped
    #[arg(long, requires = "key", requires = "cert", help_heading = "Signature")]
    sign: bool,
    /// The signer's private key in PEM
    #[arg(
        long,
        value_name = "KEY",
        requires = "sign",
        help_heading = "Signature"
    )]
    key: Option<PathBuf>,
    /// The signer's certificate in PEM
    #[arg(
        long,
        value_name = "CERT",
        requires = "sign",
        help_heading = "Signature"
    )]
    cert: Option<PathBuf>,
    /// Write the further certificates in CERT, too
    #[arg(long, requires = "sign", help_heading = "Signature")]
    with_chain: bool,
    /// A file with the key's passphrase [default: ask on the terminal]
    #[arg(
        long,
        value_name = "FILE",
        requires = "sign",
        help_heading = "Signature"
    )]
    passphrase_file: Option<PathBuf>,
}

impl SigningOptions {
    /// Who signs, if somebody does.
    pub(super) fn signer(&self) -> Result<Option<Signer>> {
        let (Some(key), Some(cert)) = (&self.key, &self.cert) else {
            return Ok(None);
        };
        let mut ask = || passphrase(self.passphrase_file.as_deref(), key);
        Signer::read(key, cert, self.with_chain, None, &mut ask).map(Some)
    }
}

/// The key's passphrase, from its file or from the terminal.
pub(super) fn passphrase(file: Option<&Path>, key: &Path) -> Result<String> {
    if let Some(path) = file {
        let bytes =
            secrets::from_file(path).map_err(|error| error.in_option("--passphrase-file"))?;
        return Ok(String::from_utf8_lossy(&bytes).into_owned());
    }
    let name = render::printable(&key.display().to_string());
    secrets::ask(format!("Passphrase of {name}: "))?.map_err(|why| {
        Error::usage("the private key is encrypted")
            .why(why)
            .help("give its passphrase with `--passphrase-file`")
    })
}
