//! Compares the desired state with the account and says what has to change, object by object.
//!
//! Pure and total: the same two states give the same changes, sorted by address. The room knows no order of execution and
//! no safety limit (`plan` does), and it never reads anything itself.

mod along;
mod apps;
mod change;
mod children;
mod claims;
mod clients;
mod compare;
mod fields;
mod lookalike;
mod losses;
mod refusal;
mod replace;
mod roles;
mod scopes;
mod servers;
mod sides;

pub use along::{Along, Part, Unseen};
pub use change::{
    Action, AppCreate, AppOperation, AppUpdate, Change, ClientOperation, Diff, Edit, FieldChange, Impact, ObjectRef,
    Operation, Reason, Remark, ScopeRef, Totals,
};
pub use compare::diff;
pub use lookalike::lookalikes;
pub use refusal::{Refusal, RefusalKind};

#[cfg(test)]
mod tests;
