//! Whether a value is one of the type and within the bounds a property sets
//! (DSP0243 1.1 §9.5.1, whose types and qualifiers are those of DSP0004).

use crate::envelope::Property;

/// Why `value` cannot be that of `property`; nothing if it can.
///
/// Types the standard does not know, such as VMware's `ip`, take any text.
pub(in crate::envelope) fn misfit(property: &Property, value: &str) -> Option<String> {
    let kind = property.value_type.trim();
    of_type(kind, value).or_else(|| {
        let qualifiers = property.qualifiers.as_deref().unwrap_or_default();
        outside(qualifiers, value)
    })
}

fn of_type(kind: &str, value: &str) -> Option<String> {
    let parsed = match kind.to_ascii_lowercase().as_str() {
        "boolean" => ["true", "false"]
            .iter()
            .any(|word| value.eq_ignore_ascii_case(word)),
        "uint8" => value.parse::<u8>().is_ok(),
        "uint16" => value.parse::<u16>().is_ok(),
        "uint32" => value.parse::<u32>().is_ok(),
        "uint64" => value.parse::<u64>().is_ok(),
        "sint8" => value.parse::<i8>().is_ok(),
        "sint16" => value.parse::<i16>().is_ok(),
        "sint32" => value.parse::<i32>().is_ok(),
        "sint64" => value.parse::<i64>().is_ok(),
        "real32" => value.parse::<f32>().is_ok_and(f32::is_finite),
        "real64" => value.parse::<f64>().is_ok_and(f64::is_finite),
        _ => true,
    };
    (!parsed).then(|| format!("it is no `{kind}`"))
}

/// What `qualifiers` allow that `value` is not.
fn outside(qualifiers: &str, value: &str) -> Option<String> {
    let length = value.chars().count();
    if let Some(least) = number(qualifiers, "MinLen").filter(|least| length < *least) {
        return Some(format!(
            "it has {length} characters, and {least} are the least"
        ));
    }
    if let Some(most) = number(qualifiers, "MaxLen").filter(|most| length > *most) {
        return Some(format!(
            "it has {length} characters, and {most} are the most"
        ));
    }
    let choices = choices(qualifiers)?;
    (!choices.iter().any(|choice| choice == value))
        .then(|| format!("it is none of {}", choices.join(", ")))
}

/// The number in `name(number)`.
fn number(qualifiers: &str, name: &str) -> Option<usize> {
    let (_, rest) = qualifiers.split_once(name)?;
    let (number, _) = rest.trim_start().strip_prefix('(')?.split_once(')')?;
    number.trim().parse().ok()
}

/// The words in `ValueMap{"a","b"}`, which some write without quotes.
fn choices(qualifiers: &str) -> Option<Vec<String>> {
    let (_, rest) = qualifiers.split_once("ValueMap")?;
    let mut rest = rest.trim_start().strip_prefix('{')?.chars();
    let (mut choices, mut word, mut quoted) = (Vec::new(), String::new(), false);
    while let Some(c) = rest.next() {
        match c {
            '\\' if quoted => word.extend(rest.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => choices.push(std::mem::take(&mut word)),
            '}' if !quoted => {
                choices.push(word);
                return Some(choices);
            }
            c if c.is_whitespace() && !quoted => {}
            c => word.push(c),
        }
    }
    // It does not end, so it bounds nothing.
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(kind: &str, qualifiers: &str, value: &str) -> bool {
        let property = Property {
            value_type: kind.to_owned(),
            qualifiers: Some(qualifiers.to_owned()),
            ..Property::default()
        };
        misfit(&property, value).is_none()
    }

    #[test]
    fn types_have_their_values() {
        for (kind, good, bad) in [
            ("boolean", "True", "yes"),
            ("uint8", "255", "256"),
            ("uint16", "0", "-1"),
            ("uint32", "4294967295", ""),
            ("uint64", "18446744073709551615", "1.0"),
            ("sint8", "-128", "128"),
            ("sint16", "-1", "0x1"),
            ("sint32", "7", "seven"),
            ("Sint64", "-9", " "),
            ("real32", "1e3", "1e99"),
            ("real64", "-.5", "NaN"),
        ] {
            assert!(fits(kind, "", good), "{kind} {good}");
            assert!(!fits(kind, "", bad), "{kind} {bad}");
        }
        assert!(fits("string", "", "") && fits("ip:lan", "", "x") && fits("", "", "x"));
    }

    #[test]
    fn qualifiers_bound_them() {
        let length = "MinLen(2), MaxLen( 3 )";
        let lengths = ["ä", "äö", "äöü", "äöüß"].map(|value| fits("string", length, value));
        assert_eq!(lengths, [false, true, true, false]);
        let map = r#"ValueMap{"a", "b,\"}", c d}"#;
        let mapped = ["a", "b,\"}", "cd", "b", ""].map(|value| fits("string", map, value));
        assert_eq!(mapped, [true, true, true, false, false]);
        for nonsense in ["MinLen(x)", "MinLen", "ValueMap", "ValueMap{", "MinLen(-1)"] {
            assert!(fits("string", nonsense, ""), "{nonsense}");
        }
    }
}
