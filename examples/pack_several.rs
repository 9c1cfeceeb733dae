//! Packs a disk image into several OVAs at once, reading and compressing it once:
//!
//! ```sh
//! cargo run --release --example pack_several -- image.qcow2 vsphere.ova virtualbox.ova
//! ```

use std::path::PathBuf;

use ovfkit::base::digest::Algorithm;
use ovfkit::base::output::Overwrite;
use ovfkit::base::pipeline::available_threads;
use ovfkit::base::progress::Unobserved;
use ovfkit::disk::open::OpenOptions;
use ovfkit::disk::vmdk::{EncodeOptions, Level};
use ovfkit::ops::machine;
use ovfkit::ops::pack::{Output, Pack, pack};
use ovfkit::ova::archive::DEFAULT_TIME;
use ovfkit::vm::{GuestOs, Machine};
use ovfkit::{Error, Result};

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let Some(image) = arguments.next() else {
        return Err(Error::usage("name a disk image and the OVAs to make of it"));
    };
    let sources = machine::sources(vec![image], Vec::new(), &OpenOptions::default());
    let packages = arguments.map(|path| {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let machine = Machine::new(name.into_owned(), GuestOs::default());
        let output = Output::Archive(path);
        machine::package(machine, &sources, output, Some(Algorithm::Sha256))
    });
    let request = Pack {
        packages: packages.collect(),
        sources,
        overwrite: Overwrite::Allowed,
        encode: EncodeOptions {
            level: Level::Adaptive,
            pass_through: true,
        },
        threads: available_threads(),
        time: DEFAULT_TIME,
    };
    for package in pack(&request, &mut Unobserved)?.packages {
        println!("{}: {} bytes", package.output, package.size);
    }
    Ok(())
}
