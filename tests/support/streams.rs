//! Payloads, and what people do with a byte stream.

use std::io::{self, Read, Write};

/// `len` bytes that look random, different for every `seed`, so that a lost, doubled or displaced byte shows.
pub fn payload(len: usize, seed: u64) -> Vec<u8> {
    let mut numbers = Numbers::new(seed);
    (0..len).map(|_| numbers.next().to_le_bytes()[3]).collect()
}

/// A reproducible sequence of numbers (Marsaglia's xorshift64).
#[derive(Debug)]
pub struct Numbers(u64);

impl Numbers {
    /// The sequence of that `seed`.
    pub fn new(seed: u64) -> Self {
        let spread = seed.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self(spread.max(1))
    }

    /// The next number.
    #[allow(clippy::should_implement_trait, reason = "it never ends, and nobody loops over it")]
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from `1..=most`.
    pub fn up_to(&mut self, most: usize) -> usize {
        1 + usize::try_from(self.next() % most as u64).expect("below `most`")
    }
}

/// Sends back what comes until the stream ends; how many bytes that was.
pub fn echo(mut stream: impl Read + Write) -> io::Result<usize> {
    let mut chunk = [0; 1024];
    let mut total = 0;
    loop {
        let count = stream.read(&mut chunk)?;
        if count == 0 {
            return Ok(total);
        }
        stream.write_all(&chunk[..count])?;
        total += count;
    }
}

/// Sends `bytes` and expects them back.
#[track_caller]
pub fn expect_echo(stream: &mut (impl Read + Write), bytes: &[u8]) {
    stream.write_all(bytes).expect("the other end reads");
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).expect("the other end sends it back");
    assert_same(&back, bytes);
}

/// Everything up to the end of the stream.
#[track_caller]
pub fn rest(stream: &mut impl Read) -> Vec<u8> {
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).expect("a stream that ends well");
    rest
}

/// Like `assert_eq!`, for streams too long to print.
#[track_caller]
pub fn assert_same(got: &[u8], sent: &[u8]) {
    let differs = got.iter().zip(sent).position(|(got, sent)| got != sent);
    assert_eq!(differs, None, "the first byte that differs; {} were sent, {} came", sent.len(), got.len());
    assert_eq!(got.len(), sent.len(), "how many bytes came");
}
