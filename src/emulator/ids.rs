//! Object ids: one counter for all kinds, large and with holes, so that nobody comes to rely on small or dense ids.

/// First id of a fresh account. Source: the samples of the vendor's docs are seven digits long.
pub(crate) const FIRST: u64 = 1_400_017;

/// The largest id a document may give: the largest whole number that every reader of JSON keeps, RFC 8259, section 6.
pub(crate) const LARGEST: u64 = (1 << 53) - 1;

/// Returns the id drawn after this one.
pub(crate) fn after(id: u64) -> u64 {
    id + 3 + mix(id) % 61
}

/// Returns the place of an id in a list: stable, but not in the order of creation.
pub(crate) fn shuffle_key(id: u64) -> u64 {
    mix(id ^ 0x5bd1_e995)
}

/// The finalizer of SplitMix64: spreads neighboring numbers over the whole range.
fn mix(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_with_holes() {
        let mut id = FIRST;
        for _ in 0..1000 {
            let next = after(id);
            assert!(next >= id + 3);
            id = next;
        }
    }
}
