//! The program as its users meet it: what it says, how it ends, and what it
//! leaves behind.

#[path = "cli/convert.rs"]
mod convert;
#[path = "cli/definitions.rs"]
mod definitions;
#[path = "cli/descriptors.rs"]
mod descriptors;
#[path = "cli/disk.rs"]
mod disk;
#[path = "cli/disk_check.rs"]
mod disk_check;
#[path = "cli/disk_check_several.rs"]
mod disk_check_several;
#[path = "cli/disk_formats.rs"]
mod disk_formats;
#[path = "cli/disk_resize.rs"]
mod disk_resize;
#[path = "cli/disk_snapshots.rs"]
mod disk_snapshots;
#[path = "cli/edit.rs"]
mod edit;
#[path = "cli/environment.rs"]
mod environment;
#[path = "support/esx.rs"]
mod esx;
#[path = "cli/extents.rs"]
mod extents;
#[path = "cli/first_boot.rs"]
mod first_boot;
#[path = "cli/fix.rs"]
mod fix;
#[path = "cli/images.rs"]
mod images;
#[path = "cli/info.rs"]
mod info;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/init_compose.rs"]
mod init_compose;
#[path = "cli/init_vmx.rs"]
mod init_vmx;
#[path = "cli/inputs.rs"]
mod inputs;
#[path = "cli/messages.rs"]
mod messages;
#[path = "cli/outputs.rs"]
mod outputs;
#[path = "cli/request.rs"]
mod request;
#[path = "cli/rewrite.rs"]
mod rewrite;
#[path = "cli/scene.rs"]
mod scene;
#[path = "cli/sign.rs"]
mod sign;
#[cfg(unix)]
#[path = "cli/stops.rs"]
mod stops;
#[cfg(unix)]
#[path = "cli/streams.rs"]
mod streams;
#[path = "support/tar.rs"]
mod tar_file;
#[path = "cli/targets.rs"]
mod targets;
#[path = "cli/unpack.rs"]
mod unpack;
#[path = "cli/unpack_disks.rs"]
mod unpack_disks;
#[path = "cli/unpack_zip.rs"]
mod unpack_zip;
#[path = "cli/validate.rs"]
mod validate;
#[path = "support/vdi.rs"]
mod vdi_file;
#[path = "cli/verify.rs"]
mod verify;
#[path = "support/vhd.rs"]
mod vhd_file;
#[path = "cli/vhdx.rs"]
mod vhdx;
#[allow(dead_code)] // what others ask for is not asked for here
#[path = "support/vhdx.rs"]
mod vhdx_image;
#[path = "support/zip.rs"]
mod zip_file;
