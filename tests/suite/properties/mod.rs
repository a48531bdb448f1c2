//! Properties of the pure rooms, over small worlds that are rich in collisions.

mod account;
mod contrast;
mod laws;
mod targets;
mod undo;
mod worlds;
