//! Streams for tasks, driven by a thread that blocks on each operation.

use std::io::{self, Read, Write};

use futures_lite::future::block_on;
use futures_lite::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A half whose every operation is waited for.
pub(crate) struct Blocking<A>(pub(crate) A);

impl<A: AsyncRead + Unpin> Read for Blocking<A> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        block_on(self.0.read(buffer))
    }
}

impl<A: AsyncWrite + Unpin> Write for Blocking<A> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        block_on(self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
