//! The program's own use of the opaque metadata that a member tells about itself: pairs of key and value.
//!
//! The library carries any bytes. The program writes, in ascending order of keys, for each pair the length of the key (one
//! byte), the key, the length of the value (two bytes, little-endian) and the value, all UTF-8, behind one byte that marks
//! the format. No metadata at all is no pairs. What reads otherwise is somebody else's and is shown as base64.

use std::collections::BTreeMap;

use swim_smol::MAX_META;

/// Key and value, ordered by key.
pub(crate) type Pairs = BTreeMap<String, String>;

/// The first byte of what this program writes.
const MARK: u8 = 0x01;

/// Longest key, in bytes: its length stands in one byte.
const MAX_KEY: usize = 255;

/// Reads `K=V` words.
///
/// # Errors
/// The word that is no pair, or a key given twice, with the next step.
pub(crate) fn parse<'a>(words: impl IntoIterator<Item = &'a str>) -> Result<Pairs, String> {
    let mut pairs = Pairs::new();
    for word in words {
        let Some((key, value)) = word.split_once('=') else {
            return Err(format!(
                "{word:?} is no pair (write KEY=VALUE, such as role=web)"
            ));
        };
        if pairs.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(format!(
                "the key {key:?} is given twice (give each key once)"
            ));
        }
    }
    Ok(pairs)
}

/// The bytes that tell these pairs.
///
/// # Errors
/// A key that is empty or too long, or more than the library carries, with the next step.
pub(crate) fn encode(pairs: &Pairs) -> Result<Vec<u8>, String> {
    if pairs.is_empty() {
        return Ok(Vec::new());
    }
    let mut bytes = vec![MARK];
    for (key, value) in pairs {
        let key_length = u8::try_from(key.len()).unwrap_or(0);
        if key_length == 0 {
            return Err(format!(
                "the key {key:?} has {} bytes, 1 to {MAX_KEY} are possible (choose another)",
                key.len()
            ));
        }
        // Too long a value is refused below, by its contribution to the whole.
        let value_length = u16::try_from(value.len()).unwrap_or(u16::MAX);
        bytes.push(key_length);
        bytes.extend_from_slice(key.as_bytes());
        bytes.extend_from_slice(&value_length.to_le_bytes());
        bytes.extend_from_slice(value.as_bytes());
    }
    if bytes.len() > MAX_META {
        return Err(format!(
            "the metadata takes {} bytes, {MAX_META} are possible (each pair costs its letters and 3; shorten it)",
            bytes.len()
        ));
    }
    Ok(bytes)
}

/// The pairs told by these bytes; `None` if this program did not write them.
pub(crate) fn decode(bytes: &[u8]) -> Option<Pairs> {
    let Some((&mark, mut rest)) = bytes.split_first() else {
        return Some(Pairs::new());
    };
    let mut pairs = Pairs::new();
    while !rest.is_empty() {
        let (pair, after) = decode_pair(rest)?;
        let ascends = pairs
            .last_key_value()
            .is_none_or(|(last, _)| *last < pair.0);
        if !ascends {
            return None;
        }
        pairs.insert(pair.0, pair.1);
        rest = after;
    }
    (mark == MARK && !pairs.is_empty()).then_some(pairs)
}

fn decode_pair(bytes: &[u8]) -> Option<((String, String), &[u8])> {
    let (&length, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_at_checked(usize::from(length))?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let (value, rest) = rest.split_at_checked(usize::from(u16::from_le_bytes(*length)))?;
    let key = std::str::from_utf8(key)
        .ok()
        .filter(|key| !key.is_empty())?;
    let value = std::str::from_utf8(value).ok()?;
    Some(((key.to_owned(), value.to_owned()), rest))
}

/// Standard base64 with padding (RFC 4648, section 4).
pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= chunk.len() {
                char::from(letter)
            } else {
                '='
            });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pairs(words: &[&str]) -> Pairs {
        parse(words.iter().copied()).expect("pairs")
    }

    #[test]
    fn the_value_is_all_after_the_first_equals_sign() {
        let pairs = pairs(&["role=web", "query=a=b", "empty="]);
        assert_eq!(pairs["query"], "a=b");
        assert_eq!(pairs["empty"], "");
    }

    #[test]
    fn what_is_no_pair_is_said() {
        assert!(
            parse(["role"])
                .expect_err("no =")
                .contains("\"role\" is no pair")
        );
        assert!(
            parse(["a=1", "a=2"])
                .expect_err("twice")
                .contains("given twice")
        );
        assert!(
            encode(&pairs(&["=x"]))
                .expect_err("no key")
                .contains("1 to 255")
        );
    }

    #[test]
    fn the_limit_is_the_librarys() {
        // One byte of mark, three of lengths, one of key.
        let fits = format!("k={}", "v".repeat(MAX_META - 5));
        assert_eq!(encode(&pairs(&[&fits])).expect("fits").len(), MAX_META);
        let over = format!("{fits}v");
        let error = encode(&pairs(&[&over])).expect_err("one too many");
        assert!(
            error.contains("takes 513 bytes, 512 are possible"),
            "{error}"
        );
    }

    #[test]
    fn golden_bytes() {
        let bytes = encode(&pairs(&["role=web", "a="])).expect("short");
        assert_eq!(bytes, b"\x01\x01a\x00\x00\x04role\x03\x00web");
    }

    #[test]
    fn what_others_wrote_is_not_taken_for_pairs() {
        for bytes in [
            &b"role=web"[..],
            b"\x01",
            b"\x01\x01a\x00",
            b"\x01\x00\x00\x00",
            b"\x01\x01b\x00\x00\x01a\x00\x00",
            b"\x01\x01\xff\x00\x00",
            b"\x02\x01a\x00\x00",
        ] {
            assert_eq!(decode(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn base64_is_the_standards() {
        for (bytes, text) in [
            (&b""[..], ""),
            (b"f", "Zg=="),
            (b"fo", "Zm8="),
            (b"foo", "Zm9v"),
            (b"foob", "Zm9vYg=="),
            (b"\xff\xfe\xfd", "//79"),
        ] {
            assert_eq!(base64(bytes), text);
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_decodes_to_itself(
            pairs in proptest::collection::btree_map("[a-zä]{1,9}", ".{0,20}", 0..6)
        ) {
            if let Ok(bytes) = encode(&pairs) {
                prop_assert_eq!(decode(&bytes), Some(pairs));
            }
        }

        #[test]
        fn any_bytes_decode_to_nothing_or_to_what_encodes_to_them(
            bytes in proptest::collection::vec(any::<u8>(), 0..64)
        ) {
            if let Some(pairs) = decode(&bytes) {
                prop_assert_eq!(encode(&pairs), Ok(bytes));
            }
        }
    }
}
