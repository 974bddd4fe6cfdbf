//! A pair of connected sockets.

use std::os::unix::net::UnixStream;

use rustix::net::sockopt::set_socket_send_buffer_size;

use crate::driver::Kind;

use super::Duplex;

pub(crate) struct UnixPair;

impl Duplex for UnixPair {
    const NAME: &'static str = "unix socket pair";
    const KIND: Kind = Kind::Blocking;
    type End = UnixStream;

    /// The kernel counts its own overhead against the capacity, and doubles what it is told for that.
    fn pair(capacity: usize) -> (UnixStream, UnixStream) {
        let (here, there) = UnixStream::pair().expect("descriptors are to be had");
        for end in [&here, &there] {
            set_socket_send_buffer_size(end, capacity).expect("a socket of ours");
        }
        (here, there)
    }
}
