//! What the machine is a product of; what can be set in it; notes and licences.

use indexmap::IndexMap;

use super::model::{self, Compose, Text};
use super::work::{Work, at};
use crate::base::{Error, ErrorKind};
use crate::data::Path;
use crate::vm::build::transport;
use crate::vm::definition::{Brief, Eula, IpAssignment, LocalText, Product, Property, Scalar};

/// Puts what `file` says of the product, and notes and licences, into the definition.
pub(super) fn about(work: &mut Work<'_>, file: &Compose) {
    if file.product.is_some() && !file.product_sections.is_empty() {
        let from = at("product_sections");
        let message = "`product` and `product_sections` are both there";
        work.wrong(
            &from,
            message,
            "write all products below `product_sections`",
        );
        return;
    }
    products(work, file);
    if let Some(note) = &file.annotation {
        annotation(work, note);
    }
    if let Some(eula) = &file.eula {
        self::eula(work, eula);
    }
    if let Some(given) = &file.ip_assignment_settings {
        if given.required.is_some() {
            work.lose("`ip_assignment_settings.required`");
        }
        let schemes = given.schemes.as_ref();
        work.definition.ip_assignment = Some(IpAssignment {
            protocols: given.protocols.0.clone().into(),
            schemes: schemes
                .map(|words| words.0.clone())
                .unwrap_or_default()
                .into(),
        });
    }
}

/// A part of the file that properties are in, and where they are.
struct Part<'f> {
    properties: &'f IndexMap<String, model::Property>,
    from: Path,
    categories: &'f IndexMap<String, Text>,
}

fn products(work: &mut Work<'_>, file: &Compose) {
    let nothing = model::Product::default();
    let mut list: Vec<(Path, &model::Product)> = Vec::new();
    for (index, product) in file.product_sections.iter().enumerate() {
        list.push((at("product_sections").index(index), product));
    }
    match &file.product {
        Some(product) => list.push((at("product"), product)),
        // What can be set makes a product where there is none.
        None if file.environment.is_some() => list.insert(0, (at("product"), &nothing)),
        None => {}
    }
    let mut transports: Vec<String> = Vec::new();
    for (number, (from, product)) in list.iter().enumerate() {
        let own = file.product_sections.is_empty() || *from == at("product");
        let environment = file.environment.as_ref().filter(|_| own);
        let to = at("product").index(number);
        let made = facts(work, product, from, &to);
        work.definition.product.push(Brief(made));
        let empty = IndexMap::new();
        let no_properties = IndexMap::new();
        let above = at("environment");
        let (properties, from_properties) =
            match environment.and_then(|environment| environment.properties.as_ref()) {
                Some(properties) => (properties, &above),
                None => (product.properties.as_ref().unwrap_or(&no_properties), from),
            };
        let categories = environment
            .and_then(|environment| environment.categories.as_ref())
            .or(product.categories.as_ref())
            .unwrap_or(&empty);
        let part = Part {
            properties,
            from: from_properties.clone().key("properties"),
            categories,
        };
        self::properties(work, &part, number);
        let (given, from) =
            match environment.and_then(|environment| environment.transports.as_ref()) {
                Some(transports) => (Some(transports), &above),
                None => (product.transports.as_ref(), from),
            };
        for (index, given) in given.into_iter().flatten().enumerate() {
            let from = from.clone().key("transports").index(index);
            let transport = work.known(given, &from);
            transports.extend(transport.filter(|one| !transports.contains(one)));
        }
    }
    // What can be set makes a product of itself.
    let bare = matches!(&work.definition.product[..], [one] if **one == Product::default());
    if bare {
        work.definition.product.clear();
    }
    if transport(&work.definition) != transports {
        work.definition.transport = Some(transports.into());
    }
}

/// The facts of `product` at `from`, which goes to `to`.
fn facts(work: &mut Work<'_>, product: &model::Product, from: &Path, to: &Path) -> Product {
    for (key, there) in [
        ("info", product.info.is_some()),
        ("required", product.required.is_some()),
    ] {
        if there {
            work.lose(format!("`{}`", from.clone().key(key)));
        }
    }
    let mut text =
        |given: &Option<Text>, key: &str| work.maybe(given.as_ref(), to.clone().key(key));
    Product {
        name: text(&product.name, "name").map(LocalText::from),
        vendor: text(&product.vendor, "vendor").map(LocalText::from),
        version: text(&product.version, "version"),
        full_version: text(&product.full_version, "full-version"),
        class: text(&product.class, "class"),
        instance: text(&product.instance, "instance"),
        ..Product::default()
    }
}

/// Puts the properties of `part` into product `number`, in the order they stand in a package:
/// those under no heading, then those of each.
fn properties(work: &mut Work<'_>, part: &Part<'_>, number: usize) {
    // Those of the first product stand beside it.
    let to = if number == 0 {
        at("properties")
    } else {
        at("product").index(number).key("properties")
    };
    let mut found = Vec::new();
    for (key, given) in part.properties {
        let from = part.from.clone().key(key);
        let mut category = None;
        let mut place = 0;
        if let Some(id) = &given.category {
            let from = from.clone().key("category");
            let Some(id) = work.known(id, &from) else {
                continue;
            };
            if let Some((index, _, text)) = part.categories.get_full(&id) {
                category = Some(text);
                place = index + 1;
            } else {
                let message = format!("{from}: there is no category `{id}`");
                work.wrong(&from, message, "describe it below `categories`");
            }
        }
        found.push((place, key, given, category));
    }
    found.sort_by_key(|(place, ..)| *place);
    let mut made = IndexMap::new();
    for (_, key, given, category) in found {
        let from = part.from.clone().key(key);
        let property = property(work, given, category, &from, &to.clone().key(key));
        made.insert(key.clone(), Brief(property));
    }
    if number == 0 {
        work.definition.properties = made;
    } else if let Some(product) = work.definition.product.get_mut(number) {
        product.properties = made;
    }
}

fn property(
    work: &mut Work<'_>,
    given: &model::Property,
    category: Option<&Text>,
    from: &Path,
    to: &Path,
) -> Property {
    if given.required.is_some() {
        work.lose(format!("`{}`", from.clone().key("required")));
    }
    let kind = work.text(&given.kind, to.clone().key("type"));
    let plain = given.kind.literal().is_some_and(|kind| kind == "string");
    let asked = given.user_configurable.as_ref();
    let asked = match asked {
        Some(on) => Some(work.value(on, to.clone().key("user-configurable"), true))
            .filter(|asked| !asked || on.literal().is_none()),
        None => Some(false),
    };
    let password = given.password.as_ref();
    let password = password.map(|on| work.value(on, to.clone().key("password"), false));
    let mut made = Property {
        value_type: (!plain).then_some(kind),
        user_configurable: asked,
        password: password.unwrap_or_default(),
        ..Property::default()
    };
    let mut text = |given: Option<&Text>, key: &str| work.maybe(given, to.clone().key(key));
    made.label = text(given.label.as_ref(), "label").map(LocalText::from);
    made.description = text(given.description.as_ref(), "description").map(LocalText::from);
    made.category = text(category, "category").map(LocalText::from);
    made.qualifiers = text(given.qualifiers.as_ref(), "qualifiers");
    if let Some(value) = &given.value {
        made.default = text(value.default.as_ref(), "default").map(Scalar);
        for (option, value) in &value.configurations {
            let value = work.text(value, to.clone().key("values").key(option));
            made.values.insert(option.clone(), Scalar(value));
        }
    }
    if let Some(names) = &given.configuration {
        let from = from.clone().key("configuration");
        let names = work.known(names, &from).unwrap_or_default();
        let names = names.split_whitespace().map(str::to_owned);
        made.configurations = names.collect::<Vec<_>>().into();
    }
    made
}

fn annotation(work: &mut Work<'_>, note: &model::TextBlock) {
    if note.info.is_some() {
        work.lose("`annotation.info`");
    }
    let from = at("annotation").key("file");
    if let Some(given) = &note.file {
        // A note is written in the definition itself.
        let Some(path) = work.known(given, &from) else {
            return;
        };
        let text = (work.around.read)(&path);
        let told = |error: Error| {
            // That it cannot be read is told where it is named, what is wrong in it there.
            work.errors.push(match error.kind() {
                ErrorKind::Io => work.document.blame(&from, error.naming_its_file()),
                _ => error,
            });
        };
        let text = text.map_err(told).unwrap_or_default();
        work.definition.annotation = Some(text.into());
    } else if let Some(given) = &note.text {
        let text = work.text(given, at("annotation"));
        work.definition.annotation = Some(text.into());
    }
    both(work, note, "annotation");
}

fn eula(work: &mut Work<'_>, given: &model::TextBlock) {
    let to = at("eula").index(0);
    let mut eula = Eula::default();
    if let Some(file) = &given.file {
        eula.file = Some(work.path(file, to.clone().key("file")));
    } else if let Some(text) = &given.text {
        eula.text = Some(work.text(text, to.clone().key("text")).into());
    } else {
        let from = at("eula");
        work.wrong(
            &from,
            "eula: there is no text",
            "write a `text`, or name a `file`",
        );
    }
    eula.info = work
        .maybe(given.info.as_ref(), to.key("info"))
        .map(LocalText::from);
    both(work, given, "eula");
    work.definition.eula.push(Brief(eula));
}

/// Tells that of two texts the one in a file is taken.
fn both(work: &mut Work<'_>, given: &model::TextBlock, key: &str) {
    if given.file.is_some() && given.text.is_some() {
        work.lose(format!("`{key}.text`: the text of the file is taken"));
    }
}
