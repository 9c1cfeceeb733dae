//! Documents as trees and as types, and what is told of wrong ones.

mod formats;
mod include;
mod merge;
mod parameters;
mod typed;

use serde_json::Value as Json;

use super::*;
use crate::base::Error;

/// The document of a `text`.
fn document(name: &str, text: &str) -> Result<Document, Error> {
    Loader::new().text(name, text, None).load()
}

/// What it is in JSON.
fn json(name: &str, text: &str) -> Json {
    match document(name, text) {
        Ok(document) => document.read().unwrap(),
        Err(error) => panic!("{text}\n{:?}", told(&error)),
    }
}

/// All that is told by `error`: where, what, why and what to do.
fn told(error: &Error) -> Vec<String> {
    let one = |error: &Error| {
        let parts = [error.reason(), error.advice()];
        let parts = parts.into_iter().flatten().map(|part| format!(" | {part}"));
        error.to_string() + &parts.collect::<String>()
    };
    let others = error.others().iter().map(one);
    std::iter::once(one(error)).chain(others).collect()
}

/// Compares what is told of `result` with the lines that are `expected`.
fn assert_told<T: std::fmt::Debug>(result: Result<T, Error>, expected: &[&str], about: &str) {
    match result {
        Ok(value) => panic!("{about}\nis accepted as {value:?}"),
        Err(error) => assert_eq!(told(&error), expected, "{about}"),
    }
}
