//! What is read, made of it, and refused.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use base64ct::{Base64, Encoding as _};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

use crate::base::{Error, ErrorKind, Result};

use super::*;

/// The part of YAML that is JSON.
fn json(_: &Path, text: &str) -> Result<Value> {
    serde_json::from_str(text).map_err(|error| Error::new(ErrorKind::Invalid, error.to_string()))
}

struct Scene(TempDir);

impl Scene {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a directory"))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::write(&path, content).expect("written");
        path
    }

    /// What a directory with these files tells.
    fn with(files: &[(&str, &str)]) -> (Self, CloudInit) {
        let scene = Self::new();
        for (name, content) in files {
            scene.file(name, content);
        }
        let read = CloudInit::from_directory(scene.path()).expect("read");
        (scene, read)
    }
}

fn request(cloud_init: &CloudInit, mode: Mode) -> Request<'_> {
    Request {
        cloud_init: Some(cloud_init),
        ignition: None,
        machine: "Web 01",
        mode,
        reader: &json,
    }
}

fn properties(cloud_init: &CloudInit) -> Result<Properties> {
    match make(&request(cloud_init, Mode::Properties))? {
        Seed::Properties(properties) => Ok(properties),
        Seed::Image(_) => panic!("properties were asked for"),
    }
}

fn image(cloud_init: &CloudInit, time: u64) -> Result<Vec<u8>> {
    match make(&request(cloud_init, Mode::SeedImage { time }))? {
        Seed::Image(image) => Ok(image),
        Seed::Properties(_) => panic!("an image was asked for"),
    }
}

fn value<'a>(properties: &'a Properties, key: &str) -> Option<&'a str> {
    let mut with_key = properties.properties.iter().filter(|it| it.key == key);
    let found = with_key.next().map(|it| &*it.value);
    assert!(with_key.next().is_none(), "{key} is there once");
    found
}

fn decoded(properties: &Properties, key: &str) -> Vec<u8> {
    Base64::decode_vec(value(properties, key).expect(key)).expect("base64")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("compressed");
    encoder.finish().expect("compressed")
}

/// Bytes of text no compressor makes smaller than half.
fn noise(length: usize) -> String {
    let mut state = 1_u64;
    let mut noise = String::from("#!/bin/sh\n# ");
    while noise.len() < length {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        write!(noise, "{:08x}", state >> 32).expect("a string takes all");
    }
    noise.truncate(length);
    noise
}

/// Checks kind and parts of an error: what, why and what to do.
#[track_caller]
fn told(error: &Error, kind: ErrorKind, what: &str, why: &str, help: &str) {
    let text = error.to_string();
    assert_eq!(error.kind(), kind, "{text}");
    assert!(text.contains(what), "{text}");
    let reason = error.reason().unwrap_or_default();
    assert!(reason.contains(why), "{text}: {reason}");
    assert_eq!(reason.is_empty(), why.is_empty(), "{text}: {reason}");
    let advice = error.advice().unwrap_or_default();
    assert!(
        !advice.is_empty() && advice.contains(help),
        "{text}: {advice}"
    );
}

mod ignitions;
mod images;
mod inputs;
mod values;
