//! The reader of archives: whatever is damaged, it ends, soon, without a panic, and
//! never tells of content that is not there.

use std::io::{Cursor, Write as _};
use std::path::PathBuf;

use ovfkit::ova::feed::Stream;
use ovfkit::ova::reader::{ArchiveReader, StoredMember};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::change::{hold, other_bytes};
use crate::laws::archive as laws;
use crate::tar_file::Tar;
use crate::zip_file::Zip;

/// Made by GNU tar.
const SEEDS: [&[u8]; 4] = [
    include_bytes!("seeds/archive/v7.tar"),
    include_bytes!("seeds/archive/ustar.tar"),
    include_bytes!("seeds/archive/gnu.tar"),
    include_bytes!("seeds/archive/pax.tar"),
];

/// What is put into bytes.
const WORDS: [&[u8]; 5] = [
    &[0; 512],
    &[0xFF; 12],
    b"30 size=18446744073709551615\n",
    b"../",
    b"7",
];

/// `vm.ovf` in a tar archive in xz.
const XZ: &[u8] = &[
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x07, 0xff, 0x00, 0x59, 0x5d, 0x00, 0x3b,
    0x1b, 0x41, 0xc5, 0x82, 0x4e, 0x72, 0x91, 0x15, 0xdf, 0xd6, 0x84, 0x1d, 0x02, 0x75, 0x3a, 0x1d,
    0xd8, 0xdb, 0xa1, 0x5e, 0x31, 0x39, 0xb0, 0xf1, 0xfe, 0xee, 0x99, 0xf2, 0xb5, 0x62, 0x4b, 0x5c,
    0x16, 0x04, 0x01, 0x09, 0x3e, 0xaa, 0x42, 0x2d, 0x36, 0x75, 0x2c, 0xd1, 0x44, 0xfe, 0x7f, 0x73,
    0x83, 0xe4, 0x8d, 0x0a, 0x86, 0xa1, 0xde, 0xf0, 0x3d, 0x50, 0x2d, 0x48, 0x9d, 0x45, 0x47, 0x6d,
    0xa6, 0x44, 0xf6, 0xff, 0x37, 0x0c, 0xc9, 0xd7, 0x0c, 0x78, 0xd2, 0xe7, 0xb2, 0xf6, 0x8a, 0xdd,
    0x3b, 0xff, 0x8c, 0x28, 0x09, 0x4b, 0x0c, 0x00, 0x00, 0x00, 0x00, 0x00, 0x3a, 0x99, 0x2b, 0x3a,
    0xa1, 0x80, 0x16, 0xa1, 0x00, 0x01, 0x75, 0x80, 0x10, 0x00, 0x00, 0x00, 0xa2, 0xaf, 0x45, 0x79,
    0xb1, 0xc4, 0x67, 0xfb, 0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
];

/// All members of an archive with their content, or why not.
fn read(bytes: &[u8]) -> ovfkit::Result<Vec<(StoredMember, Vec<u8>)>> {
    let feed = Stream::new(
        Box::new(Cursor::new(bytes.to_vec())),
        PathBuf::from("x"),
        None,
    );
    let mut reader = ArchiveReader::new(Box::new(feed));
    let mut members = Vec::new();
    while let Some(member) = reader.next()? {
        let content = reader.read_whole()?;
        members.push((member, content));
    }
    assert!(reader.end().is_some(), "it ends");
    Ok(members)
}

/// An archive of everything there is: names short and long, in PAX and GNU's way.
fn sample(names: &[String], contents: &[Vec<u8>]) -> Tar {
    let mut tar = Tar::default().pax(b'g', &[("comment", "made by hand")]);
    for (number, (name, content)) in names.iter().zip(contents).enumerate() {
        tar = match number % 3 {
            0 => tar.file(&name[..name.len().min(100)], content),
            1 => tar.pax(b'x', &[("path", name)]).file("short", content),
            _ => tar
                .member(b"././@LongLink", b'L', format!("{name}\0").as_bytes())
                .file("short", content),
        };
    }
    tar
}

fn parts() -> impl Strategy<Value = (Vec<String>, Vec<Vec<u8>>)> {
    (1..6_usize).prop_flat_map(|count| {
        (
            vec("[a-z]{1,150}", count),
            vec(vec(any::<u8>(), 0..1500), count),
        )
    })
}

proptest! {
    #[test]
    fn archives_read_back((names, contents) in parts()) {
        let members = read(&sample(&names, &contents).end()).expect("good");
        prop_assert_eq!(members.len(), names.len());
        for (number, (member, content)) in members.iter().enumerate() {
            let name = &names[number];
            let stored = if number % 3 == 0 { &name[..name.len().min(100)] } else { name };
            prop_assert_eq!(&member.name, stored);
            prop_assert_eq!(content, &contents[number]);
        }
    }

    #[test]
    fn damage_is_survived(
        (names, contents) in parts(),
        hits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in proptest::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = sample(&names, &contents).end();
        for (place, value) in hits {
            let at = place.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        laws::archive(&bytes);
    }

    #[test]
    fn fields_at_random_are_survived(
        fields in vec((vec(any::<u8>(), 12), any::<u8>(), vec(any::<u8>(), 0..600)), 1..5),
    ) {
        let mut tar = Tar::default();
        for (size, flag, content) in &fields {
            let header = crate::tar_file::Header {
                name: b"x",
                flag: *flag,
                size: Some(size.as_slice().try_into().expect("twelve")),
            };
            tar = tar.raw(&header, content);
        }
        laws::archive(&tar.end());
    }

    /// The decompressors around it, too.
    #[test]
    fn damaged_wrappers_are_survived(
        (names, contents) in parts(),
        wrapper in 0..5_usize,
        hits in vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
    ) {
        let plain = sample(&names, &contents).end();
        let mut bytes = match wrapper {
            0 => {
                let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                gzip.write_all(&plain).expect("memory");
                gzip.finish().expect("memory")
            }
            1 => zstd::encode_all(plain.as_slice(), 1).expect("memory"),
            2 => Zip::default().file("x.ova", &plain).end(),
            3 => {
                let files = names.iter().zip(&contents);
                let zip = files.fold(Zip::default(), |zip, (name, content)| zip.file(name, content));
                zip.end()
            }
            _ => XZ.to_vec(),
        };
        for (place, value) in &hits {
            let at = place.index(bytes.len());
            bytes[at] = *value;
        }
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("x");
        std::fs::write(&path, &bytes).expect("write");
        if let Ok(ovfkit::ova::open::Opened::Archive(archive)) = ovfkit::ova::open::open(&path) {
            let survey = ovfkit::ova::survey::Survey::take(archive);
            prop_assert!(!hits.is_empty() || survey.is_ok());
        } else {
            prop_assert!(!hits.is_empty());
        }
    }
}

#[test]
fn archives_of_other_bytes() {
    for seed in SEEDS {
        assert!(laws::archive(seed));
    }
    let read = hold(1500, &SEEDS, laws::archive, |dice, seed| {
        let mut bytes = other_bytes(dice, seed, &WORDS);
        // Most changes break a header's sum; without that they go further.
        if dice.roll(2) == 0 {
            sum_anew(&mut bytes);
        }
        bytes
    });
    assert!(read > 150, "{read} were read");
}

/// Gives every block that may be a header the sum its bytes have.
fn sum_anew(bytes: &mut [u8]) {
    for block in bytes
        .chunks_exact_mut(512)
        .filter(|block| block[100..104] == *b"0000")
    {
        block[148..156].fill(b' ');
        let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
        block[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
}
