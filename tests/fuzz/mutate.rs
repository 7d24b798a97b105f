//! Changes to inputs: bytes, pieces, numbers, words of the formats, and parts of other inputs.

use fastrand::Rng;

/// No input grows over this.
const MOST: usize = 256 << 10;

/// What parsers of these formats trip over.
const WORDS: [&[u8]; 40] = [
    b"\0",
    b"\r\n",
    b"\n\n",
    b"\r\n.\r\n",
    b"\xef\xbb\xbf",
    b"\xff\xfe",
    b"\x1b[2J",
    b"\x7f",
    "\u{202e}".as_bytes(),
    "\u{a0}".as_bytes(),
    "\u{202f}".as_bytes(),
    "é".as_bytes(),
    "\u{85}".as_bytes(),
    b"-1",
    b"0",
    b"65536",
    b"4294967296",
    b"9999999999999999999",
    b"1e400",
    b"NaN",
    b";",
    b"|",
    b"\"",
    b",",
    b"{",
    b"[",
    b"]",
    b"<<",
    b">>",
    b"obj",
    b"endobj",
    b"stream",
    b"endstream",
    b"/Kids",
    b"/Parent",
    b"/V",
    b"R",
    b"=?utf-8?B?",
    b"boundary=",
    b"Content-Type: message/rfc822\r\n\r\n",
];

pub struct Mutator {
    chance: Rng,
    seeds: Vec<Vec<u8>>,
}

impl Mutator {
    /// The same seed over the same inputs makes the same mutations.
    pub fn new(seed: u64, seeds: Vec<Vec<u8>>) -> Self {
        assert!(!seeds.is_empty());
        Self { chance: Rng::with_seed(seed), seeds }
    }

    /// One of the inputs, changed in one to eight places.
    pub fn next(&mut self) -> Vec<u8> {
        let mut input = self.any_seed();
        for _ in 0..self.chance.usize(1..=8) {
            self.change(&mut input);
        }
        input.truncate(MOST);
        input
    }

    fn any_seed(&mut self) -> Vec<u8> {
        let which = self.chance.usize(..self.seeds.len());
        self.seeds[which].clone()
    }

    fn change(&mut self, input: &mut Vec<u8>) {
        let at = self.chance.usize(..=input.len());
        let end = (at + self.chance.usize(1..=32)).min(input.len());
        match self.chance.u8(..9) {
            0 if at < input.len() => input[at] ^= 1 << self.chance.u8(..8),
            1 if at < input.len() => input[at] = self.chance.u8(..),
            2 => drop(input.drain(at..end)),
            3 => {
                let piece = input[at..end].to_vec();
                let to = self.chance.usize(..=input.len());
                input.splice(to..to, piece);
            }
            4 => {
                let other = self.any_seed();
                let from = self.chance.usize(..=other.len());
                let to = (from + self.chance.usize(1..=256)).min(other.len());
                input.splice(at..end, other[from..to].iter().copied());
            }
            5 => input.truncate(at),
            6 => self.change_number(input, at),
            7 => {
                // many of the same: nesting, length
                let piece = input[at..end].to_vec();
                let times = self.chance.usize(2..=64);
                input.splice(at..at, piece.repeat(times));
            }
            _ => {
                let word = WORDS[self.chance.usize(..WORDS.len())];
                input.splice(at..at, word.iter().copied());
            }
        }
    }

    /// The next number from here on becomes another.
    fn change_number(&mut self, input: &mut Vec<u8>, at: usize) {
        let Some(from) = input[at..].iter().position(u8::is_ascii_digit).map(|offset| at + offset) else {
            return;
        };
        let to =
            input[from..].iter().position(|byte| !byte.is_ascii_digit()).map_or(input.len(), |n| from + n);
        let number = match self.chance.u8(..4) {
            0 => "0".to_owned(),
            1 => self.chance.u64(..).to_string(),
            2 => self.chance.u16(..).to_string(),
            _ => format!("-{}", self.chance.u32(..)),
        };
        input.splice(from..to, number.into_bytes());
    }
}
