//! Plans as versioned JSON, which is also what a saved plan is; access and snapshots of accounts likewise.
//!
//! The structs of each version are private: what leaves the room is the text, its schema, [`SavedPlan`] and [`Snapshot`].

mod access;
mod contrast;
mod saved;
mod snapshot;
mod v1;
mod verify;
mod version;

pub use access::{Shown as AccessShown, access_schema, write_access_json};
pub use contrast::{contrast_schema, write_contrast_json};
pub use saved::{SavedAccess, SavedChange, SavedField, SavedFile, SavedPlan, SavedPlanError, read_plan};
pub use snapshot::{Snapshot, SnapshotError, read_snapshot, snapshot_schema, write_snapshot};
pub use v1::{plan_schema, write_plan_json};
pub use verify::{verify_schema, write_verify_json};
