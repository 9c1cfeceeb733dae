use std::collections::BTreeMap;

use super::*;
use crate::base::{Error, ErrorKind};
use crate::envelope::{self, Envelope};
use crate::xml::names::ENVELOPE_1;

fn product(attributes: &str, properties: &str) -> String {
    format!("<ProductSection {attributes}><Info/>{properties}</ProductSection>")
}

fn property(key: &str, rest: &str) -> String {
    format!("<Property ovf:key='{key}' ovf:type='string' {rest}/>")
}

fn machine_of(id: &str, inside: &str) -> String {
    format!("<VirtualSystem ovf:id='{id}'><Info/>{inside}</VirtualSystem>")
}

/// Collections in one another, with two machines and a collection in the inner one.
fn envelope() -> Envelope {
    let own = product(
        "ovf:class='org.web' ovf:instance='1'",
        "<Property ovf:key='port' ovf:type='uint16' ovf:userConfigurable='true' ovf:value='80'>\
         <Value ovf:value='8080' ovf:configuration='big'/></Property>\
         <Property ovf:key='pool' ovf:type='uint8' ovf:value='4' ovf:configuration='big'/>",
    );
    let reference = product("", &property("db", "ovf:value='${address}'"));
    let overriding = product("", &property("domain", "ovf:value='web.test'"));
    let shared = product("", &property("domain", "ovf:value='a.test'"))
        + &product(
            "ovf:class='net'",
            &property(
                "address",
                "ovf:userConfigurable='true' ovf:qualifiers='MinLen(7)'",
            ),
        );
    let secret = property("secret", "ovf:password='true' ovf:userConfigurable='true'");
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}'><References/>\
         <DeploymentOptionSection><Info/><Configuration ovf:id='small'/>\
         <Configuration ovf:id='big'/></DeploymentOptionSection>\
         <VirtualSystemCollection ovf:id='all'><Info/>{}\
         <VirtualSystemCollection ovf:id='tier'><Info/>{shared}{}{}\
         <VirtualSystemCollection ovf:id='deep'><Info/>{}</VirtualSystemCollection>\
         </VirtualSystemCollection></VirtualSystemCollection></Envelope>",
        product("", &property("far", "ovf:value='1'")),
        machine_of("web", &(own + &reference + &overriding)),
        machine_of("db", &product("ovf:class='org.db'", &secret)),
        machine_of("inner", ""),
    );
    envelope::parse(&text).expect("readable")
}

const ADDRESS: (&str, &str) = ("net.address", "10.0.0.1");

fn deployment(configuration: Option<&str>, values: &[(&str, &str)]) -> Deployment {
    let values = values
        .iter()
        .map(|&(key, value)| (key.to_owned(), value.to_owned()));
    Deployment {
        configuration: configuration.map(str::to_owned),
        values: values.collect(),
        ..Deployment::default()
    }
}

fn pairs<'p>(properties: impl Iterator<Item = &'p Property>) -> BTreeMap<&'p str, &'p str> {
    properties
        .map(|property| (property.key.as_str(), property.value.as_str()))
        .collect()
}

fn refused(configuration: Option<&str>, values: &[(&str, &str)]) -> Error {
    let error = of(&envelope(), "web", &deployment(configuration, values)).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Usage);
    assert!(error.advice().is_some(), "{error}");
    error
}

#[test]
fn a_machine_has_its_properties_and_those_of_its_collection() {
    let made = of(&envelope(), "web", &deployment(None, &[ADDRESS])).expect("deployable");
    assert_eq!(made.id.as_deref(), Some("web"));
    let keys: Vec<_> = made.properties().map(|property| &*property.key).collect();
    assert_eq!(keys, ["net.address", "org.web.port.1", "db", "domain"]);
    let expected = BTreeMap::from([
        ADDRESS,
        ("org.web.port.1", "80"),
        ("db", "10.0.0.1"),
        ("domain", "web.test"),
    ]);
    assert_eq!(pairs(made.properties()), expected);
    assert_eq!(made.platform(), None);
}

#[test]
fn siblings_are_told_with_what_they_see() {
    let values = [ADDRESS, ("org.db.secret", "s\"<&")];
    let made = of(&envelope(), "web", &deployment(None, &values)).expect("deployable");
    let [db, deep] = made.entities.as_slice() else {
        panic!("{:?}", made.entities)
    };
    assert_eq!((&*db.id, &*deep.id), ("db", "deep"));
    let expected = BTreeMap::from([ADDRESS, ("domain", "a.test"), ("org.db.secret", "s\"<&")]);
    assert_eq!(pairs(db.properties()), expected);
    let inherited = BTreeMap::from([ADDRESS, ("domain", "a.test")]);
    assert_eq!(pairs(deep.properties()), inherited);
    // A machine alone in its collection sees the one around it, and no further.
    let alone = of(&envelope(), "inner", &Deployment::default()).expect("deployable");
    assert_eq!((alone.properties().count(), alone.entities.len()), (0, 0));
}

#[test]
fn the_deployment_option_decides() {
    let big = deployment(Some("big"), &[ADDRESS]);
    let made = of(&envelope(), "web", &big).expect("deployable");
    let pairs = pairs(made.properties());
    assert_eq!(pairs["org.web.port.1"], "8080");
    assert_eq!(pairs["org.web.pool.1"], "4");
    let given = deployment(Some("big"), &[ADDRESS, ("org.web.port.1", "1")]);
    let made = of(&envelope(), "web", &given).expect("deployable");
    assert_eq!(
        super::tests::pairs(made.properties())["org.web.port.1"],
        "1"
    );
    let error = refused(Some("huge"), &[ADDRESS]);
    assert_eq!(error.advice(), Some("the descriptor has: small, big"));
}

#[test]
fn values_that_cannot_be_are_refused() {
    let error = refused(None, &[ADDRESS, ("port", "1")]);
    assert_eq!(error.message(), "there is no property `port`");
    let known = "the properties are `db`, `domain`, `net.address`, `org.db.secret`, \
                 `org.web.port.1`";
    assert_eq!(error.advice(), Some(known));
    for (key, value, why) in [
        ("org.web.port.1", "http", "it is no `uint16`"),
        (
            "net.address",
            "::1",
            "it has 3 characters, and 7 are the least",
        ),
        ("domain", "b.test", "the descriptor fixes it to \"a.test\""),
        (
            "net.address",
            "1234567\0",
            "no document can hold the character '\\0'",
        ),
    ] {
        let error = refused(None, &[(key, value)]);
        assert_eq!(error.reason(), Some(why));
        assert!(error.message().contains(key), "{error}");
    }
    let error = refused(None, &[]);
    assert_eq!(error.message(), "no value is given for `net.address`");
}

#[test]
fn machines_are_found_or_named() {
    let envelope = envelope();
    assert_eq!(machine(&envelope, Some("db")).expect("there").id, "db");
    for (wanted, message) in [
        (Some("mail"), "the descriptor has no virtual system `mail`"),
        (None, "the descriptor has several virtual systems"),
    ] {
        let error = machine(&envelope, wanted).expect_err("not told");
        assert_eq!(error.message(), message);
        assert_eq!(error.advice(), Some("choose one of `web`, `db`, `inner`"));
    }
    let error = machine(&Envelope::default(), None).expect_err("none");
    assert_eq!(error.message(), "the descriptor has no virtual system");
}

#[test]
fn old_and_careless_documents_are_understood() {
    let text = "<Environment xmlns='http://www.vmware.com/schema/ovf/1/environment' \
        xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' id='x'><Entity id='y'/>\
        <Section xsi:type='PropertySection_Type'><Property key='a' value='1'/></Section>\
        <Section xsi:type='v:MoreSection_Type'/></Environment>";
    let read = parse(text).expect("readable");
    assert_eq!(read.id.as_deref(), Some("x"));
    assert_eq!(pairs(read.properties()), BTreeMap::from([("a", "1")]));
    assert!(matches!(read.sections[1], Section::Other(_)));
    assert_eq!(read.entities[0].id, "y");
}

#[test]
fn another_root_is_no_environment() {
    let error = parse("<Environment/>").expect_err("no namespace");
    assert_eq!(error.kind(), ErrorKind::Invalid);
    assert_eq!(error.place().line, Some((1, 1)));
}

#[test]
fn a_property_without_a_key_is_not_waited_for() {
    let nameless = product(
        "",
        "<Property ovf:type='uint8' ovf:userConfigurable='true'/>",
    );
    let text = format!(
        "<Envelope xmlns='{ENVELOPE_1}' xmlns:ovf='{ENVELOPE_1}'><References/>{}</Envelope>",
        machine_of("vm", &nameless),
    );
    let envelope = envelope::parse(&text).expect("readable");
    let told = of(&envelope, "vm", &Deployment::default()).expect("nothing to give");
    assert_eq!(told.properties().count(), 1);
}
