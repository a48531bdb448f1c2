//! Policy files: what each gateway gets, byte for byte, and what it is refused.

mod golden;
mod lints;
mod properties;
mod refusals;
mod sample;
