//! A plan as one HTML file that needs nothing else: no script, no font, no picture, no request.
//!
//! Everything foreign gets in through [`markup`], which knows text and attribute values and escapes both.

mod access;
mod changes;
mod graph;
mod markup;
mod plan;
#[cfg(test)]
mod tests;

pub(super) use markup::escaped;
pub use plan::write_plan_html;
