//! What the machine is a product of, and what can be set in it.

use serde::Serialize;

use crate::base::Result;
use crate::xml::Element;
use crate::xml::names::ovf;

use super::take::{Take, Value};

/// Product facts and properties (DSP0243 1.1 §9.5).
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ProductSection {
    /// What the section is about, for people.
    pub info: String,
    /// The first part of each property's full key, `class.key.instance`.
    pub class: Option<String>,
    /// The last part of each property's full key.
    pub instance: Option<String>,
    /// The name of the product.
    pub product: Option<String>,
    /// Who makes it.
    pub vendor: Option<String>,
    /// A short version.
    pub version: Option<String>,
    /// A version with all there is to say.
    pub full_version: Option<String>,
    /// Where to read about the product.
    pub product_url: Option<String>,
    /// Where to read about the vendor.
    pub vendor_url: Option<String>,
    /// Where the running application is reached.
    pub app_url: Option<String>,
    /// What can be set in the guest.
    pub properties: Vec<Property>,
}

/// A value the guest is given when the machine is deployed (DSP0243 1.1 §9.5.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Property {
    /// Its name in the section.
    pub key: String,
    /// Its type, such as `string`, `boolean` or `uint16`.
    #[serde(rename = "type")]
    pub value_type: String,
    /// What values are allowed, such as `MinLen(1)`.
    pub qualifiers: Option<String>,
    /// Whether whoever deploys the machine is asked for it.
    pub user_configurable: bool,
    /// The default.
    pub value: Option<String>,
    /// Whether the value is hidden while it is typed.
    pub password: bool,
    /// What to call it in a dialog.
    pub label: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

impl ProductSection {
    pub(super) fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let properties = take
            .children(&ovf("Property"))
            .into_iter()
            .map(Property::read);
        let section = Self {
            properties: properties.collect::<Result<_>>()?,
            info: take.required_string(&ovf("Info"))?,
            class: take.attribute(&ovf("class")).map(Value::string),
            instance: take.attribute(&ovf("instance")).map(Value::string),
            product: take.string(&ovf("Product"))?,
            vendor: take.string(&ovf("Vendor"))?,
            version: take.string(&ovf("Version"))?,
            full_version: take.string(&ovf("FullVersion"))?,
            product_url: take.string(&ovf("ProductUrl"))?,
            vendor_url: take.string(&ovf("VendorUrl"))?,
            app_url: take.string(&ovf("AppUrl"))?,
        };
        take.finish()?;
        Ok(section)
    }
}

impl Property {
    fn read(element: Element) -> Result<Self> {
        let mut take = Take::new(element)?;
        let property = Self {
            key: take.required_attribute(&ovf("key"))?.string(),
            value_type: take.required_attribute(&ovf("type"))?.string(),
            qualifiers: take.attribute(&ovf("qualifiers")).map(Value::string),
            user_configurable: flag(&mut take, "userConfigurable")?,
            value: take.attribute(&ovf("value")).map(Value::string),
            password: flag(&mut take, "password")?,
            label: take.string(&ovf("Label"))?,
            description: take.string(&ovf("Description"))?,
        };
        take.finish()?;
        Ok(property)
    }
}

/// The attribute `ovf:<local>`, false unless given.
fn flag(take: &mut Take, local: &'static str) -> Result<bool> {
    take.attribute(&ovf(local))
        .map_or(Ok(false), Value::boolean)
}
