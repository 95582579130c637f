//! The queue of events to come: a monotone radix heap.
//!
//! A simulator never schedules into the past, and a heap that may rely on it needs no comparisons between most of its
//! entries: an entry waits in the bucket named by the highest bit in which its time differs from the latest time popped.
//! Each entry moves to a lower bucket at most 64 times in its life, mostly a few times, in runs that the cache likes.

/// What waits, and until when.
#[derive(Debug)]
struct Entry<T> {
    time: u64,
    order: u64,
    value: T,
}

/// Events by time; at equal times by `order`; at equal orders first in, first out.
#[derive(Debug)]
pub struct Queue<T> {
    /// The latest time popped: nothing earlier can be in the queue.
    last: u64,
    length: usize,
    /// Entries due exactly at `last`, sorted so that the next one stands at the end.
    open: Vec<Entry<T>>,
    /// Bucket `b`: the highest bit in which the time differs from `last` is bit `b`.
    buckets: [Vec<Entry<T>>; 64],
    /// Bit `b` is set while bucket `b` holds anything.
    occupied: u64,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self {
            last: 0,
            length: 0,
            open: Vec::new(),
            buckets: [const { Vec::new() }; 64],
            occupied: 0,
        }
    }
}

impl<T> Queue<T> {
    /// Entries waiting.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.length
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Adds an entry. A time before the latest one popped counts as that time.
    pub fn push(&mut self, time: u64, order: u64, value: T) {
        self.length += 1;
        let time = time.max(self.last);
        let entry = Entry { time, order, value };
        if time == self.last {
            // Before its equals, which were there first and stand nearer to the end.
            let at = self.open.partition_point(|other| other.order > order);
            self.open.insert(at, entry);
        } else {
            self.place(entry);
        }
    }

    /// The next entry, if it is due at or before `end`.
    pub fn pop_until(&mut self, end: u64) -> Option<(u64, T)> {
        if self.open.is_empty() {
            self.advance(end)?;
        } else if self.last > end {
            return None;
        }
        let entry = self.open.pop()?;
        self.length -= 1;
        Some((entry.time, entry.value))
    }

    /// Moves `last` on to the earliest time waiting, unless that lies after `end`.
    fn advance(&mut self, end: u64) -> Option<()> {
        let lowest = self.occupied.trailing_zeros() as usize;
        let bucket = self.buckets.get_mut(lowest)?;
        let earliest = bucket.iter().map(|entry| entry.time).min()?;
        if earliest > end {
            return None;
        }
        let mut moving = std::mem::take(bucket);
        self.occupied &= !(1 << lowest);
        self.last = earliest;
        for entry in moving.drain(..) {
            if entry.time == earliest {
                self.open.push(entry);
            } else {
                self.place(entry);
            }
        }
        // All moved to lower buckets, so the emptied memory can go back for the next entries of this one.
        self.buckets[lowest] = moving;
        self.open.reverse();
        self.open
            .sort_by_key(|entry| std::cmp::Reverse(entry.order));
        Some(())
    }

    fn place(&mut self, entry: Entry<T>) {
        let bucket = (entry.time ^ self.last).ilog2() as usize;
        self.occupied |= 1 << bucket;
        self.buckets[bucket].push(entry);
    }
}

#[cfg(test)]
mod tests {
    use std::cmp::Reverse;
    use std::collections::BinaryHeap;

    use proptest::prelude::*;

    use super::*;

    /// A delay from the queue's present, spread over all magnitudes, and an order with many ties.
    fn push() -> impl Strategy<Value = Option<(u64, u64)>> {
        let delay = (0_u32..40, any::<u64>()).prop_map(|(bits, raw)| raw & ((1 << bits) - 1));
        prop::option::weighted(0.6, (delay, 0_u64..4))
    }

    proptest! {
        #[test]
        fn it_pops_in_the_order_of_a_binary_heap(history in prop::collection::vec(push(), 1..400)) {
            let mut queue = Queue::default();
            let mut heap = BinaryHeap::new();
            let mut now = 0;
            for (number, step) in history.into_iter().enumerate() {
                if let Some((delay, order)) = step {
                    queue.push(now + delay, order, number);
                    heap.push(Reverse((now + delay, order, number)));
                } else {
                    let expected = heap.pop().map(|Reverse((time, _, value))| (time, value));
                    prop_assert_eq!(queue.pop_until(u64::MAX), expected);
                    now = expected.map_or(now, |(time, _)| time);
                }
                prop_assert_eq!(queue.len(), heap.len());
            }
            while let Some(Reverse((time, _, value))) = heap.pop() {
                prop_assert_eq!(queue.pop_until(u64::MAX), Some((time, value)));
            }
            prop_assert!(queue.is_empty());
        }
    }

    #[test]
    fn what_lies_after_the_end_stays_and_earlier_entries_may_still_come() {
        let mut queue = Queue::default();
        queue.push(10, 0, "late");
        assert_eq!(queue.pop_until(9), None);
        queue.push(7, 0, "early");
        assert_eq!(queue.pop_until(9), Some((7, "early")));
        assert_eq!(queue.pop_until(10), Some((10, "late")));
        assert_eq!(queue.pop_until(u64::MAX), None);
    }

    #[test]
    fn a_time_in_the_past_counts_as_the_present() {
        let mut queue = Queue::default();
        queue.push(5, 0, 'a');
        assert_eq!(queue.pop_until(5), Some((5, 'a')));
        queue.push(1, 0, 'b');
        assert_eq!(queue.pop_until(5), Some((5, 'b')));
    }
}
