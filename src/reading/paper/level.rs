//! What the networks write otherwise though they saw the same is made the same before it is weighed.

use super::alike::{is_apostrophe, is_like_an_l};
use super::recognise::Read;
use super::weigh::Readings;
use unicode_normalization::UnicodeNormalization;

/// A letter with its accent that a network read twice, once without it ("Maiïffret", "Coœlia"), is one; what is
/// written twice in French is another ("Dorothée").
fn once(text: &mut String) {
    let bare = |c: char| match c.nfd().next() {
        Some('œ') => 'o',
        Some('æ') => 'a',
        base => base.unwrap_or(c),
    };
    let letters: Vec<char> = text.chars().collect();
    let twice = |at: usize| {
        let (Some(one), Some(next)) = (letters.get(at), letters.get(at + 1)) else { return false };
        matches!(one, 'a' | 'i' | 'o' | 'u') && one != next && bare(*next) == *one
    };
    if (0..letters.len()).any(twice) {
        let kept = letters.iter().enumerate().filter(|(at, _)| !twice(*at));
        *text = kept.map(|(_, letter)| *letter).collect();
    }
}

/// What stands by itself before an apostrophe and a small letter is an "l", whatever bar it was taken for.
fn elided(text: &mut String) {
    let mut letters = text.chars();
    let three = [letters.next(), letters.next(), letters.next()];
    if let [Some(bar), Some(apostrophe), Some(next)] = three
        && is_like_an_l(bar)
        && is_apostrophe(apostrophe)
        && next.is_lowercase()
    {
        *text = text.replacen(bar, "l", 1);
    }
}

/// Makes the same of what the networks read otherwise of the same ink: letters read twice, an elided "l", and
/// dashes between words. Returns what most of them say the dashes are: `Some(true)` a hyphen, `Some(false)` a longer one.
pub fn level(own: &mut [Read], readings: &mut Readings) -> Option<bool> {
    let is_dash = |text: &str| !text.is_empty() && text.chars().all(|c| matches!(c, '-' | '–' | '—'));
    let (mut short, mut long) = (0, 0);
    let mut dash = |text: &mut String| {
        if is_dash(text) {
            if text == "-" {
                short += 1;
            } else {
                long += 1;
            }
            DASH.clone_into(text);
        }
    };
    for word in own {
        dash(&mut word.text);
        once(&mut word.text);
        elided(&mut word.text);
    }
    let Readings { english, french, .. } = readings;
    english.iter_mut().chain(french).for_each(|text| {
        dash(text);
        once(text);
        elided(text);
    });
    (short + long > 0).then_some(short > long)
}

/// A dash between words, whatever its length.
pub const DASH: &str = "–";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_elided_l_is_one_whatever_it_was_taken_for() {
        for (read, is) in [
            ("1’annuaire", "l’annuaire"),
            ("I'établissement", "l'établissement"),
            ("L'Horloge", "L'Horloge"),
            ("I'Anson", "I'Anson"),
            ("d'Ozoir", "d'Ozoir"),
            ("1'", "1'"),
        ] {
            let mut text = read.to_owned();
            elided(&mut text);
            assert_eq!(text, is);
        }
    }

    #[test]
    fn a_letter_is_read_once() {
        for (read, is) in
            [("Maiïffret", "Maïffret"), ("Coœlia", "Cœlia"), ("Brûülé", "Brûülé"), ("Dorothée", "Dorothée")]
        {
            let mut text = read.to_owned();
            once(&mut text);
            assert_eq!(text, is);
        }
    }
}
