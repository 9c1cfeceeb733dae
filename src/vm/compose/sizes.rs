//! CPUs, memory, and the deployment options they differ in.

use super::given::Given;
use super::model::{Compose, Fields, Item};
use super::work::{Work, at};
use crate::data::Path;
use crate::vm::definition::{Configuration, Size};

/// The key of a deployment option.
const OPTIONS: &str = "configurations";

/// Puts the deployment options of `file` into the definition.
pub(super) fn configurations(work: &mut Work<'_>, file: &Compose) {
    for (id, given) in &file.configurations {
        let to = at(OPTIONS).key(id);
        let from = to.clone().key("default");
        let default = given.default.as_ref();
        let made = Configuration {
            label: work
                .maybe(given.label.as_ref(), to.clone().key("label"))
                .map(Into::into),
            description: work
                .maybe(given.description.as_ref(), to.key("description"))
                .map(Into::into),
            default: default.and_then(|given| work.known(given, &from)) == Some(true),
            ..Configuration::default()
        };
        work.definition.configurations.insert(id.clone(), made);
    }
    if let Some(given) = &file.system.default_configuration {
        let from = at("system").key("default_configuration");
        let Some(id) = work.known(given, &from) else {
            return;
        };
        match work.definition.configurations.get_mut(&id) {
            Some(option) => option.default = true,
            None => no_such_option(work, &from, &id),
        }
    }
}

fn no_such_option(work: &mut Work<'_>, from: &Path, id: &str) {
    let known = work.definition.configurations.keys();
    let known: Vec<&str> = known.map(String::as_str).collect();
    let help = match &known[..] {
        [] => "describe it below `configurations`".to_owned(),
        known => format!("known are: {}", known.join(", ")),
    };
    let message = format!("{from}: there is no deployment option `{id}`");
    work.wrong(from, message, &help);
}

/// The deployment options the device `fields` at `from` is for.
pub(super) fn options(work: &mut Work<'_>, fields: &Fields, from: &Path) -> Vec<String> {
    let Some(given) = &fields.configuration else {
        return Vec::new();
    };
    let from = from.clone().key("configuration");
    let names = work.known(given, &from).unwrap_or_default();
    let mut options = Vec::new();
    for name in names.split_whitespace() {
        if work.definition.configurations.contains_key(name) {
            options.push(name.to_owned());
        } else {
            no_such_option(work, &from, name);
        }
    }
    options
}

/// What is said of a size.
struct Sized<'f> {
    given: &'f Given<u64>,
    from: Path,
    options: Vec<String>,
}

/// The size that `item`, named `name`, gives by the value of `key`.
fn sized<'f>(
    work: &mut Work<'_>,
    name: &str,
    item: &'f Item,
    key: &str,
    own: impl Fn(&Fields) -> Option<&Given<u64>>,
) -> Option<Sized<'f>> {
    let from = at("hardware").key(name);
    match item {
        Item::Number(given) => Some(Sized {
            given,
            from,
            options: Vec::new(),
        }),
        Item::Fields(fields) => {
            if fields
                .config
                .as_ref()
                .is_some_and(|config| !config.is_empty())
            {
                work.lose(format!("`{}`", from.clone().key("config")));
            }
            let options = options(work, fields, &from);
            let Some(given) = own(fields) else {
                let message = format!("{from}: the key `{key}` is missing");
                work.wrong(&from, message, &format!("write `{key}: NUMBER`"));
                return None;
            };
            let from = from.key(key);
            Some(Sized {
                given,
                from,
                options,
            })
        }
    }
}

/// Puts a number of CPUs into the definition.
pub(super) fn cpus(work: &mut Work<'_>, name: &str, item: &Item) {
    let Some(sized) = sized(work, name, item, "number", |fields| fields.number.as_ref()) else {
        return;
    };
    let count = |work: &mut Work<'_>, to: Path| {
        let count = work.value(sized.given, to.key("cpus").key("count"), 1);
        let count = u32::try_from(count);
        if count.is_err() {
            work.wrong(
                &sized.from,
                "no machine has so many CPUs",
                "write a smaller number",
            );
        }
        count.ok()
    };
    if sized.options.is_empty() {
        let known = work.definition.cpus.as_ref().and_then(|cpus| cpus.count);
        if let Some(known) = known {
            work.lose(format!("a second number of CPUs, `{name}`: it is {known}"));
            return;
        }
        let count = count(work, Path::new());
        work.definition.cpus.get_or_insert_default().count = count;
    }
    for option in &sized.options {
        let count = count(work, at(OPTIONS).key(option));
        if let Some(option) = work.definition.configurations.get_mut(option) {
            option.cpus.get_or_insert_default().count = count;
        }
    }
}

/// Puts an amount of memory into the definition.
pub(super) fn memory(work: &mut Work<'_>, name: &str, item: &Item) {
    let Some(sized) = sized(work, name, item, "size", |fields| fields.size.as_ref()) else {
        return;
    };
    let size = |work: &mut Work<'_>, to: Path| -> Size {
        work.mebibytes(sized.given, &sized.from, to.key("memory").key("size"))
    };
    if sized.options.is_empty() {
        let known = work
            .definition
            .memory
            .as_ref()
            .and_then(|memory| memory.size);
        if let Some(known) = known {
            work.lose(format!(
                "a second amount of memory, `{name}`: it is {known}"
            ));
            return;
        }
        let size = size(work, Path::new());
        work.definition.memory.get_or_insert_default().size = Some(size);
    }
    for option in &sized.options {
        let size = size(work, at(OPTIONS).key(option));
        if let Some(option) = work.definition.configurations.get_mut(option) {
            option.memory.get_or_insert_default().size = Some(size);
        }
    }
}
