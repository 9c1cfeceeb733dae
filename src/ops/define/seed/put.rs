//! What guests are told, in the definition for one target.

use indexmap::IndexMap;

use super::{Told, field, read_map};
use crate::base::{Error, ErrorKind};
use crate::vm::definition::{Brief, Drive, Product, Property, Scalar, Seed as Way};
use crate::vm::seed::{
    CloudInit, Ignition, Mode, Part, Properties, Request, Seed, SeedProperty, Transport, make,
};
use crate::vm::{At, Contradiction, Definition, Feature, Problem, Profile};

/// The heading of the properties in a dialog.
const CATEGORY: &str = "First boot";

/// Puts what guests are told into the definition for a target.
pub(in crate::ops) struct Seeding<'p> {
    profile: &'p Profile,
    /// The time of all there is in images.
    time: u64,
    /// What is left out, and why.
    pub(in crate::ops) notes: Vec<String>,
    /// What is wrong with it.
    pub(in crate::ops) problems: Vec<Problem>,
}

impl<'p> Seeding<'p> {
    /// One for `profile`.
    pub(in crate::ops) fn new(profile: &'p Profile, time: u64) -> Self {
        Self {
            profile,
            time,
            notes: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Puts `told` into `definition`, which is at `at`.
    pub(in crate::ops) fn apply(&mut self, told: &Told, definition: &mut Definition, at: &At) {
        if !definition.machines.is_empty() {
            // What stands beside machines is for no guest: building refuses it.
            let list = at.key("machines");
            let members = definition.machines.iter_mut().zip(&told.members);
            for (index, (member, told)) in members.enumerate() {
                self.apply(told, member, &list.index(index));
            }
            return;
        }
        let cloud_init = told.cloud_init.as_ref();
        let way = cloud_init.and_then(|_| self.way(definition, at));
        let by = |wanted: Way| cloud_init.filter(|_| way == Some(wanted));
        let ignition = told.ignition.as_ref().filter(|_| self.tells_ignition(at));
        if by(Way::Properties).is_some() || ignition.is_some() {
            let mode = Mode::Properties;
            match self.make(by(Way::Properties), ignition, mode, definition, at) {
                Some(Seed::Properties(told)) => self.add_properties(told, definition, at),
                Some(Seed::Image(_)) | None => {}
            }
        }
        if let Some(cloud_init) = by(Way::Iso) {
            let mode = Mode::SeedImage { time: self.time };
            match self.make(Some(cloud_init), None, mode, definition, at) {
                Some(Seed::Image(image)) => add_drive(image, definition),
                Some(Seed::Properties(_)) | None => {}
            }
        }
    }

    /// How cloud-init gets its files, if it can.
    fn way(&mut self, definition: &Definition, at: &At) -> Option<Way> {
        let wanted = definition.cloud_init.as_ref().and_then(|files| files.seed);
        let way = wanted.unwrap_or(self.profile.seed);
        let (feature, what) = match way {
            Way::Properties => (
                Feature::Properties,
                "first-boot configuration as properties",
            ),
            Way::Iso => (Feature::Cdroms, "first-boot configuration on a CD"),
        };
        let at = at.key("cloud-init").key("as");
        let instead = match wanted {
            Some(wanted) if wanted != self.profile.seed => {
                "a way of its own: leave `as` or `--seed` away"
            }
            _ => "",
        };
        // Who names a way wants none of the others; who does not, no more than the target has.
        self.takes(feature, what, instead, wanted.is_some(), at)
            .then_some(way)
    }

    /// Whether Ignition gets its config.
    fn tells_ignition(&mut self, at: &At) -> bool {
        let what = "an Ignition config by properties";
        let takes = self.takes(Feature::Properties, what, "", false, at.key("ignition"));
        let profile = self.profile;
        if takes && profile.seed != Way::Properties && profile.importer.is_some() {
            self.notes.push(format!(
                "{}: Ignition gets its config by properties, which this platform does not hand to \
                 guests: give it there by the platform's own means, too",
                profile.title
            ));
        }
        takes
    }

    /// Whether the target takes `what`, which uses `feature`. It is an error if it does not,
    /// unless the target leaves such things out, and it may: then it is noted.
    fn takes(
        &mut self,
        feature: Feature,
        what: &str,
        instead: &str,
        strictly: bool,
        at: At,
    ) -> bool {
        let profile = self.profile;
        if let Some(why) = profile.leaves_out.get(&feature).filter(|_| !strictly) {
            self.notes
                .push(format!("{}: {what} is left out: {why}", profile.title));
            return false;
        }
        let refused = profile.refuses.get(&feature);
        let Some(why) = refused.or_else(|| profile.leaves_out.get(&feature)) else {
            return true;
        };
        let error = Contradiction::NotOnTarget {
            what: what.to_owned(),
            target: profile.title.clone(),
            why: Some(why.clone()),
            instead: instead.to_owned(),
        };
        let error = error.into();
        self.problems.push(Problem { at, error });
        false
    }

    /// What the guest of `definition` is told, ready to be packed.
    fn make(
        &mut self,
        cloud_init: Option<&CloudInit>,
        ignition: Option<&Ignition>,
        mode: Mode,
        definition: &Definition,
        at: &At,
    ) -> Option<Seed> {
        let request = Request {
            cloud_init,
            ignition,
            machine: definition.machine_name(),
            mode,
            reader: &read_map,
        };
        let error = match make(&request) {
            Ok(seed) => return Some(seed),
            Err(error) => error,
        };
        for error in error.each() {
            let about = ignition.map(|ignition| ignition.document().path());
            let at = if cloud_init.is_none() || about == error.place().path.as_deref() {
                at.key("ignition")
            } else {
                let part = |number: usize| Some(cloud_init?.part(Part::ALL[number])?.path());
                field(&at.key("cloud-init"), &error, part)
            };
            self.problems.push(Problem { at, error });
        }
        None
    }

    fn add_properties(&mut self, made: Properties, definition: &mut Definition, at: &At) {
        // The guest looks for plain keys: those of a product with a class have that in front.
        let is_plain = |product: &Brief<Product>| {
            let none = |part: &Option<String>| part.as_deref().is_none_or(str::is_empty);
            none(&product.class) && none(&product.instance)
        };
        let mut plain = definition.product.iter().position(is_plain);
        let of_machine = plain == Some(0) || definition.product.is_empty();
        if plain.is_none() && !of_machine {
            definition.product.push(Brief(Product::default()));
            plain = Some(definition.product.len() - 1);
        }
        for property in made.properties {
            if of_machine && let Some(own) = definition.properties.get_mut(property.key) {
                self.fill(own, property, &at.key("properties"));
                continue;
            }
            let (list, at) = match plain {
                Some(index) => {
                    let at = at.key("product").index(index).key("properties");
                    (&mut definition.product[index].properties, at)
                }
                None => (&mut definition.properties, at.key("properties")),
            };
            match list.get_mut(property.key) {
                Some(own) => self.fill(own, property, &at),
                None => insert(list, property),
            }
        }
        self.add_transports(&made.transports, definition, at);
    }

    /// Gives the definition's `own` property, in the list at `at`, the value of the one that
    /// was `made`, unless it has one.
    fn fill(&mut self, own: &mut Property, made: SeedProperty, at: &At) {
        let given = own.default.as_ref().filter(|value| !value.is_empty());
        match given {
            None => own.default = Some(Scalar(made.value)),
            Some(given) if made.is_file() && given.0 != made.value => {
                let message = format!(
                    "the property `{}` has a value, and first-boot configuration has another",
                    made.key
                );
                let error = Error::new(ErrorKind::Usage, message)
                    .why("the guest would get nothing of what the file says")
                    .help("remove one of them");
                let at = at.key(made.key).key("default");
                self.problems.push(Problem { at, error });
            }
            Some(_) => {}
        }
    }

    /// Sees to it that the guest finds the properties by one of the `ways` it knows.
    fn add_transports(&mut self, ways: &[Transport], definition: &mut Definition, at: &At) {
        let Some(own) = &definition.transport else {
            // A document on a CD needs a drive without one (DSP0243 1.1 §11.2).
            let empty = |drive: &Brief<Drive>| drive.image.is_none();
            let has_room = definition.cdroms.iter().any(empty);
            let ways = ways
                .iter()
                .filter(|way| **way != Transport::Iso || has_room);
            let tokens: Vec<String> = ways.map(|way| way.token().to_owned()).collect();
            definition.transport = Some(tokens.into());
            return;
        };
        if ways
            .iter()
            .all(|way| own.iter().all(|token| token != way.token()))
        {
            let known: Vec<&str> = ways.iter().map(|way| way.token()).collect();
            let error = Error::new(
                ErrorKind::Usage,
                "no transport brings the guest its first-boot configuration",
            )
            .why(format!("it looks for {} only", known.join(" and ")))
            .help(format!("add `{}`, or leave `transport` away", known[0]));
            let at = at.key("transport");
            self.problems.push(Problem { at, error });
        }
    }
}

fn insert(list: &mut IndexMap<String, Brief<Property>>, made: SeedProperty) {
    let property = Property {
        value_type: Some(made.value_type.to_owned()),
        default: Some(Scalar(made.value)),
        label: Some(made.label.into()),
        description: Some(made.description.into()),
        category: Some(CATEGORY.into()),
        user_configurable: Some(made.user_configurable),
        password: made.password,
        ..Property::default()
    };
    list.insert(made.key.to_owned(), Brief(property));
}

/// Adds a CD drive with the seed image in it.
fn add_drive(image: Vec<u8>, definition: &mut Definition) {
    let name = image_name(definition);
    definition.cdroms.push(Brief(Drive {
        image: Some(name),
        content: Some(image),
        ..Drive::default()
    }));
}

/// What the seed image of `definition` is called.
pub(in crate::ops) fn image_name(definition: &Definition) -> String {
    format!("{}-seed.iso", definition.machine_name())
}
