//! What templates can call besides handlebars' own helpers.

use std::borrow::Cow;

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use crate::envelope::{Item, System};
use crate::xml::escape_text;

/// Makes the helpers known to `engine`.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    engine.register_helper("given", Box::new(given));
    engine.register_helper("members", Box::new(members));
    let writers: [(_, Write); 4] = [("text", text), ("xml", xml), ("on", on), ("member", member)];
    for (name, write) in writers {
        let helper = move |helper: &Helper<'_>,
                           _: &Handlebars<'_>,
                           _: &Context,
                           _: &mut RenderContext<'_, '_>,
                           out: &mut dyn Output|
              -> HelperResult {
            out.write(&write(helper)?)?;
            Ok(())
        };
        engine.register_helper(name, Box::new(helper));
    }
}

/// A helper that writes a text made of its parameters alone.
type Write = for<'h> fn(&'h Helper<'_>) -> Written<'h>;

/// What such a helper writes.
type Written<'h> = Result<Cow<'h, str>, RenderErrorReason>;

/// The parameter `index` of a helper, called `name`, that cannot do without it.
fn param<'h>(
    helper: &'h Helper<'_>,
    name: &'static str,
    index: usize,
) -> Result<&'h Value, RenderErrorReason> {
    let given = helper.param(index).map(handlebars::PathAndJson::value);
    given.ok_or(RenderErrorReason::ParamNotFoundForIndex(name, index))
}

/// `{{text field}}`: the field as content of an element.
///
/// It writes past the engine's indentation, which would otherwise creep into texts
/// of several lines.
fn text<'h>(helper: &'h Helper<'_>) -> Written<'h> {
    let field = param(helper, "text", 0)?;
    Ok(escape_text(&field.render()).into())
}

/// `<{{xml field}}`: an element that is kept as it was found. The template writes the
/// `<`, so that the engine indents the first line; the others stand as they were.
fn xml<'h>(helper: &'h Helper<'_>) -> Written<'h> {
    let field = param(helper, "xml", 0)?;
    let element = field.as_str().unwrap_or_default();
    Ok(element.strip_prefix('<').unwrap_or(element).into())
}

/// `element`, without its first `<`, with another prefix on its tags.
fn with_prefix(element: &str, prefix: &str) -> String {
    let Some((_, rest)) = element.split_once(':') else {
        return element.to_owned();
    };
    let content = match rest.rsplit_once("</") {
        Some((content, end)) if !element.ends_with("/>") => {
            let local = end.split_once(':').map_or(end, |(_, local)| local);
            format!("{content}</{prefix}:{local}")
        }
        _ => rest.to_owned(),
    };
    format!("{prefix}:{content}")
}

/// `{{on extra "Name" 0}}`: the attributes that were found on a child of that name, the
/// first or the given one, whose value is modelled without them.
fn on<'h>(helper: &'h Helper<'_>) -> Written<'h> {
    let param = |index| param(helper, "on", index);
    let (extra, name) = (param(0)?, param(1)?.as_str().unwrap_or_default());
    let nth = param(2).ok().and_then(Value::as_u64).unwrap_or(0);
    Ok(attributes_on(Some(extra), name, nth).into())
}

/// `{{#members item}}…{{/members}}`: the block for each member that the item or the
/// system has, in the order of the schema. Inside, `@name` is its name, `@value` what
/// it holds, and `@nth` counts those of one name from 0.
///
/// A class has 75 members and an item some ten of them; asking for each in a template
/// would be most of the work.
fn members<'reg, 'rc>(
    helper: &Helper<'rc>,
    engine: &'reg Handlebars<'reg>,
    context: &'rc Context,
    render: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let record = param(helper, "members", 0)?;
    let Some(block) = helper.template() else {
        return Ok(());
    };
    let names: &mut dyn Iterator<Item = _> = match record.get("kind") {
        Some(_) => &mut Item::members(),
        // A system has no kind: its members are of one class.
        None => &mut System::members(),
    };
    for (field, name) in names {
        let values = match record.get(field) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(values)) => values.as_slice(),
            Some(value) => std::slice::from_ref(value),
        };
        for (nth, value) in values.iter().enumerate() {
            if let Some(variables) = render.block_mut() {
                variables.set_local_var("name", name.into());
                variables.set_local_var("value", value.clone());
                variables.set_local_var("nth", nth.into());
            }
            block.render(engine, context, render, out)?;
        }
    }
    Ok(())
}

/// `<{{member item "Name" field 0}}`: the member `Name` of an item or of the system with
/// the value of `field`, and the attributes that were found on the first of that name,
/// or the given one. The template writes the `<`, so that the engine indents it.
///
/// A value that is kept whole gets the prefix of the item's class: it is kept by the
/// names of one.
fn member<'h>(helper: &'h Helper<'_>) -> Written<'h> {
    let param = |index| param(helper, "member", index);
    let (item, name, value) = (param(0)?, param(1)?, param(2)?);
    let nth = param(3).ok().and_then(Value::as_u64).unwrap_or(0);
    let prefix = item["kind"]["prefix"].as_str().unwrap_or("vssd");
    if let Some(kept) = value.get("xml").and_then(Value::as_str) {
        let kept = kept.strip_prefix('<').unwrap_or(kept);
        return Ok(with_prefix(kept, prefix).into());
    }
    let name = name.as_str().unwrap_or_default();
    let attributes = attributes_on(item.get("extra"), name, nth);
    let value = escape_text(&value.render());
    Ok(format!("{prefix}:{name}{attributes}>{value}</{prefix}:{name}>").into())
}

/// The attributes that `extra` keeps for the `nth` child called `name`.
fn attributes_on<'v>(extra: Option<&'v Value>, name: &str, nth: u64) -> &'v str {
    let found = extra.and_then(|extra| extra.get("on_children")?.get(format!("{name} {nth}")));
    found.and_then(Value::as_str).unwrap_or_default()
}

/// `{{#given field}}…{{/given}}`: the block, unless the field is absent.
fn given<'reg, 'rc>(
    helper: &Helper<'rc>,
    engine: &'reg Handlebars<'reg>,
    context: &'rc Context,
    render: &mut RenderContext<'reg, 'rc>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = param(helper, "given", 0)?;
    match helper.template() {
        Some(block) if !field.is_null() => block.render(engine, context, render, out),
        _ => Ok(()),
    }
}
