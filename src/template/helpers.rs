//! What templates can call besides handlebars' own helpers.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use crate::envelope::{Item, System};
use crate::xml::escape_text;

/// Makes the helpers known to `engine`.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    engine.register_helper("text", Box::new(text));
    engine.register_helper("given", Box::new(given));
    engine.register_helper("xml", Box::new(xml));
    engine.register_helper("on", Box::new(on));
    engine.register_helper("member", Box::new(member));
    engine.register_helper("members", Box::new(members));
}

/// `{{text field}}`: the field as content of an element.
///
/// It writes past the engine's indentation, which would otherwise creep into texts
/// of several lines.
fn text(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("text", 0))?;
    out.write(&escape_text(&field.value().render()))?;
    Ok(())
}

/// `<{{xml field}}`: an element that is kept as it was found. The template writes the
/// `<`, so that the engine indents the first line; the others stand as they were.
fn xml(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("xml", 0))?;
    let element = field.value().as_str().unwrap_or_default();
    out.write(element.strip_prefix('<').unwrap_or(element))?;
    Ok(())
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
fn on(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let param = |index| helper.param(index).map(handlebars::PathAndJson::value);
    let name = param(1).and_then(Value::as_str).unwrap_or_default();
    let nth = param(2).and_then(Value::as_u64).unwrap_or(0);
    out.write(attributes_on(param(0), name, nth))?;
    Ok(())
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
    let record = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("members", 0))?
        .value();
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
fn member(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let param = |index| {
        let given = helper.param(index).map(handlebars::PathAndJson::value);
        given.ok_or(RenderErrorReason::ParamNotFoundForIndex("member", index))
    };
    let (item, name, value) = (param(0)?, param(1)?, param(2)?);
    let nth = param(3).ok().and_then(Value::as_u64).unwrap_or(0);
    let prefix = item["kind"]["prefix"].as_str().unwrap_or("vssd");
    if let Some(kept) = value.get("xml").and_then(Value::as_str) {
        out.write(&with_prefix(kept.strip_prefix('<').unwrap_or(kept), prefix))?;
        return Ok(());
    }
    let name = name.as_str().unwrap_or_default();
    let attributes = attributes_on(item.get("extra"), name, nth);
    let value = escape_text(&value.render());
    out.write(&format!(
        "{prefix}:{name}{attributes}>{value}</{prefix}:{name}>"
    ))?;
    Ok(())
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
    let field = helper
        .param(0)
        .ok_or(RenderErrorReason::ParamNotFoundForIndex("given", 0))?;
    match helper.template() {
        Some(block) if !field.value().is_null() => block.render(engine, context, render, out),
        _ => Ok(()),
    }
}
