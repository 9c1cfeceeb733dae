//! Models a platform has in the place of those it has not.

use std::collections::BTreeSet;
use std::fmt::Display;

use super::{Choices, Profile};
use crate::vm::ControllerKind;
use crate::vm::GuestOs;
use crate::vm::definition::Definition;

impl Profile {
    /// The kind of controller made on the bus of `kind`: that one, or another the platform
    /// has.
    pub(in crate::vm) fn controller_like(&self, kind: ControllerKind) -> ControllerKind {
        let refused = self.controllers.refuses(&kind).is_some();
        let mut others = self.controllers.only.iter();
        let other = others.find(|other| refused && other.bus() == kind.bus());
        other.copied().unwrap_or(kind)
    }

    /// Replaces models in `definition` and all machines in it; tells which.
    pub(super) fn replace(&self, definition: &mut Definition) -> BTreeSet<String> {
        let mut notes = BTreeSet::new();
        let name = definition.os.as_ref().and_then(|os| os.name.as_deref());
        let os: GuestOs = name.and_then(|name| name.parse().ok()).unwrap_or_default();
        let kinds = definition.controllers.iter_mut();
        let kinds = kinds.filter_map(|controller| controller.kind.as_mut());
        for kind in kinds {
            self.put(
                &self.controllers,
                kind,
                self.controller_like(*kind),
                &mut notes,
            );
        }
        if let Some(kind) = &mut definition.controller {
            let like = self.controller_like(*kind);
            let instead = if like == *kind {
                self.controller(&os)
            } else {
                like
            };
            self.put(&self.controllers, kind, instead, &mut notes);
        }
        let nics = definition.nics.iter_mut().flatten();
        let models = nics.filter(|nic| nic.subtype.is_none());
        for model in models.filter_map(|nic| nic.model.as_mut()) {
            self.put(&self.nics, model, self.nic(&os), &mut notes);
        }
        for member in &mut definition.machines {
            notes.extend(self.replace(member));
        }
        notes
    }

    /// Puts `instead` in the place of `model`, if the platform has not the one but the other.
    fn put<T: Copy + PartialEq + Display>(
        &self,
        choices: &Choices<T>,
        model: &mut T,
        instead: T,
        notes: &mut BTreeSet<String>,
    ) {
        let Some(refused) = choices.refuses(model) else {
            return;
        };
        if choices.refuses(&instead).is_some() {
            return;
        }
        let why = refused
            .why
            .map(|why| format!(": {why}"))
            .unwrap_or_default();
        notes.insert(format!("{}: {model} becomes {instead}{why}", self.title));
        *model = instead;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vm::NicModel;
    use crate::vm::definition::{Brief, Nic};

    #[test]
    fn another_model_is_taken_and_told() {
        let profile = Profile::named("virtualbox").expect("built in");
        let mut definition = Definition {
            controller: Some(ControllerKind::Pvscsi),
            nics: Some(vec![Brief(Nic {
                model: Some(NicModel::VmxNet3),
                ..Nic::default()
            })]),
            ..Definition::default()
        };
        let notes = profile.replace(&mut definition);
        assert_eq!(definition.controller, Some(ControllerKind::LsiLogic));
        let nics = definition.nics.expect("given");
        assert_eq!(nics[0].model, Some(NicModel::E1000));
        assert_eq!(notes.len(), 2, "{notes:?}");
        let note = notes.first().expect("two");
        assert!(
            note.starts_with("Oracle VirtualBox 7: pvscsi becomes lsilogic: "),
            "{note}"
        );
    }
}
