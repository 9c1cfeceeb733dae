//! What references name, found at once however many there are.

use std::collections::HashMap;

use crate::envelope::copies::Copies;
use crate::envelope::{Content, Disk, Envelope, File, ProductSection};

/// The parts of an envelope by the names references use. Of several with one name it
/// is the first.
pub(super) struct Index<'e> {
    files: HashMap<&'e str, &'e File>,
    /// Files by where they are, which some versions of oVirt give for the id.
    files_at: HashMap<&'e str, &'e File>,
    disks: HashMap<&'e str, &'e Disk>,
    /// Disks by the id of their file, which is oVirt's way.
    disks_of_files: HashMap<&'e str, &'e Disk>,
    /// Values of properties by their full key and, where no full key is the same, by their own.
    values: HashMap<String, Option<&'e str>>,
}

impl<'e> Index<'e> {
    pub(super) fn new(
        envelope: &'e Envelope,
        configuration: Option<&str>,
        copies: &Copies,
    ) -> Self {
        let mut index = Self {
            files: HashMap::new(),
            files_at: HashMap::new(),
            disks: HashMap::new(),
            disks_of_files: HashMap::new(),
            values: HashMap::new(),
        };
        for file in &envelope.references.files {
            index.files.entry(&file.id).or_insert(file);
            index.files_at.entry(&file.href).or_insert(file);
        }
        for disk in envelope.disks() {
            index.disks.entry(&disk.disk_id).or_insert(disk);
            if let Some(file) = &disk.file_ref {
                index.disks_of_files.entry(file).or_insert(disk);
            }
        }
        let mut by_own_key = Vec::new();
        index.add_values(&envelope.contents, configuration, copies, &mut by_own_key);
        for (key, value) in by_own_key {
            index.values.entry(key).or_insert(value);
        }
        index
    }

    /// Adds the values of the properties in `contents` by their full keys, those of
    /// collections before their members', and hands them over by their own keys.
    fn add_values(
        &mut self,
        contents: &'e [Content],
        configuration: Option<&str>,
        copies: &Copies,
        by_own_key: &mut Vec<(String, Option<&'e str>)>,
    ) {
        for content in contents {
            let (sections, inner) = match content {
                Content::VirtualSystem(system) => (&system.sections, [].as_slice()),
                Content::VirtualSystemCollection(one) => (&one.sections, one.contents.as_slice()),
            };
            for product in ProductSection::among(sections) {
                for property in product.properties() {
                    let value = property.default_in(configuration);
                    let key = copies.full_key(product, &property.key);
                    self.values.entry(key).or_insert(value);
                    by_own_key.push((property.key.clone(), value));
                }
            }
            self.add_values(inner, configuration, copies, by_own_key);
        }
    }

    pub(super) fn file(&self, id: &str) -> Option<&'e File> {
        self.files.get(id).copied()
    }

    /// The file whose place is `href`.
    pub(super) fn file_at(&self, href: &str) -> Option<&'e File> {
        self.files_at.get(href).copied()
    }

    pub(super) fn disk(&self, id: &str) -> Option<&'e Disk> {
        self.disks.get(id).copied()
    }

    pub(super) fn disk_of_file(&self, id: &str) -> Option<&'e Disk> {
        self.disks_of_files.get(id).copied()
    }

    /// The default of the property `key` in the deployment option.
    pub(super) fn property_value(&self, key: &str) -> Option<&'e str> {
        self.values.get(key).copied().flatten()
    }
}
