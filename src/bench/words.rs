//! Texts that look like people's: words of a language that does not exist, the same in every run.

use rand::{RngExt as _, SeedableRng as _, rngs::SmallRng};

/// Different words.
const WORDS: usize = 4_000;

/// Chinese among them, as two characters; search cuts them otherwise.
const CHINESE: [&str; 8] = ["下单", "午饭", "倒计时", "停止", "茶水", "会议", "明天", "谢谢"];

/// Makes texts.
pub struct Words {
    known: Vec<String>,
    random: SmallRng,
}

impl Words {
    /// The same words and the same texts for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut random = SmallRng::seed_from_u64(seed);
        let known = (0..WORDS).map(|_| word(&mut random)).collect();
        Self { known, random }
    }

    /// A word that few texts have.
    pub fn rare(&self) -> &str {
        &self.known[WORDS - 1]
    }

    /// A word that many texts have.
    pub fn common(&self) -> &str {
        &self.known[0]
    }

    /// A text of about so many bytes, never more.
    pub fn text(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes);
        loop {
            // Squared, as words of a language are: few are used often.
            let place: f64 = self.random.random();
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                clippy::cast_precision_loss,
                reason = "below WORDS"
            )]
            let place = (place * place * WORDS as f64) as usize;
            let word = match self.random.random_ratio(1, 40) {
                true => CHINESE[place % CHINESE.len()],
                false => &self.known[place.min(WORDS - 1)],
            };
            if text.len() + word.len() + 1 > bytes {
                return if text.is_empty() { "x".repeat(bytes.max(1)) } else { text };
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
    }
}

fn word(random: &mut SmallRng) -> String {
    let syllables = random.random_range(1..=4);
    let syllable = |random: &mut SmallRng| {
        let pick = |from: &[u8], random: &mut SmallRng| char::from(from[random.random_range(0..from.len())]);
        [pick(b"bdfghklmnprstvz", random), pick(b"aeiou", random)]
    };
    (0..syllables).flat_map(|_| syllable(random)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_as_long_as_was_asked_and_the_same_again() {
        let (mut one, mut other) = (Words::new(1), Words::new(1));
        for bytes in [1, 5, 100, 4_000] {
            let text = one.text(bytes);
            assert!(!text.is_empty() && text.len() <= bytes, "{text}");
            assert_eq!(other.text(bytes), text);
        }
    }
}
