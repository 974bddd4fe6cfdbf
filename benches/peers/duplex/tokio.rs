//! tokio's duplex, each end driven by a thread that blocks.

use std::io::{self, Read, Write};

use futures_lite::future::block_on;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use crate::driver::Kind;

use super::Duplex;

pub(crate) struct TokioDuplex;

pub(crate) struct End(DuplexStream);

impl Duplex for TokioDuplex {
    const NAME: &'static str = "tokio duplex";
    const KIND: Kind = Kind::Blocking;
    type End = End;

    fn pair(capacity: usize) -> (End, End) {
        let (here, there) = duplex(capacity);
        (End(here), End(there))
    }
}

impl Read for End {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        block_on(self.0.read(buffer))
    }
}

impl Write for End {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        block_on(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
