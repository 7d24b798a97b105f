//! The printed numbers of lines ("1." to "4."): a lone digit is hard to read, a column of them says
//! what each must be. They are the form's print, not answers.

use super::recognise::{Line, Read, Seen};

/// Numbers of one column stand above each other to this (points).
const ALIGNED: f32 = 2.2;
/// And not farther apart than this (points).
const APART: f32 = 45.0;

/// Sets a column of small signs right of which at least half read as its numbers.
pub fn settle(lines: &mut [Line]) {
    let mut small: Vec<usize> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| line.seen == Seen::Weighed)
        .filter(|(_, Line { segment, words, .. })| {
            let letters: usize = words.iter().map(|word| word.text.chars().count()).sum();
            segment.letters <= 2 && segment.area.width() < 14.0 && letters <= 3
        })
        .map(|(index, _)| index)
        .collect();
    let place = |index: usize| lines.get(index).map(|line| line.segment.area).unwrap_or_default();
    small.sort_by(|a, b| place(*a).y0.total_cmp(&place(*b).y0));
    let mut columns: Vec<Vec<usize>> = Vec::new();
    for index in small {
        let here = place(index);
        let column = columns.iter_mut().find(|column| {
            let last = column.last().map(|last| place(*last)).unwrap_or_default();
            // a "1" begins later in its space than a "4"
            let aligned = (last.x0 - here.x0).abs() < ALIGNED || (last.x1 - here.x1).abs() < ALIGNED;
            aligned && here.y0 - last.y0 < APART && here.y0 - last.y1 > 1.0
        });
        match column {
            Some(column) => column.push(index),
            None => columns.push(vec![index]),
        }
    }
    for column in columns.iter().filter(|column| (3..=9).contains(&column.len())) {
        let reads = |(position, index): &(usize, &usize)| {
            let text: String = lines
                .get(**index)
                .iter()
                .flat_map(|line| &line.words)
                .map(|word| word.text.as_str())
                .collect();
            let digits: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
            digits == (position + 1).to_string()
        };
        if column.iter().enumerate().filter(reads).count() * 2 < column.len() {
            continue;
        }
        for (position, index) in column.iter().enumerate() {
            let Some(Line { segment, words, .. }) = lines.get_mut(*index) else { continue };
            let text = format!("{}.", position + 1);
            *words = vec![Read { text, area: segment.area, confidence: 1.0, own: 100.0 }];
        }
    }
}
