//! Asking for cache lines before they are needed: not here.

/// Asks for nothing.
#[inline(always)]
pub fn will_write<T>(_place: *const T) {}

/// Asks for nothing.
#[inline(always)]
pub fn will_read<T>(_place: *const T) {}
