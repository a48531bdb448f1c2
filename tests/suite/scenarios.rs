//! The stories of `tests/scenarios/`, one test each.

use crate::support::{play, root};

macro_rules! stories {
    ($($test:ident $folder:literal,)*) => {
        $(#[test] fn $test() { play($folder); })*

        /// Every story that is played.
        const PLAYED: &[&str] = &[$($folder,)*];
    };
}

stories! {
    create_all "01-create-all",
    rename "02-rename",
    delete_order "03-delete-order",
    adopt "04-adopt",
    unmanaged_neighbour "05-unmanaged-neighbour",
    drift "06-drift",
    partial_failure "07-partial-failure",
    rate_limit "08-rate-limit",
    expired_token "09-expired-token",
    paging "10-paging",
    concurrent_edit "11-concurrent-edit",
    safety_refusal "12-safety-refusal",
    defaults_and_order "13-defaults-and-order",
    lost_answer "14-lost-answer",
    broken_policy "15-refused-caller",
    moved_since_plan "18-moved-since-plan",
    undo "21-undo",
    replace "22-replace",
}

#[test]
fn every_story_is_played() {
    let mut folders: Vec<String> = std::fs::read_dir(root().join("tests/scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    folders.sort();
    assert_eq!(folders, PLAYED);
}
