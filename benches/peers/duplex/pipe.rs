//! A pipe of the operating system.

use std::io::{PipeReader, PipeWriter, pipe};

use rustix::pipe::fcntl_setpipe_size;

use crate::driver::Kind;

use super::Simplex;

pub(crate) struct OsPipe;

impl Simplex for OsPipe {
    const NAME: &'static str = "os pipe";
    const KIND: Kind = Kind::Blocking;
    type Writer = PipeWriter;
    type Reader = PipeReader;

    fn open(capacity: usize) -> (PipeWriter, PipeReader) {
        let (reader, writer) = pipe().expect("descriptors are to be had");
        fcntl_setpipe_size(&writer, capacity).expect("a capacity in pages");
        (writer, reader)
    }
}
