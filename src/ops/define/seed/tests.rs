//! Definitions and what becomes of them.

use super::*;
