//! Cache lines, where their size matters. What is laid out or asked for by a size that is not the machine's is slower and nothing else.

/// Bytes in a cache line.
pub const LINE: usize = 64;

/// How far ahead of a small step memory is asked for, in bytes.
pub const AHEAD: usize = 2 * LINE;
