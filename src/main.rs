//! The `ovfkit` command.

fn main() {}
