//! What every other room stands on; nothing here knows a format.

pub mod align;
pub mod aside;
pub mod bounded;
pub mod copy;
pub mod deflate;
pub mod digest;
pub mod encoding;
pub mod error;
pub mod forward;
pub mod glob;
pub mod joined;
pub mod output;
pub mod percent;
pub mod pipeline;
pub mod placed;
pub mod pool;
pub mod position;
pub mod progress;
pub mod reserve;
pub mod room;
pub mod sequential;
pub mod shared;
pub mod shell;
pub mod slice;
pub mod stdin;
pub mod storage;
pub mod suggest;
pub mod time;
pub mod units;
pub mod writeback;

pub use error::{Error, ErrorKind, Result};
