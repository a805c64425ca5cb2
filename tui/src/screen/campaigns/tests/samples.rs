//! A sample of a canary as three pictures, or one of them alone.

use image::{Rgba, RgbaImage};
use tradepost_common::campaigns::Side;

use super::pages::large_screen;
use super::*;
use crate::picture::{PictureKey, PictureOf, Studio};

/// A disc, larger and of another colour for each side, so that the pictures are told apart.
fn draw(app: &mut App, key: &PictureKey) {
    let PictureOf::Sample { side, .. } = key.of else {
        panic!("a picture of a sample is asked for");
    };
    let (radius, grey) = match side {
        Side::Old => (20, 0),
        Side::New => (24, 60),
        Side::Difference => (28, 150),
    };
    let disc = RgbaImage::from_fn(64, 64, |x, y| {
        let (dx, dy) = (x as i32 - 32, y as i32 - 32);
        let inside = dx * dx + dy * dy < radius * radius;
        Rgba([grey, grey, grey, if inside { 255 } else { 0 }])
    });
    let studio = Studio {
        graphics: app.shell.pictures.graphics,
    };
    let shown = studio.encode(&disc, key, 1);
    app.update(Update::Picture(key.clone(), shown));
}

/// Draws until every picture that the screen has room for is there.
fn with_pictures(mut app: App, width: u16, height: u16) -> App {
    app.shell.pictures.background = crate::picture::Background::Light;
    for _ in 0..20 {
        lines(&mut app, width, height);
        app.shell.effects.clear();
        app.ask_for_pictures();
        let Some(Effect::Picture(key)) = app.shell.effects.pop() else {
            return app;
        };
        draw(&mut app, &key);
    }
    panic!("pictures are asked for without end");
}

#[test]
fn sample_is_shown_as_old_new_and_difference() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Open);
    let mut app = with_pictures(app, 80, 24);
    insta::assert_snapshot!(screen(&mut app));
    let mut app = with_pictures(app, 160, 48);
    insta::assert_snapshot!(large_screen(&mut app));
}

#[test]
fn one_picture_alone_takes_all_the_room() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Open);
    app.act(Action::Letter('f'));
    let mut app = with_pictures(app, 80, 24);
    insta::assert_snapshot!(screen(&mut app));
    for side in ["NEW: ", "DIFFERENCE: ", "OLD: "] {
        app.act(Action::Letter('f'));
        let shown = screen(&mut app);
        assert!(shown.contains(side), "{side}:\n{shown}");
    }
}

#[test]
fn next_sample_is_read_ahead_and_comes_with_n() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Open);
    let mut app = with_pictures(app, 80, 24);
    app.act(Action::Cycle(crate::list::Order::Rising));
    let shown = screen(&mut app);
    assert!(shown.contains("2 of 9") && shown.contains("OLD: none"), "{shown}");
    assert!(
        !shown.contains("Reading the image …"),
        "they are here already:\n{shown}"
    );
    for words in ["No rendition is public", "Nothing to compare"] {
        assert!(shown.contains(words), "{words}:\n{shown}");
    }
    app.act(Action::Cycle(crate::list::Order::Falling));
    app.act(Action::Cycle(crate::list::Order::Falling));
    assert!(screen(&mut app).contains("Identical pixels"));
}
