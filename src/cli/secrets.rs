//! Secrets that open what is encrypted: out of files, or asked for on the terminal.

use std::fs::File;
use std::io::{ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{interrupt, prompt, render};
use crate::base::bounded::read_up_to;
use crate::base::progress::cancelled;
use crate::base::{self, Error, Result, stdin};
use crate::disk::secret::{Secret, Secrets};

/// Bytes of a file with a secret.
const FILE_LIMIT: usize = 64 << 10;

/// Options of commands that read encrypted images.
#[derive(Debug, Args)]
pub(super) struct SecretOptions {
    /// A file with the secret of encrypted images, `-` for standard input; repeatable [default:
    /// ask on the terminal]
    #[arg(long, value_name = "FILE|-", help_heading = "Input")]
    secret_file: Vec<PathBuf>,
}

impl SecretOptions {
    /// Who knows the secrets of images.
    pub(super) fn secrets(&self) -> Result<Secrets> {
        if self.secret_file.is_empty() {
            return Ok(Secrets::asking(Box::new(ask_for_image)));
        }
        let inputs = self
            .secret_file
            .iter()
            .filter(|path| **path == Path::new("-"));
        if inputs.count() > 1 {
            return Err(Error::usage("standard input holds one secret")
                .in_option("--secret-file")
                .help("name `-` once, and files for other secrets"));
        }
        let secrets = self.secret_file.iter().map(|path| {
            let bytes = from_file(path).map_err(|error| error.in_option("--secret-file"))?;
            Ok(Secret::new(bytes))
        });
        secrets.collect::<Result<_>>().map(Secrets::given)
    }
}

/// The secret in the file at `path`, or in standard input for `-`: all of it but one newline at
/// its end.
pub(super) fn from_file(path: &Path) -> Result<Vec<u8>> {
    let read = if path == Path::new("-") {
        read_up_to(stdin::Input, FILE_LIMIT as u64)
    } else {
        let file = File::open(path).map_err(|error| Error::io("cannot open", path, error))?;
        read_up_to(file, FILE_LIMIT as u64)
    };
    let mut bytes = read.map_err(|error| Error::io("cannot read", path, error))?;
    if bytes.len() > FILE_LIMIT {
        let message = format!("a secret has at most {FILE_LIMIT} bytes; the file has more");
        let error = Error::new(base::ErrorKind::LimitExceeded, message).at(path);
        return Err(error.help("name the file that holds the secret and nothing else"));
    }
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
    Ok(bytes)
}

/// What a user answers to `prompt` on the terminal, or why there is no asking.
pub(super) fn ask(prompt: String) -> Result<Result<String, String>> {
    if !std::io::stdin().is_terminal() {
        return Ok(Err("there is no terminal to ask for it on".to_owned()));
    }
    // Ctrl-C would end the process before the terminal was restored.
    interrupt::catch(false)?;
    match prompt::hidden(prompt) {
        Ok(answer) => Ok(Ok(answer)),
        // Ctrl-C at the prompt, or another wish to stop; the terminal was restored.
        Err(error) if error.kind() == ErrorKind::Interrupted => Err(cancelled()),
        Err(error) => Ok(Err(error.to_string())),
    }
}

fn ask_for_image(image: &Path) -> Result<Option<Secret>> {
    let name = render::printable(&image.display().to_string());
    let answer = ask(format!("Secret of {name}: "))?;
    Ok(answer.ok().map(|answer| Secret::new(answer.into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_at_the_end_does_not_count() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("secret");
        for (content, secret) in [
            (&b"pw"[..], &b"pw"[..]),
            (b"pw\n", b"pw"),
            (b"pw\r\n", b"pw"),
            (b"pw\n\n", b"pw\n"),
            (b" p\nw\r", b" p\nw\r"),
            (b"\xff\0", b"\xff\0"),
            (b"\n", b""),
            (b"", b""),
        ] {
            std::fs::write(&path, content).expect("room");
            assert_eq!(from_file(&path).expect("readable"), secret);
        }
        std::fs::write(&path, vec![b'x'; FILE_LIMIT + 1]).expect("room");
        let error = from_file(&path).expect_err("too long");
        assert_eq!(error.kind(), base::ErrorKind::LimitExceeded);
    }
}
