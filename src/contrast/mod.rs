//! How two environments of one file differ: in access, in what only one of them has, and field by field.
//!
//! The room is pure, and neither environment comes before the other. Since both are read from the same lines, whatever
//! differs does so because of a variable, the environment's name or tenant, or an `only:`; which variables it was is found
//! by the place of the value. The room does not know the account.

mod compare;
mod fields;
#[cfg(test)]
mod tests;

pub use compare::{Contrast, Environment, FieldContrast, FileContrast, ValueContrast, contrast};
