//! What shares its cache lines with nothing else, wherever the allocator puts it.

/// On cache lines of its own: what one thread writes with each operation stands beside nothing that another reads.
#[derive(Debug)]
#[repr(align(128))]
pub struct Apart<T>(pub T);

impl AsRef<[u8]> for Apart<Vec<u8>> {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
