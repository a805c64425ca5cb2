//! Filters, orders, marks and the cursor.

use super::*;
use crate::table::{Cell, Column, Key, Width};

#[derive(Debug, Clone, PartialEq)]
struct TestRow(u32, &'static str);

impl Row for TestRow {
    type Id = u32;
    fn id(&self) -> u32 {
        self.0
    }
    fn columns() -> &'static [Column<Self>] {
        static COLUMNS: [Column<TestRow>; 2] = [
            Column::right(
                "N",
                Width::Fixed(3),
                |p, _| Cell::plain(p.0.to_string()),
                |p| Key::Number(f64::from(p.0)),
            ),
            Column::left(
                "NAME",
                Width::Grow(5),
                |p, _| Cell::plain(p.1),
                |p| Key::Text(p.1.to_owned()),
            ),
        ];
        &COLUMNS
    }
}

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn pears() -> List<TestRow> {
    let mut list = List::default();
    list.replace(
        vec![TestRow(1, "conference"), TestRow(2, "Abate"), TestRow(3, "comice")],
        NOW,
    );
    list
}

fn names(list: &List<TestRow>) -> Vec<&'static str> {
    list.shown().map(|p| p.1).collect()
}

#[test]
fn cursor_stays_on_its_row_when_rows_come_and_go() {
    let mut list = pears();
    list.step(Step::Last);
    list.replace(
        vec![TestRow(9, "new"), TestRow(3, "comice"), TestRow(1, "conference")],
        NOW,
    );
    assert_eq!(list.selected().unwrap().0, 3);
    list.remove(&3, NOW);
    assert_eq!(list.selected().unwrap().0, 1);
}

#[test]
fn filter_is_smart_about_capitals_and_can_be_inverse() {
    let mut list = pears();
    list.set_filter(Filter::parse("a"), NOW);
    assert_eq!(names(&list), ["Abate"]);
    list.set_filter(Filter::parse("!a"), NOW);
    assert_eq!(names(&list), ["conference", "comice"]);
    list.set_filter(Filter::parse("CON"), NOW);
    assert!(list.selected().is_none());
    list.set_filter(Filter::default(), NOW);
    assert_eq!(list.shown_len(), 3);
}

#[test]
fn sorting_walks_through_the_columns_and_back_to_the_daemons_order() {
    let mut list = pears();
    list.sort_next(NOW);
    assert_eq!(names(&list), ["comice", "Abate", "conference"]);
    list.sort_next(NOW);
    assert_eq!(names(&list), ["Abate", "comice", "conference"]);
    list.sort_reverse(NOW);
    assert_eq!(names(&list), ["conference", "comice", "Abate"]);
    list.sort_next(NOW);
    assert_eq!((list.sort(), names(&list)[0]), (None, "conference"));
}

#[test]
fn marks_are_set_singly_by_range_and_for_all_that_match() {
    let mut list = pears();
    list.toggle_mark();
    list.step(Step::Last);
    list.mark_range();
    assert_eq!(list.marks().len(), 3);
    list.mark_all();
    assert!(list.marks().is_empty());
    list.set_filter(Filter::parse("co"), NOW);
    list.mark_all();
    assert_eq!(list.marks().iter().copied().collect::<Vec<_>>(), [1, 3]);
}

#[test]
fn window_follows_the_cursor() {
    let mut list = pears();
    assert_eq!(list.window(2), 0..2);
    list.step(Step::Last);
    assert_eq!(list.window(2), 1..3);
    list.cycle(Order::Rising);
    assert_eq!(list.window(2), 0..2);
}
