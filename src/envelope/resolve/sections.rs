//! What the sections of a machine or of a collection say of it.

use super::Resolver;
use super::items::applies;
use super::view::{EulaView, ProductView, PropertyView};
use crate::envelope::{Entry, ProductSection, Section};

impl Resolver<'_> {
    pub(super) fn products(&self, sections: &[Section]) -> Vec<ProductView> {
        let products = ProductSection::among(sections);
        products.map(|product| self.product(product)).collect()
    }

    fn product(&self, product: &ProductSection) -> ProductView {
        ProductView {
            class: product.class.clone(),
            instance: product.instance.clone(),
            product: self.optional(product.product.as_ref()),
            vendor: self.optional(product.vendor.as_ref()),
            version: product.version.clone(),
            full_version: product.full_version.clone(),
            product_url: product.product_url.clone(),
            vendor_url: product.vendor_url.clone(),
            app_url: product.app_url.clone(),
        }
    }

    /// The properties in `sections` that the deployment option has, under headings.
    pub(super) fn properties(&self, sections: &[Section]) -> Vec<PropertyView> {
        let products = ProductSection::among(sections);
        products
            .flat_map(|product| self.properties_of(product))
            .collect()
    }

    fn properties_of(&self, product: &ProductSection) -> Vec<PropertyView> {
        let (mut views, mut category) = (Vec::new(), None);
        for entry in &product.entries {
            match entry {
                Entry::Category(text) => category = Some(self.text(text)),
                Entry::Other(_) => category = None,
                Entry::Property(property)
                    if applies(property.configuration.as_deref(), self.configuration) =>
                {
                    views.push(PropertyView {
                        key: self.copies.full_key(product, &property.key),
                        value_type: property.value_type.clone(),
                        value: property.default_in(self.configuration).map(str::to_owned),
                        qualifiers: property.qualifiers.clone(),
                        user_configurable: property.user_configurable,
                        password: property.password,
                        category: category.as_deref().map(|text: &str| self.copies.copy(text)),
                        label: self.optional(property.label.as_ref()),
                        description: self.optional(property.description.as_ref()),
                    });
                }
                Entry::Property(_) => {}
            }
        }
        views
    }

    pub(super) fn eulas(&self, sections: &[Section]) -> Vec<EulaView> {
        let views = sections.iter().filter_map(|section| match section {
            Section::EulaSection(eula) => Some(EulaView {
                info: self.text(&eula.info),
                license: self.text(&eula.license),
            }),
            _ => None,
        });
        views.collect()
    }

    pub(super) fn annotation(&self, sections: &[Section]) -> Option<String> {
        sections.iter().find_map(|section| match section {
            Section::AnnotationSection(note) => Some(self.text(&note.annotation)),
            _ => None,
        })
    }
}
