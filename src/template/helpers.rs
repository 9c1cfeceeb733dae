//! What templates can call besides handlebars' own helpers.

use handlebars::{
    Context, Handlebars, Helper, HelperResult, JsonRender, Output, RenderContext,
    RenderErrorReason, Renderable,
};
use serde_json::Value;

use crate::xml::escape_text;

/// Makes the helpers known to `engine`.
pub(super) fn register(engine: &mut Handlebars<'_>) {
    engine.register_helper("text", Box::new(text));
    engine.register_helper("given", Box::new(given));
    engine.register_helper("xml", Box::new(xml));
    engine.register_helper("on", Box::new(on));
    engine.register_helper("member", Box::new(member));
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
///
/// `<{{xml field prefix}}` gives the element itself another prefix: members of an item
/// are kept by the names of one class, and belong to the class of the item.
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
    let element = element.strip_prefix('<').unwrap_or(element);
    match helper.param(1).and_then(|prefix| prefix.value().as_str()) {
        Some(prefix) => out.write(&with_prefix(element, prefix))?,
        None => out.write(element)?,
    }
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

/// `<{{member item "Name" field 0}}`: the member `Name` of an item or of the system with
/// the value of `field`, and the attributes that were found on the first of that name,
/// or the given one. The template writes the `<`, so that the engine indents it.
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
    // A system has no kind: its members are of one class.
    let prefix = item["kind"]["prefix"].as_str().unwrap_or("vssd");
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
