//! A plan as Markdown, for the comment on a pull request.

mod mermaid;
mod page;
mod plan;
mod span;
#[cfg(test)]
mod tests;

pub use plan::write_plan_markdown;
