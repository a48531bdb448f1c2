//! Where a problem begins and ends.

use crate::diagnostic::{Origin, SourceFiles};

/// A place in a file: lines and columns from 1, columns in characters, the end behind the last character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Region {
    pub(super) line: u32,
    pub(super) column: u32,
    pub(super) end_line: u32,
    pub(super) end_column: u32,
}

impl Region {
    /// Returns the region of an origin; where the file is not at hand, it is empty.
    pub(super) fn of(origin: &Origin, sources: &SourceFiles) -> Self {
        let Origin { file, line, column, start, end } = origin;
        let text = sources.text(file).and_then(|text| text.get(*start..*end)).unwrap_or_default();
        // A key's line is the place, not the line feed behind it.
        let text = text.trim_end_matches(['\n', '\r']);
        let breaks = to_u32(text.matches('\n').count());
        let last = text.rsplit('\n').next().unwrap_or_default();
        let width = to_u32(last.chars().count());
        let end_column = if breaks == 0 { column.saturating_add(width) } else { width.saturating_add(1) };
        Self { line: *line, column: *column, end_line: line.saturating_add(breaks), end_column }
    }
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::Region;
    use crate::diagnostic::{Origin, SourceFiles};

    #[test]
    fn columns_are_characters_and_ends_lie_behind() {
        let text = "a: Ä\u{1F600}x\nb: |\n  ü\n  z\n";
        let mut sources = SourceFiles::default();
        sources.insert("a.yaml".into(), text.into());
        let check = |part: &str, (line, column): (u32, u32), (end_line, end_column): (u32, u32)| {
            let start = text.find(part).unwrap();
            let origin = Origin { file: "a.yaml".into(), line, column, start, end: start + part.len() };
            assert_eq!(Region::of(&origin, &sources), Region { line, column, end_line, end_column }, "{part:?}");
        };
        check("Ä\u{1F600}x", (1, 4), (1, 7));
        check("a: Ä\u{1F600}x\n", (1, 1), (1, 7));
        check("|\n  ü\n  z\n", (2, 4), (4, 4));
        check("", (1, 1), (1, 1));
        let elsewhere = Origin { file: "b.yaml".into(), line: 3, column: 2, start: 9, end: 90 };
        assert_eq!(Region::of(&elsewhere, &sources), Region { line: 3, column: 2, end_line: 3, end_column: 2 });
    }
}
