//! piper's pipe.

use piper::{Reader, Writer, pipe};

use crate::driver::Kind;

use super::Simplex;
use super::blocking::Blocking;

pub(crate) struct Piper;

impl Simplex for Piper {
    const NAME: &'static str = "piper";
    const KIND: Kind = Kind::Blocking;
    type Writer = Blocking<Writer>;
    type Reader = Blocking<Reader>;

    fn open(capacity: usize) -> (Self::Writer, Self::Reader) {
        let (reader, writer) = pipe(capacity);
        (Blocking(writer), Blocking(reader))
    }
}
