//! Which files an image may make ovfkit open.
//!
//! A backing file or an external data file is named inside an image, by
//! whoever made the image. Followed blindly, such a name copies any file of
//! the host into the output (CVE-2024-32498 and its kin). So every name found
//! in an image passes this gate, which is shut unless a directory is allowed.

use std::path::{Path, PathBuf};

use crate::base::output::directory_of;
use crate::base::{Error, ErrorKind, Result, shell};

/// A file that may be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Allowed {
    /// Where it is, all links followed: what was checked, and is to be opened.
    pub canonical: PathBuf,
    /// Its path as the image names it. Names found in the file itself start at
    /// this directory, as they do to QEMU: not where a link leads.
    pub named: PathBuf,
}

/// Decides on names found inside images.
#[derive(Debug, Clone, Default)]
pub struct Gate {
    allowed: Vec<PathBuf>,
}

impl Gate {
    /// A gate that opens for files below any of `directories`.
    pub fn allowing(directories: &[PathBuf]) -> Result<Self> {
        let allowed = directories
            .iter()
            .map(|directory| {
                directory.canonicalize().map_err(|error| {
                    Error::io("cannot allow this directory", directory, error)
                        .in_option("--allow-backing")
                })
            })
            .collect::<Result<_>>()?;
        Ok(Self { allowed })
    }

    /// The file `name`, found in `image` as its `role` (such as "backing
    /// file"). Relative names start at the image's directory.
    pub fn resolve(&self, image: &Path, role: &str, name: &str) -> Result<Allowed> {
        if let Some(protocol) = protocol_of(name) {
            return Err(Error::new(
                ErrorKind::Denied,
                format!("the {role} is named by `{protocol}:`, which is never followed"),
            )
            .at(image)
            .why(format!("the image asks for `{name}`"))
            .help("make an image that stands alone: qemu-img convert -O qcow2 IMAGE FLAT.qcow2"));
        }
        let directory = image.parent().unwrap_or(Path::new(""));
        let path = directory.join(name);
        if self.allowed.is_empty() {
            return Err(self.refusal(image, role, name, &path));
        }
        let canonical = path.canonicalize().map_err(|error| {
            Error::io(&format!("cannot open the {role}"), &path, error)
                .why(format!("{} names it", image.display()))
        })?;
        if self.opens(&canonical) {
            Ok(Allowed {
                canonical,
                named: path,
            })
        } else {
            Err(self.refusal(image, role, name, &canonical))
        }
    }

    /// The file `name`, found in `image` as its `role`: a part of it that no image goes without.
    /// One that lies beside the image, and is named by nothing but its name, is opened whatever
    /// is allowed: whoever made the image could write there.
    pub fn resolve_part(&self, image: &Path, role: &str, name: &str) -> Result<Allowed> {
        if !is_plain(name) {
            return self.resolve(image, role, name);
        }
        let named = directory_of(image).join(name);
        let canonical = named.canonicalize().map_err(|error| {
            Error::io(&format!("cannot open the {role}"), &named, error)
                .why(format!("{} names it", image.display()))
                .help("copy all files of the disk to one directory, and leave their names as they are")
        })?;
        // Links are followed on both sides: what counts is where the files are.
        let beside = image
            .canonicalize()
            .is_ok_and(|image| image.parent() == canonical.parent());
        if beside || self.opens(&canonical) {
            Ok(Allowed { canonical, named })
        } else {
            Err(self.refusal(image, role, name, &canonical))
        }
    }

    /// The first file that one of `names` leads to, as [`Self::resolve`] has it; where
    /// none does, the first name stands for all of them.
    pub fn resolve_any(&self, image: &Path, role: &str, names: &[String]) -> Result<Allowed> {
        let mut first = None;
        for name in names {
            match self.resolve(image, role, name) {
                Ok(found) => return Ok(found),
                // That one is there and not allowed is more to know than that one is not.
                Err(error) if error.kind() == ErrorKind::Denied => return Err(error),
                Err(error) => {
                    first.get_or_insert(error);
                }
            }
        }
        Err(first.unwrap_or_else(|| self.refusal(image, role, "", image)))
    }

    /// The file at `path`, found by looking for it, if it may be opened.
    pub fn admit(&self, path: &Path) -> Option<Allowed> {
        let canonical = path.canonicalize().ok()?;
        self.opens(&canonical).then(|| Allowed {
            canonical,
            named: path.to_path_buf(),
        })
    }

    /// The directories in which a file may be looked for that `image` needs as its `role`,
    /// and of which it knows only what is told as `name`: its own and the one above, as far
    /// as they are allowed, and those allowed. At least one.
    pub fn places(&self, image: &Path, role: &str, name: &str) -> Result<Vec<PathBuf>> {
        let directory = directory_of(image);
        if self.allowed.is_empty() {
            return Err(self.refusal(image, role, name, image));
        }
        let mut places = Vec::new();
        let own = directory.canonicalize().ok();
        let above = own.as_ref().and_then(|own| own.parent());
        let near = own.as_deref().into_iter().chain(above);
        let near = near.filter(|directory| self.opens(directory));
        for place in near.chain(self.allowed.iter().map(PathBuf::as_path)) {
            if !places.iter().any(|found| found == place) {
                places.push(place.to_path_buf());
            }
        }
        Ok(places)
    }

    /// Whether `canonical`, with no links in it, is below an allowed directory.
    fn opens(&self, canonical: &Path) -> bool {
        let mut allowed = self.allowed.iter();
        allowed.any(|directory| canonical.starts_with(directory))
    }

    fn refusal(&self, image: &Path, role: &str, name: &str, path: &Path) -> Error {
        let directory = directory_of(path);
        let outside = if self.allowed.is_empty() {
            ""
        } else {
            ", which is in no allowed directory"
        };
        Error::new(
            ErrorKind::Denied,
            format!("the image needs the {role} `{name}`{outside}"),
        )
        .at(image)
        .why("files named inside an image are opened only where you allow it: a hostile image could name any file of this machine")
        .help(format!(
            "if you trust it, pass `--allow-backing {}`",
            shell::word(directory)
        ))
    }
}

/// Whether a name is that of a file in the same directory, and no path.
pub(super) fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!(
        (parts.next(), parts.next()),
        (Some(std::path::Component::Normal(part)), None) if part == name
    )
}

/// Whether a path begins with a drive or a server, as those of Windows do.
pub(super) fn is_of_windows(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':');
    drive || path.starts_with("\\\\")
}

/// What the path `name` may be on this system, whatever system wrote it, the likeliest first.
/// A path of another computer leads nowhere here, but the file may lie beside the image.
pub(super) fn paths_of(name: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let mut add = |path: &str| {
        if !path.is_empty() && !paths.iter().any(|found| found == path) {
            paths.push(path.to_owned());
        }
    };
    if cfg!(windows) || !is_of_windows(name) {
        add(name);
        add(&name.replace('\\', "/"));
    }
    add(name.rsplit(['/', '\\']).next().unwrap_or_default());
    paths
}

/// The protocol of a name such as `nbd://host/x` or `json:{…}`: what stands
/// before a colon that no slash precedes. On Windows one letter is a drive, and `\` a slash.
fn protocol_of(name: &str) -> Option<&str> {
    let (head, _) = name.split_once(':')?;
    let path = head.contains('/') || (cfg!(windows) && (head.len() == 1 || head.contains('\\')));
    (!path).then_some(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shut_by_default_and_for_protocols_always() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("overlay.qcow2");
        std::fs::write(dir.path().join("base.raw"), "base").unwrap();
        let shut = Gate::default();
        let open = Gate::allowing(&[dir.path().to_path_buf()]).unwrap();
        for name in ["base.raw", "/etc/hostname", "../x"] {
            let error = shut.resolve(&image, "backing file", name).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Denied);
            assert!(error.advice().unwrap().contains("--allow-backing"));
        }
        let error = shut
            .resolve(&image, "backing file", "/x;id #/y")
            .unwrap_err();
        assert!(
            error
                .advice()
                .unwrap()
                .contains("--allow-backing '/x;id #'`")
        );
        for name in ["nbd://127.0.0.1/x", "json:{\"driver\":\"raw\"}", "a:b"] {
            let error = open.resolve(&image, "data file", name).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
        let base = open.resolve(&image, "backing file", "base.raw").unwrap();
        assert!(base.canonical.ends_with("base.raw"));
        // A colon behind a slash is part of a file's name.
        assert_eq!(protocol_of("./a:b"), None);
    }

    #[cfg(unix)]
    #[test]
    fn paths_of_any_system() {
        for (name, paths) in [
            ("base.vmdk", &["base.vmdk"][..]),
            (
                "/vmfs/volumes/a/base.vmdk",
                &["/vmfs/volumes/a/base.vmdk", "base.vmdk"],
            ),
            (
                "..\\a\\base.vmdk",
                &["..\\a\\base.vmdk", "../a/base.vmdk", "base.vmdk"],
            ),
            ("C:\\a\\base.vmdk", &["base.vmdk"]),
            ("\\\\server\\a\\base.vmdk", &["base.vmdk"]),
            ("", &[]),
        ] {
            assert_eq!(paths_of(name), paths);
        }
    }

    #[test]
    fn parts_lie_beside_their_image_or_are_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        for name in ["secret", "in/disk.vmdk", "in/a: b.raw"] {
            std::fs::write(dir.path().join(name), "x").unwrap();
        }
        let image = inside.join("disk.vmdk");
        let (shut, open) = (
            Gate::default(),
            Gate::allowing(&[dir.path().to_path_buf()]).unwrap(),
        );
        let resolve = |gate: &Gate, name: &str| gate.resolve_part(&image, "extent", name);
        let found = resolve(&shut, "a: b.raw").unwrap();
        assert!(found.canonical.ends_with("in/a: b.raw"));
        assert_eq!(resolve(&shut, "gone").unwrap_err().kind(), ErrorKind::Io);
        for name in [
            "../secret",
            "./a: b.raw",
            "a: b.raw/",
            "..",
            ".",
            "",
            "/etc/hostname",
        ] {
            let error = resolve(&shut, name).expect_err(name);
            assert_eq!(error.kind(), ErrorKind::Denied, "{name}");
        }
        assert!(resolve(&open, "../secret").is_ok());
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
            std::os::unix::fs::symlink("a: b.raw", inside.join("near")).unwrap();
            assert_eq!(
                resolve(&shut, "link").unwrap_err().kind(),
                ErrorKind::Denied
            );
            assert!(resolve(&open, "link").is_ok() && resolve(&shut, "near").is_ok());
            // An image that is a link lies where it leads.
            let linked = dir.path().join("linked.vmdk");
            std::os::unix::fs::symlink(&image, &linked).unwrap();
            let error = shut.resolve_part(&linked, "extent", "secret").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
    }

    #[test]
    fn the_first_of_several_names_that_leads_somewhere() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        for name in ["base", "in/there"] {
            std::fs::write(dir.path().join(name), "base").unwrap();
        }
        let image = inside.join("overlay");
        let open = Gate::allowing(std::slice::from_ref(&inside)).unwrap();
        let resolve = |gate: &Gate, names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            gate.resolve_any(&image, "parent disk", &names)
        };
        let found = resolve(&open, &["gone", "there"]).unwrap();
        assert!(found.canonical.ends_with("in/there"));
        for (names, kind) in [
            (["gone", "lost"], ErrorKind::Io),
            (["gone", "../base"], ErrorKind::Denied),
        ] {
            let error = resolve(&open, &names).unwrap_err();
            assert_eq!(error.kind(), kind, "{names:?}");
        }
        let error = resolve(&Gate::default(), &["there"]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
    }

    #[test]
    fn what_is_looked_for_is_looked_for_where_that_is_allowed() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let inside = root.join("in");
        std::fs::create_dir(&inside).unwrap();
        std::fs::create_dir(root.join("other")).unwrap();
        let image = inside.join("delta");
        let places = |allowed: &[&Path]| {
            let allowed: Vec<_> = allowed.iter().map(|path| path.to_path_buf()).collect();
            let gate = Gate::allowing(&allowed).unwrap();
            gate.places(&image, "parent disk", "{id}")
        };
        assert_eq!(places(&[]).unwrap_err().kind(), ErrorKind::Denied);
        assert_eq!(places(&[&inside]).unwrap(), [&*inside]);
        assert_eq!(places(&[&root]).unwrap(), [&*inside, &*root]);
        let other = root.join("other");
        assert_eq!(places(&[&other]).unwrap(), [&*other]);
        let gate = Gate::allowing(&[other]).unwrap();
        assert_eq!(gate.admit(&image), None);
    }

    #[test]
    fn a_link_out_of_the_allowed_directory_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let inside = dir.path().join("in");
        std::fs::create_dir(&inside).unwrap();
        std::fs::write(dir.path().join("secret"), "s").unwrap();
        let gate = Gate::allowing(std::slice::from_ref(&inside)).unwrap();
        let image = inside.join("overlay.qcow2");
        let error = gate
            .resolve(&image, "backing file", "../secret")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Denied);
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink("../secret", inside.join("link")).unwrap();
            let error = gate.resolve(&image, "backing file", "link").unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Denied);
        }
    }
}
