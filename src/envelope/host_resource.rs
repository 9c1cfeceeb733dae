//! What stands behind a device (DSP0243 1.1 §8.3, `rasd:HostResource`).

use std::fmt;

/// The disk or the file of the package that a device shows to the guest.
///
/// Other texts have no place here because they name nothing by itself: a
/// placeholder, a path, or oVirt's `<group>/<image>`, which repeats the `fileRef` of
/// a [`Disk`](super::Disk). Who reads packages of oVirt compares it with that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum HostResource {
    /// The disk with this `ovf:diskId`.
    Disk(String),
    /// The file with this `ovf:id`, as for the image of a CD.
    File(String),
}

impl HostResource {
    /// Reads `ovf:/disk/<id>` or `ovf:/file/<id>`, also without `ovf:`, with two
    /// slashes, or with `OVF:` in other case, as older descriptors have it. `None`
    /// for any other text and for an empty id.
    ///
    /// A text is canonical if displaying what was read gives it back; some importers
    /// know no other.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_ascii();
        let path = without_scheme(text).unwrap_or(text).strip_prefix('/')?;
        let (kind, id) = path.split_once('/')?;
        let make = match kind {
            "disk" => Self::Disk,
            "file" => Self::File,
            _ => return None,
        };
        (!id.is_empty()).then(|| make(id.to_owned()))
    }
}

/// What follows `ovf:`, with one slash before it where there were two.
fn without_scheme(text: &str) -> Option<&str> {
    let (scheme, path) = text.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("ovf") {
        return None;
    }
    let after_slash = path.strip_prefix('/').filter(|rest| rest.starts_with('/'));
    Some(after_slash.unwrap_or(path))
}

/// The canonical form, `ovf:/disk/<id>` or `ovf:/file/<id>`.
impl fmt::Display for HostResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Disk(id) => write!(f, "ovf:/disk/{id}"),
            Self::File(id) => write!(f, "ovf:/file/{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_spellings_of_a_disk_are_read() {
        for text in [
            "ovf:/disk/vmdisk1",
            "/disk/vmdisk1",
            "ovf://disk/vmdisk1",
            "OVF:/disk/vmdisk1",
            " ovf:/disk/vmdisk1\n",
        ] {
            let resource = HostResource::parse(text);
            assert_eq!(
                resource,
                Some(HostResource::Disk("vmdisk1".to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn all_spellings_of_a_file_are_read() {
        for text in ["ovf:/file/iso", "/file/iso", "ovf://file/iso"] {
            let resource = HostResource::parse(text);
            assert_eq!(
                resource,
                Some(HostResource::File("iso".to_owned())),
                "{text}"
            );
        }
    }

    #[test]
    fn an_id_may_hold_anything() {
        for id in ["a/b", "a:b", "Platte ä", "${disk}", "/"] {
            let text = format!("ovf:/disk/{id}");
            let resource = HostResource::parse(&text).unwrap();
            assert_eq!(resource, HostResource::Disk(id.to_owned()));
            assert_eq!(resource.to_string(), text);
        }
        assert_eq!(
            HostResource::parse("/disk/a:b"),
            Some(HostResource::Disk("a:b".to_owned()))
        );
    }

    #[test]
    fn the_canonical_form_is_displayed() {
        let shown = |text| HostResource::parse(text).unwrap().to_string();
        assert_eq!(shown("/disk/a"), "ovf:/disk/a");
        assert_eq!(shown("ovf://file/a"), "ovf:/file/a");
    }

    #[test]
    fn other_texts_are_nothing() {
        for text in [
            "",
            "ovf:",
            "ovf:/",
            "/",
            "ovf:/disk",
            "ovf:/disk/",
            "/file/",
            "ovf:///disk/a",
            "//disk/a",
            "disk/a",
            "ovf:disk/a",
            "ovf:/Disk/a",
            "ovf:/network/a",
            "http://disk/a",
            "nonexistent.vmdk",
            "8c634412-1e8b-4ef3-bc40-b67a456e9d2f/f934b12c-1e22-4ad8-bbce-ec0b2a5defa4",
            "#DISK_ID#/1",
        ] {
            assert_eq!(HostResource::parse(text), None, "{text}");
        }
    }
}
