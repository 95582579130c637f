//! STUB
use core::marker::PhantomData;
/// Slot.
#[derive(Debug, Clone)]
pub struct Slot<P>(Option<P>);
/// Lent memory for N members.
#[derive(Debug)]
pub struct Space<P, const N: usize>([Option<P>; N]);
impl<P, const N: usize> Space<P, N> {
    /// Empty.
    #[must_use]
    pub const fn new() -> Self {
        Self([const { None }; N])
    }
}
/// All we remember.
#[derive(Debug)]
pub struct Roster<'s, P>(PhantomData<&'s mut P>);
impl<'s, P, const N: usize> From<&'s mut Space<P, N>> for Roster<'s, P> {
    fn from(_: &'s mut Space<P, N>) -> Self {
        Self(PhantomData)
    }
}
#[cfg(feature = "alloc")]
impl<P> Roster<'static, P> {
    /// Owned memory, growing on demand up to `max` members.
    #[must_use]
    pub fn owned(_max: usize) -> Self {
        Self(PhantomData)
    }
}
