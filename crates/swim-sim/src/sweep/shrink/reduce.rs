//! A list made as short as it can be.

/// The shortest list found for which `holds` is true, given that it is for the whole: parts are left out, halves first,
/// then quarters, and single entries in the end, until none can be spared. `holds` is asked for non-empty lists only, and
/// for the empty one first.
pub(super) fn reduce<T: Clone>(all: Vec<T>, mut holds: impl FnMut(&[T]) -> bool) -> Vec<T> {
    if all.is_empty() || holds(&[]) {
        return Vec::new();
    }
    let mut kept = all;
    let mut part = kept.len().div_ceil(2);
    loop {
        let before = kept.len();
        let mut from = 0;
        while from < kept.len() && kept.len() > 1 {
            let to = kept.len().min(from + part);
            let without = [&kept[..from], &kept[to..]].concat();
            if !without.is_empty() && holds(&without) {
                kept = without;
            } else {
                from = to;
            }
        }
        if part > 1 {
            part = part.div_ceil(2).min(kept.len().div_ceil(2)).max(1);
        } else if kept.len() == before {
            return kept;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_needed_stays_and_all_else_goes() {
        for needed in [&[3][..], &[0, 99], &[5, 6, 7, 50], &[]] {
            let mut asked = 0;
            let kept = reduce((0..100).collect(), |list| {
                asked += 1;
                needed.iter().all(|one| list.contains(one))
            });
            assert_eq!(kept, needed);
            assert!(asked < 150, "{asked}");
        }
    }

    #[test]
    fn one_of_two_that_do_is_enough() {
        let kept = reduce((0..64).collect(), |list: &[i32]| {
            list.contains(&9) || list.contains(&41)
        });
        assert!(kept == [9] || kept == [41], "{kept:?}");
    }
}
