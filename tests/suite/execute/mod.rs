//! Executions against an emulated account, over a socket, with everything that can go wrong in between.

mod account;
mod killed;
mod lost_answers;
mod moved;
mod replace;
mod stale;
mod stops;
mod storms;
mod unreadable;
mod walk;
