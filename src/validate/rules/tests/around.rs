//! Rules on what is around a descriptor: a small change of a good package breaks each.
#![allow(clippy::semicolon_if_nothing_returned)] // a table of changes, formatted as one

use std::collections::BTreeSet;

use super::{FILES, MACHINE, minding};
use crate::base::digest::Algorithm;
use crate::base::{Error, ErrorKind};
use crate::disk::kind::Kind as DiskKind;
use crate::disk::vmdk::{self, FindingKind, TablesAt};
use crate::ova::certificate::Signature;
use crate::ova::certificate::key::PrivateKey;
use crate::ova::certificate::x509::Certificate;
use crate::ova::header::{Dialect, Kind};
use crate::ova::manifest::{Entry, Manifest};
use crate::ova::name::{NameFault, SafeName};
use crate::ova::reader::{End, Ending};
use crate::ova::wrapper::Wrapper;
use crate::validate::package::{Disk, DiskContent, Form, Member, Package};
use crate::validate::{Options, Report, Rule, Target, validate};

/// A descriptor and the package around it.
pub(super) struct Made {
    pub(super) text: String,
    pub(super) package: Package,
}

const MANIFEST: usize = 6;
/// Members a good package has.
const COUNT: usize = 7;

/// A package with all that is good: the descriptor, its files, and the manifest last.
pub(super) fn good() -> Made {
    let mut package = Package::new(Form::Archive);
    package.file_name = Some("vm.ova".to_owned());
    package.end = Some(End {
        ending: Ending::Whole,
        trailing: None,
    });
    let descriptor = ("vm.ovf", MACHINE.len() as u64);
    let files = std::iter::once(descriptor).chain(FILES).take(COUNT - 1);
    for (name, size) in files {
        let mut member = file(name, size);
        let digest = Algorithm::Sha256.digest(name.as_bytes());
        member.digests.insert(Algorithm::Sha256, digest);
        package.members.push(member);
    }
    package.members[1].disk = Some(stream(20 << 30));
    package.members[2].disk = Some(stream(10 << 30));
    let mut made = Made {
        text: MACHINE.to_owned(),
        package,
    };
    made.list(|_| {});
    made
}

pub(super) fn file(name: &str, size: u64) -> Member {
    Member::beside(SafeName::new(name.as_bytes()).expect("safe"), size)
}

/// A stream of `capacity` that nothing is wrong with.
fn stream(capacity: u64) -> Disk {
    let mut disk = Disk::new(DiskKind::Vmdk);
    disk.capacity = Some(capacity);
    disk.vmdk = Some(vmdk::Summary {
        version: 3,
        create_type: Some("streamOptimized".to_owned()),
        capacity,
        grain_size: 65536,
        compressed: true,
        tables: TablesAt::Front,
        cid: None,
        parent_cid: None,
        adapter_type: None,
        ddb: Vec::new(),
    });
    disk.content = Some(DiskContent::Stream(vmdk::Report {
        capacity,
        populated: 4 << 20,
        ..vmdk::Report::default()
    }));
    disk
}

impl Made {
    fn member(&mut self, number: usize) -> &mut Member {
        &mut self.package.members[number]
    }

    fn disk(&mut self) -> &mut Disk {
        self.member(1).disk.as_mut().expect("a disk")
    }

    /// Writes the manifest anew, as `change` would have it.
    fn list(&mut self, change: impl Fn(&mut Vec<Entry>)) {
        let described = self.package.members.iter().take(COUNT - 1);
        let mut entries: Vec<_> = described
            .map(|member| Entry {
                algorithm: Algorithm::Sha256,
                name: member.stored.name.clone(),
                digest: Algorithm::Sha256.digest(member.stored.name.as_bytes()),
            })
            .collect();
        change(&mut entries);
        self.write_manifest(&Manifest { entries }.to_text());
    }

    fn write_manifest(&mut self, text: &str) {
        self.package.members.truncate(COUNT - 1);
        let mut member = file("vm.mf", text.len() as u64);
        member.content = Some(text.into());
        self.package.members.push(member);
    }

    fn manifest(&self) -> String {
        let content = self.package.members[MANIFEST].content.clone();
        String::from_utf8(content.expect("kept")).expect("text")
    }

    /// Changes the text of the manifest.
    fn rewrite(&mut self, from: &str, to: &str) {
        let text = self.manifest();
        assert!(text.contains(from), "no {from:?} to change");
        self.write_manifest(&text.replacen(from, to, 1));
    }

    /// Adds a certificate, by the signer whose certificate is `pem`.
    fn sign(&mut self, pem: &str) {
        let text = signed(&self.manifest(), "vm.mf", Algorithm::Sha256, pem);
        self.certify(&text);
    }

    fn certify(&mut self, text: &str) {
        let mut member = file("vm.cert", text.len() as u64);
        member.content = Some(text.into());
        self.package.members.push(member);
    }

    fn find(&mut self, kind: FindingKind) {
        let finding = vmdk::Finding {
            kind,
            offset: 65536,
            sector: None,
            message: "wrong".to_owned(),
        };
        let mut report = vmdk::Report::default();
        report.findings.push(finding);
        self.disk().content = Some(DiskContent::Stream(report));
    }

    fn replace(&mut self, from: &str, to: &str) {
        assert!(self.text.contains(from), "no {from:?} to change");
        self.text = self.text.replace(from, to);
    }

    pub(super) fn judged(&self) -> Report {
        self.judged_for(&[])
    }

    /// What the rules, and those of the `targets`, find.
    pub(super) fn judged_for(&self, targets: &[Target]) -> Report {
        let members = &self.package.members;
        let beside = |name: &str| {
            let found = members.iter().find(|member| member.stored.name == name);
            found.map(|member| member.stored.size)
        };
        let options = Options {
            strict: true,
            beside: Some(&beside),
            package: Some(&self.package),
            targets,
        };
        validate(self.text.as_bytes(), &options).expect("within the limits")
    }

    fn breaks(&self, id: &str) -> bool {
        let findings = self.judged_for(&minding(id)).findings;
        findings.iter().any(|finding| finding.rule == id)
    }
}

const KEY: &str = include_str!("signers/key.pem");
const ITSELF: &str = include_str!("signers/itself.pem");
const ISSUED: &str = include_str!("signers/issued.pem");
const OLD: &str = include_str!("signers/old.pem");

/// The text of a certificate over `manifest`.
fn signed(manifest: &str, name: &str, algorithm: Algorithm, pem: &str) -> String {
    let key = PrivateKey::from_pem(KEY, &mut || panic!("not encrypted")).expect("a key");
    let signer = Certificate::from_pem(pem, 1).expect("PEM").remove(0);
    let signer = signer.expect("a certificate");
    let signature = Signature::sign(name, manifest.as_bytes(), algorithm, &key, &[signer]);
    signature.expect("the key's own").to_text()
}

/// A rule and what breaks it.
type Case = (&'static str, fn(&mut Made));

/// What breaks each rule.
const CASES: &[Case] = &[
    ("INT-ESX-09", |made| {
        *made.disk() = Disk::new(DiskKind::Qcow2);
    }),
    ("INT-AWS-01", |made| {
        let vmdk = made.disk().vmdk.as_mut().expect("a summary");
        vmdk.create_type = Some("monolithicSparse".to_owned());
    }),
    ("INT-VBX-10", |made| {
        made.rewrite("SHA256(disk2", "sha256(disk2")
    }),
    ("INT-V2V-05", |made| made.rewrite(")= ", ") = ")),
    ("INT-XEN-03", |made| {
        made.package.members.push(file("stray", 1))
    }),
    ("INT-VCD-06", |made| {
        made.write_manifest(&"\n".repeat((1 << 20) + 1))
    }),
    ("PKG-001", |made| {
        made.member(0).stored.name = "vm.xml".to_owned();
    }),
    ("PKG-002", |made| {
        made.package.members.push(file("other.mf", 1))
    }),
    ("PKG-003", |made| {
        let member = made.member(MANIFEST);
        member.stored = file("other.mf", 1).stored;
    }),
    ("PKG-004", |made| {
        made.package.members.truncate(MANIFEST);
        made.certify("");
    }),
    ("PKG-005", |made| made.package.wrapper = Some(Wrapper::Gzip)),
    ("PKG-005a", |made| {
        made.package.file_name = Some("vm.tar".to_owned())
    }),
    ("PKG-006", |made| {
        made.member(3).stored.dialect = Dialect::Pax
    }),
    ("PKG-006a", |made| {
        made.member(3).stored.dialect = Dialect::Gnu
    }),
    ("PKG-007", |made| made.package.members.swap(0, 1)),
    ("PKG-008", |made| made.package.members.swap(4, MANIFEST)),
    ("PKG-009", |made| made.package.members.swap(1, 2)),
    ("PKG-010", |made| {
        made.replace("<DiskSection>", "<Strings ovf:fileRef='f5'/><DiskSection>");
    }),
    ("PKG-012", |made| {
        made.package.members.push(file("stray", 1))
    }),
    ("PKG-013a", |made| {
        made.member(3).stored.kind = Kind::Directory
    }),
    ("PKG-014b", |made| {
        made.member(3).stored.path = Err(NameFault::Upward)
    }),
    ("PKG-015", |made| {
        made.member(3).stored.kind = Kind::SymbolicLink
    }),
    ("PKG-016a", |made| {
        made.package.members.push(file("disk1.vmdk", 1))
    }),
    ("PKG-016b", |made| {
        made.package.members.push(file("DISK1.vmdk", 1))
    }),
    ("PKG-018", |made| made.member(3).stored.size = 1 << 33),
    ("PKG-019", |made| {
        made.package.damage = Some(Error::new(ErrorKind::Invalid, "cut"));
    }),
    ("PKG-019a", |made| {
        made.package.end = Some(End {
            ending: Ending::Missing,
            trailing: None,
        });
    }),
    ("PKG-021", |made| {
        made.package.members.push(file("._vm.ovf", 1))
    }),
    ("PKG-026", |made| {
        made.member(0).stored.name = "vm.OVF".to_owned()
    }),
    ("PKG-027", |made| made.member(0).stored.size = 11 << 20),
    ("PKG-101", |made| made.rewrite("SHA256", "MD5")),
    ("PKG-101a", |made| made.rewrite("SHA256(", "SHA256 (")),
    ("PKG-103", |made| {
        made.text = super::SECOND.to_owned();
        made.list(|entries| entries[0] = sha1("vm.ovf"));
    }),
    ("PKG-104", |made| {
        made.list(|entries| {
            entries[0].algorithm = Algorithm::Sha512;
            entries[0].digest = Algorithm::Sha512.digest(b"");
        });
    }),
    ("PKG-105", |made| {
        made.list(|entries| drop(entries.remove(1)))
    }),
    ("PKG-106", |made| {
        made.list(|entries| entries[1].name = "gone".to_owned())
    }),
    ("PKG-106a", |made| {
        made.replace(
            "<File ovf:id=\"f3\" ovf:href=\"tools.iso\" ovf:size=\"4096\"/>",
            "",
        );
    }),
    ("PKG-107", |made| {
        made.list(|entries| drop(entries.remove(0)))
    }),
    ("PKG-108", |made| {
        made.list(|entries| entries[1].name = "vm.mf".to_owned())
    }),
    ("PKG-109", |made| {
        made.list(|entries| entries[1] = entries[2].clone())
    }),
    ("PKG-110", |made| made.rewrite("SHA256", "SHA1")),
    ("PKG-111", |made| {
        made.list(|entries| entries[1].digest = Algorithm::Sha256.digest(b"other"));
    }),
    ("PKG-112", |made| {
        made.rewrite("(disk1.vmdk)", "(Disk1.vmdk)")
    }),
    ("PKG-113", |made| {
        made.list(|entries| entries[1] = sha1("disk1.vmdk"))
    }),
    ("PKG-116", |made| {
        made.list(|entries| entries[1].name = "disk(1).vmdk".to_owned())
    }),
    ("PKG-117", |made| made.rewrite("\n", "\r\n")),
    ("PKG-118", |made| {
        made.list(|entries| entries[1] = sha1("disk1.vmdk"))
    }),
    ("PKG-201", |made| made.certify("SHA256(vm.mf)= none\n")),
    ("PKG-202", |made| {
        let text = signed(&made.manifest(), "other.mf", Algorithm::Sha256, ITSELF);
        made.certify(&text);
    }),
    ("PKG-203", |made| {
        let text = signed("another", "vm.mf", Algorithm::Sha256, ITSELF);
        made.certify(&text);
    }),
    ("PKG-204", |made| {
        let text = signed(&made.manifest(), "vm.mf", Algorithm::Sha256, ITSELF);
        made.certify(&text.replace("BEGIN CERT", "BEGIN X"));
    }),
    ("PKG-205", |made| made.sign(ISSUED)),
    ("PKG-206", |made| made.sign(ITSELF)),
    ("PKG-207", |made| made.sign(OLD)),
    ("PKG-209", |made| {
        let text = signed(&made.manifest(), "vm.mf", Algorithm::Sha512, ITSELF);
        made.certify(&text);
    }),
    ("REF-010", |made| made.disk().kind = DiskKind::Gzip),
    ("DSK-013", |made| made.disk().kind = DiskKind::Qcow2),
    ("DSK-013a", |made| {
        let summary = made.disk().vmdk.as_mut().expect("a VMDK");
        summary.create_type = Some("monolithicSparse".to_owned());
    }),
    ("DSK-014", |made| made.disk().capacity = Some(10 << 30)),
    ("DSK-030", |made| {
        made.disk().content = Some(DiskContent::Read {
            populated: 9 << 20,
            fault: None,
        });
    }),
    ("DSK-031", |made| {
        made.disk().unreadable = Some(Error::new(ErrorKind::Invalid, "no header"));
    }),
    ("DSK-032", |made| {
        made.package.deep = true;
        made.disk().kind = DiskKind::Vhdx;
        made.disk().content = None;
    }),
    ("DSK-033", |made| made.disk().encryption = Some("LUKS")),
    ("DSK-101", |made| made.find(FindingKind::End)),
    ("DSK-102", |made| made.find(FindingKind::AfterEnd)),
    ("DSK-103", |made| made.find(FindingKind::GrainData)),
    ("DSK-104", |made| made.find(FindingKind::Marker)),
    ("DSK-105", |made| made.find(FindingKind::GrainOrder)),
    ("DSK-106", |made| made.find(FindingKind::Table)),
    ("DSK-107", |made| made.find(FindingKind::Redundant)),
    ("DSK-108", |made| made.find(FindingKind::Footer)),
    ("DSK-109", |made| made.find(FindingKind::Descriptor)),
    ("DSK-110", |made| made.find(FindingKind::Header)),
    ("DSK-111", |made| made.find(FindingKind::Padding)),
];

fn sha1(name: &str) -> Entry {
    Entry {
        algorithm: Algorithm::Sha1,
        name: name.to_owned(),
        digest: Algorithm::Sha1.digest(name.as_bytes()),
    }
}

/// The rules that have a case here.
pub(super) fn tried() -> BTreeSet<&'static str> {
    CASES.iter().map(|(rule, _)| *rule).collect()
}

#[test]
fn a_good_package_breaks_no_rule() {
    let told = |made: &Made| -> Vec<_> {
        let findings = made.judged().findings.into_iter();
        findings.map(|one| (one.rule, one.label)).collect()
    };
    let found = told(&good());
    assert!(found.is_empty(), "{found:#?}");
    let mut made = good();
    made.sign(ITSELF);
    let found = told(&made);
    assert!(found.len() == 1 && found[0].0 == "PKG-206", "{found:#?}");
}

#[test]
fn every_rule_on_packages_is_broken_by_a_small_change() {
    let mut wrong = Vec::new();
    for (rule, change) in CASES {
        let mut made = good();
        if !crate::validate::rule(rule).is_some_and(Rule::is_general) && made.breaks(rule) {
            wrong.push("broken without the change");
        }
        change(&mut made);
        if !made.breaks(rule) {
            wrong.push(*rule);
        }
    }
    assert!(wrong.is_empty(), "not broken: {wrong:?}");
}

#[test]
fn seals_may_stand_behind_the_descriptor_or_at_the_end() {
    let order = |names: &[&str]| {
        let mut made = good();
        made.sign(ITSELF);
        let mut members = std::mem::take(&mut made.package.members);
        let mut of = |name: &str| {
            let at = members.iter().position(|one| one.stored.name == name);
            members.remove(at.expect(name))
        };
        let mut sorted: Vec<_> = names.iter().map(|name| of(name)).collect();
        sorted.extend(
            members
                .drain(..)
                .filter(|one| one.stored.name.starts_with("vm.")),
        );
        made.package.members = sorted;
        made.breaks("PKG-008")
    };
    let disks = ["disk1.vmdk", "disk2.vmdk"];
    let of = |front: &[&'static str]| [front, &disks].concat();
    assert!(!order(&of(&["vm.ovf", "vm.mf", "vm.cert"])));
    assert!(
        !order(&of(&["vm.ovf"])),
        "nvram, manifest and certificate follow"
    );
    assert!(order(&of(&["vm.ovf", "vm.cert", "vm.mf"])));
    assert!(
        order(&of(&["vm.ovf", "vm.mf"])),
        "the certificate stands apart"
    );
    assert!(order(&[
        "vm.ovf",
        "disk1.vmdk",
        "vm.mf",
        "vm.cert",
        "disk2.vmdk"
    ]));
}

#[test]
fn hostile_packages_are_judged_in_time() {
    const MANY: usize = 5_000;
    let joined = |one: &dyn Fn(usize) -> String| (0..MANY).map(one).collect::<String>();
    // Every file is one row of chunks; every disk and bundle has a file of its own.
    let files = joined(&|n| format!("<File ovf:id='x{n}' ovf:href='row'/>"));
    let disks =
        joined(&|n| format!("<Disk ovf:diskId='y{n}' ovf:fileRef='x{n}' ovf:capacity='1'/>"));
    let bundles = joined(&|n| format!("<Strings ovf:fileRef='x{n}'/>"));
    let mut made = good();
    made.replace("</References>", &format!("{files}</References>"));
    made.replace("</DiskSection>", &format!("{disks}</DiskSection>{bundles}"));
    let chunks = (0..MANY).map(|n| file(&format!("row.{n:09}"), 1));
    made.package.members.extend(chunks);
    let start = std::time::Instant::now();
    assert!(made.judged().findings.len() > 10);
    // A build for tests is slow; what is quadratic takes minutes.
    let took = start.elapsed();
    assert!(took < std::time::Duration::from_secs(60), "{took:?}");
}

#[test]
fn a_finding_in_a_manifest_tells_the_line() {
    let mut made = good();
    made.rewrite("SHA256(disk2", "MD5(disk2");
    let report = made.judged();
    let mut findings = report.findings.iter();
    let finding = findings
        .find(|one| one.rule == "PKG-101")
        .expect("a finding");
    let region = finding.region.as_ref().expect("a place");
    assert_eq!(finding.member.as_deref(), Some("vm.mf"));
    assert_eq!((region.line, region.column), (3, 1));
    assert!(finding.label.contains("MD5"), "{}", finding.label);
}
