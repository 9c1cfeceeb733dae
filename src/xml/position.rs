//! From a byte offset to the line and column an editor shows.

/// Line and column, both from 1, of byte `offset` in `text`. A column counts
/// characters. An offset beyond the end, or inside a character, is moved back.
pub fn line_column(text: &str, offset: usize) -> (u32, u32) {
    let mut end = offset.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let before = &text[..end];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let lines = before.bytes().filter(|&byte| byte == b'\n').count();
    let columns = before[line_start..].chars().count();
    (from_one(lines), from_one(columns))
}

/// Counts from 1 instead of 0.
fn from_one(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::line_column;

    #[test]
    fn columns_count_characters() {
        let text = "ab\nüxy";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 3), (2, 1));
        assert_eq!(line_column(text, 4), (2, 1), "inside the ü");
        assert_eq!(line_column(text, 5), (2, 2));
        assert_eq!(line_column(text, 999), (2, 4));
    }
}
