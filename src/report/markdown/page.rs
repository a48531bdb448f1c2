//! Text that never outgrows its place.

/// What a page may take, in bytes: what GitHub and GitLab take in one comment, less what a workflow writes around it, such as the
/// line that it finds its comment by.
///
/// Source: GitHub refuses comments of more than 65,536 characters; counted in bytes, GitLab's larger limit holds too.
pub(super) const LIMIT: usize = 65_536 - 1_024;

/// A page that grows by whole blocks, as long as there is room.
#[derive(Debug, Default)]
pub(super) struct Page {
    text: String,
}

/// Something with a frame around it, of which as many blocks are shown as fit.
pub(super) struct Section<'a> {
    /// Stands before the first block.
    pub(super) open: String,
    /// The blocks, the most important one first.
    pub(super) blocks: &'a mut dyn Iterator<Item = String>,
    /// Stands after the last block that is shown.
    pub(super) close: &'a str,
    /// The most bytes it may take.
    pub(super) share: usize,
}

impl Page {
    /// Adds something short that has to stand there.
    pub(super) fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Adds a section and returns how many of its blocks are left out; without any block there is no frame either.
    ///
    /// A block that does not fit ends the section: what is shown is always what comes first.
    pub(super) fn section(&mut self, section: Section<'_>, reserve: usize) -> usize {
        let Section { open, blocks, close, share } = section;
        let room = LIMIT.saturating_sub(reserve + self.text.len()).min(share);
        let mut taken = open.len() + close.len();
        let mut shown = String::new();
        let mut left_out = 0;
        for block in blocks {
            if left_out > 0 || taken + block.len() > room {
                left_out += 1;
                continue;
            }
            taken += block.len();
            shown.push_str(&block);
        }
        if !shown.is_empty() {
            self.text.extend([open.as_str(), &shown, close]);
        }
        left_out
    }

    /// Returns the text.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
