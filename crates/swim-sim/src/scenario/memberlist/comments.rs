//! Comments of JSON's relatives, HCL and Go: nothing in them is a setting.

#[derive(Clone, Copy)]
enum Within {
    Words,
    /// To the end of the line.
    Line,
    /// To its end, lines away perhaps.
    Block,
    /// A text, and the quote that ends it.
    Quotes(char),
}

/// The text without `# …`, `// …` and `/* … */`; lines stay lines, and what stands in quotes is no comment.
pub(super) fn without(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut within = Within::Words;
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        let next = letters.peek().copied();
        within = match (within, letter, next) {
            (Within::Words, '#', _) | (Within::Words, '/', Some('/')) => Within::Line,
            (Within::Words, '/', Some('*')) => {
                letters.next();
                Within::Block
            }
            (Within::Block, '*', Some('/')) => {
                letters.next();
                plain.push(' ');
                Within::Words
            }
            (Within::Line, '\n', _) => {
                plain.push(letter);
                Within::Words
            }
            (Within::Block, '\n', _) => {
                plain.push(letter);
                Within::Block
            }
            (Within::Line | Within::Block, ..) => within,
            (Within::Words, '"' | '`', _) => {
                plain.push(letter);
                Within::Quotes(letter)
            }
            (Within::Quotes('"'), '\\', Some('"' | '\\')) => {
                plain.push(letter);
                plain.extend(letters.next());
                within
            }
            (Within::Quotes(quote), ..) => {
                plain.push(letter);
                // Only backquotes go on over the end of a line.
                let ends = letter == quote || quote == '"' && letter == '\n';
                if ends { Within::Words } else { within }
            }
            (Within::Words, ..) => {
                plain.push(letter);
                within
            }
        };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_what_is_in_quotes_stays() {
        for (text, plain) in [
            ("a = 1 # b\nc // d\n", "a = 1 \nc \n"),
            ("a /* b */= 1", "a  = 1"),
            ("a /* b\n * c = 2\n */ d", "a \n\n  d"),
            (r##"u = "http://x#y" // "z"##, r##"u = "http://x#y" "##),
            (r##"q = "\"#\\" # r"##, r##"q = "\"#\\" "##),
            ("r = `a\n# b` # c", "r = `a\n# b` "),
            ("s = \"open\n# c", "s = \"open\n"),
            ("/* never closed", ""),
            ("5 / 2 * 3", "5 / 2 * 3"),
        ] {
            assert_eq!(without(text), plain, "{text}");
        }
    }
}
