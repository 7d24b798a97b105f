//! Dotted lines that are drawn dot by dot: rules, not ink.

use super::page::{Area, Ink, InkKind, Origin, Rule};

/// A larger dot (points) is a bullet or a tick.
const LARGEST: f32 = 2.4;
/// Dots farther apart than this (points, start to start) make no line.
const WIDEST_STEP: f32 = 7.0;
/// Fewer dots are dots.
const FEWEST: usize = 8;
/// How far (points) the dots of one line stand off it.
const OFF: f32 = 0.3;

/// Turns rows and columns of dots into rules.
pub(super) fn into_rules(ink: &mut Vec<Ink>, rules: &mut Vec<Rule>) {
    for horizontal in [true, false] {
        let mut dots: Vec<usize> =
            ink.iter().enumerate().filter(|(_, one)| is_dot(one)).map(|(index, _)| index).collect();
        if dots.len() < FEWEST {
            return;
        }
        let place = |index: &usize| {
            let area = ink.get(*index).map(|one| one.area).unwrap_or_default();
            if horizontal { (area.y0, area.x0) } else { (area.x0, area.y0) }
        };
        let origin = |index: &usize| ink.get(*index).map_or(Origin::Page, |one| one.origin);
        // lines a little off each other are told apart before the dots of one are put in order
        dots.sort_by(|a, b| origin(a).cmp(&origin(b)).then(place(a).0.total_cmp(&place(b).0)));
        let mut gone = vec![false; ink.len()];
        for line in dots.chunk_by_mut(|a, b| origin(a) == origin(b) && place(b).0 - place(a).0 <= OFF) {
            line.sort_by(|a, b| place(a).1.total_cmp(&place(b).1));
            for row in line.chunk_by(|a, b| place(b).1 - place(a).1 <= WIDEST_STEP) {
                let areas = || row.iter().filter_map(|index| ink.get(*index)).map(|one| one.area);
                let straight = areas()
                    .map(|area| across(&area, horizontal))
                    .fold((f32::MAX, f32::MIN), |span, (from, to)| (span.0.min(from), span.1.max(to)));
                let Some(area) = areas().reduce(|a, b| a.around(&b)) else { continue };
                if row.len() < FEWEST || straight.1 - straight.0 > LARGEST + 2.0 * OFF {
                    continue;
                }
                rules.push(Rule { area, horizontal, origin: row.first().map_or(Origin::Page, origin) });
                for index in row {
                    if let Some(gone) = gone.get_mut(*index) {
                        *gone = true;
                    }
                }
            }
        }
        let mut gone = gone.into_iter();
        ink.retain(|_| !gone.next().unwrap_or(false));
    }
}

fn is_dot(ink: &Ink) -> bool {
    matches!(ink.kind, InkKind::Stroke | InkKind::Fill { .. })
        && ink.area.width() <= LARGEST
        && ink.area.height() <= LARGEST
}

fn across(area: &Area, horizontal: bool) -> (f32, f32) {
    if horizontal { (area.y0, area.y1) } else { (area.x0, area.x1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dot(x: f32, y: f32) -> Ink {
        Ink {
            area: Area::new(x, y, x + 0.8, y + 0.8),
            kind: InkKind::Fill { light: false },
            origin: Origin::Page,
        }
    }

    #[test]
    fn dots_in_a_row_or_a_column_are_a_rule() {
        let row = (0..40_u8).map(|n| dot(50.0 + 1.5 * f32::from(n), 300.1));
        let column = (0..20_u8).map(|n| dot(200.0, 310.0 + 1.5 * f32::from(n)));
        let stroke = Ink { area: Area::new(60.0, 290.0, 90.0, 310.0), ..dot(0.0, 0.0) };
        let mut ink: Vec<Ink> = row.chain(column).chain([stroke.clone()]).collect();
        let mut rules = Vec::new();
        into_rules(&mut ink, &mut rules);
        assert_eq!(ink, [stroke]);
        let areas: Vec<(Area, bool)> = rules.iter().map(|rule| (rule.area, rule.horizontal)).collect();
        let row = Area::new(50.0, 300.1, 50.0 + 58.5 + 0.8, 300.1 + 0.8);
        let column = Area::new(200.0, 310.0, 200.0 + 0.8, 310.0 + 28.5 + 0.8);
        assert_eq!(areas, [(row, true), (column, false)]);
    }

    #[test]
    fn a_few_dots_and_scattered_ones_stay_ink() {
        let few = (0..5_u8).map(|n| dot(50.0 + 2.0 * f32::from(n), 300.0));
        let scattered = (0..12_u8).map(|n| dot(50.0 + 9.0 * f32::from(n), 400.0 + 5.0 * f32::from(n % 3)));
        let mut ink: Vec<Ink> = few.chain(scattered).collect();
        let (before, mut rules) = (ink.len(), Vec::new());
        into_rules(&mut ink, &mut rules);
        assert_eq!((ink.len(), rules.len()), (before, 0));
    }
}
