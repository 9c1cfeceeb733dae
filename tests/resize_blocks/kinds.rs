//! What images are tried.

use std::fs::File;
use std::num::NonZeroUsize;
use std::path::Path;

use ovfkit::base::progress::Unobserved;
use ovfkit::disk::detect::Format;
use ovfkit::disk::open::{OpenOptions, open};
use ovfkit::disk::vmdk::AdapterType;
use ovfkit::disk::vmdk::hosted::{self, Subformat};
use ovfkit::disk::{vdi, vhd, vhdx};

use crate::support::MIB;
use crate::support::bench::text;
use crate::support::run::succeed;

const TWO: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1);

/// A format, and how an image of it is made.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Its name in qemu-img.
    pub(crate) qemu: &'static str,
    fixed: bool,
    make: Make,
}

#[derive(Clone, Copy)]
enum Make {
    /// By qemu-img, with these options.
    Qemu(&'static str),
    Vhdx(fn(&mut vhdx::WriteOptions)),
    Vhd(bool),
    Vdi(bool),
    Vmdk,
}

impl Kind {
    pub(crate) fn format(&self) -> Format {
        match self.qemu {
            "vhdx" => Format::Vhdx,
            "vpc" => Format::Vhd,
            "vdi" => Format::Vdi,
            _ => Format::Vmdk,
        }
    }

    /// Makes the image at `image` of the raw disk at `raw`.
    pub(crate) fn make(&self, raw: &Path, image: &Path) {
        let disk = open(raw, &OpenOptions::default())
            .expect("a raw disk")
            .source;
        let file = || File::create(image).expect("a file");
        let observer = &mut Unobserved;
        match self.make {
            Make::Qemu(options) => {
                let front = ["convert", "-f", "raw", "-O", self.qemu];
                let options: &[&str] = if options.is_empty() {
                    &[]
                } else {
                    &["-o", options]
                };
                let paths = [text(raw), text(image)];
                let all = front
                    .into_iter()
                    .chain(options.iter().copied())
                    .chain(paths);
                succeed("qemu-img", all);
            }
            Make::Vhdx(set) => {
                let mut options = vhdx::WriteOptions::new(TWO);
                set(&mut options);
                vhdx::write(&*disk, file(), &options, observer).expect("written");
            }
            Make::Vhd(fixed) => {
                let options = vhd::WriteOptions {
                    fixed,
                    ..vhd::WriteOptions::new(TWO)
                };
                vhd::write(&*disk, file(), &options, observer).expect("written");
            }
            Make::Vdi(fixed) => {
                let options = vdi::WriteOptions {
                    fixed,
                    ..vdi::WriteOptions::new(TWO)
                };
                vdi::write(&*disk, file(), &options, observer).expect("written");
            }
            Make::Vmdk => {
                let options = hosted::WriteOptions {
                    subformat: Subformat::MonolithicSparse,
                    name: "image.vmdk",
                    adapter: AdapterType::LsiLogic,
                    hardware_version: 4,
                    threads: TWO,
                };
                hosted::write(&*disk, file(), &options, observer).expect("written");
            }
        }
    }
}

pub(crate) fn dynamic() -> Vec<Kind> {
    all().into_iter().filter(|kind| !kind.fixed).collect()
}

pub(crate) fn all() -> Vec<Kind> {
    let kind = |name, qemu, fixed, make| Kind {
        name,
        qemu,
        fixed,
        make,
    };
    let small = Make::Qemu("block_size=1M");
    let large = Make::Qemu("block_size=32M");
    let fixed = Make::Qemu("subformat=fixed,block_size=2M");
    let ours = Make::Vhdx(|options| options.physical_sector_size = 512);
    let ours_fixed = Make::Vhdx(|options| {
        options.fixed = true;
        options.block_size = 4 * MIB;
    });
    vec![
        kind("VHDX by QEMU", "vhdx", false, small),
        kind("VHDX by QEMU, large blocks", "vhdx", false, large),
        kind("VHDX by QEMU, fixed", "vhdx", true, fixed),
        kind("VHDX", "vhdx", false, ours),
        kind("VHDX, fixed", "vhdx", true, ours_fixed),
        kind("VHD by QEMU, by geometry", "vpc", false, Make::Qemu("")),
        kind("VHD by QEMU", "vpc", false, Make::Qemu("force_size=on")),
        kind(
            "VHD by QEMU, fixed, by geometry",
            "vpc",
            true,
            Make::Qemu("subformat=fixed"),
        ),
        kind(
            "VHD by QEMU, fixed",
            "vpc",
            true,
            Make::Qemu("subformat=fixed,force_size=on"),
        ),
        kind("VHD", "vpc", false, Make::Vhd(false)),
        kind("VHD, fixed", "vpc", true, Make::Vhd(true)),
        kind("VDI by QEMU", "vdi", false, Make::Qemu("")),
        kind("VDI by QEMU, fixed", "vdi", true, Make::Qemu("static=on")),
        kind("VDI", "vdi", false, Make::Vdi(false)),
        kind("VDI, fixed", "vdi", true, Make::Vdi(true)),
        kind(
            "VMDK by QEMU",
            "vmdk",
            false,
            Make::Qemu("adapter_type=ide"),
        ),
        kind(
            "VMDK by QEMU, grains of zeros",
            "vmdk",
            false,
            Make::Qemu("zeroed_grain=on"),
        ),
        kind("VMDK", "vmdk", false, Make::Vmdk),
    ]
}
