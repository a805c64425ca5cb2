//! Looking at campaigns: when is read again, and where Tab, Enter and Esc lead.

use tradepost_common::ids::CampaignId;

use super::*;
use crate::state::campaigns::CampaignPane;
use crate::state::campaigns::look::Pictures;
use crate::view::testdata::campaigns::{page, sample};

fn reads(app: &mut App) -> Vec<Read> {
    app.take_reads()
}

fn looked_again(app: &mut App, id: CampaignId, seconds: u64) -> bool {
    app.shell.effects.clear();
    app.shell.clock.instant += Duration::from_secs(seconds);
    app.tick();
    reads(app).contains(&Read::Campaign(id))
}

#[test]
fn what_moves_is_looked_at_each_second_and_what_stands_still_seldom() {
    let id = campaign_id(1);
    let mut app = app_in_campaign(CampaignState::Running);
    assert!(looked_again(&mut app, id, 1));
    assert!(!looked_again(&mut app, id, 1), "one question at a time");
    let rendered = || Ok(Box::new(campaign(1, CampaignState::Rendered)));
    app.hear(Update::Campaign(id, rendered()));
    assert_eq!(
        reads(&mut app),
        [Read::Campaign(id)],
        "the answer took longer than a second"
    );
    app.hear(Update::Campaign(id, rendered()));
    assert!(!looked_again(&mut app, id, 1), "it stands still");
    assert!(looked_again(&mut app, id, 5));
    app.hear(Update::Campaign(id, Err(gone())));
    assert!(looked_again(&mut app, id, 6), "a failure is no end");
    app.act(Action::Freeze);
    app.hear(Update::Campaign(id, Ok(Box::new(campaign(1, CampaignState::Running)))));
    assert!(!looked_again(&mut app, id, 9), "frozen");
    app.act(Action::Freeze);
    app.go("uploads");
    assert!(!looked_again(&mut app, id, 9), "nobody looks");
}

#[test]
fn news_of_long_work_are_news_of_campaigns() {
    let mut app = app_with_campaigns(&[CampaignState::Swapped]);
    let mut revisions = app.shell.live.revisions;
    revisions.uploads += 1;
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert_eq!(reads(&mut app), []);
    revisions.operations += 1;
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert!(matches!(reads(&mut app)[..], [Read::Campaigns(_)]));
}

#[test]
fn other_screens_look_now_and_then_and_only_after_news() {
    let mut app = app_with_campaigns(&[CampaignState::Running]);
    app.go("audit");
    let looked = |app: &mut App, seconds| {
        app.shell.effects.clear();
        app.shell.clock.instant += Duration::from_secs(seconds);
        app.tick();
        reads(app).iter().any(|r| matches!(r, Read::Campaigns(_)))
    };
    assert!(!looked(&mut app, 60), "nothing was heard of them");
    let mut revisions = app.shell.live.revisions;
    revisions.operations += 1;
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert!(looked(&mut app, 1));
    assert!(!looked(&mut app, 60), "once is enough");
    let rows = vec![campaign(1, CampaignState::Waiting)];
    let ask = crate::paged::PageRequest { cursor: None };
    app.hear(Update::Campaigns(ask, Ok(page(rows))));
    revisions.operations += 1;
    app.update(shell::Update::Event(Event::Changed(revisions)));
    assert!(looked(&mut app, 5));
}

#[test]
fn samples_are_read_again_when_the_canary_goes_on_and_not_after_it() {
    let id = campaign_id(1);
    let mut app = app_in_campaign(CampaignState::Canary);
    let has_samples = |app: &mut App| reads(app).iter().any(|r| matches!(r, Read::Samples(..)));
    let mut further = campaign(1, CampaignState::Canary);
    further.done = 15;
    app.hear(Update::Campaign(id, Ok(Box::new(further))));
    assert!(has_samples(&mut app));
    let rows = page(vec![sample(1)]);
    let ask = crate::paged::PageRequest { cursor: None };
    app.hear(Update::Samples(id, ask.clone(), Ok(rows.clone())));
    let mut running = campaign(1, CampaignState::Running);
    app.hear(Update::Campaign(id, Ok(Box::new(running.clone()))));
    assert!(has_samples(&mut app), "the last ones");
    app.hear(Update::Samples(id, ask, Ok(rows)));
    running.done += 10_000;
    app.hear(Update::Campaign(id, Ok(Box::new(running))));
    assert!(!has_samples(&mut app));
}

#[test]
fn tab_goes_between_operations_and_campaigns_and_between_samples_and_failures() {
    let mut app = testdata::app();
    app.go("operations");
    app.act(Action::OtherPane);
    assert_eq!(app.on(), Screen::Campaigns);
    app.act(Action::OtherPane);
    assert_eq!(app.shell.page.name, "operations");
    let mut app = app_in_campaign(CampaignState::Stopped);
    app.act(Action::Open);
    app.act(Action::OtherPane);
    let view = app.campaigns.view.as_ref().unwrap();
    assert_eq!((view.pane, view.looking.at), (CampaignPane::SetAside, Pictures::List));
    assert!(reads(&mut app).iter().any(|r| matches!(r, Read::SetAside(..))));
}

#[test]
fn escape_leaves_the_pictures_then_the_campaign_then_the_campaigns() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Open);
    app.act(Action::Letter('z'));
    app.act(Action::Letter('f'));
    app.act(Action::Letter(']'));
    let looking = app.campaigns.view.as_ref().unwrap().looking;
    assert_eq!(looking.zoom.times(), 2, "the same place is seen in the next picture");
    app.act(Action::Back);
    let view = app.campaigns.view.as_ref().unwrap();
    assert_eq!((view.looking.at, view.samples.list.cursor()), (Pictures::List, 1));
    app.act(Action::Back);
    assert_eq!(app.on(), Screen::Campaigns);
    app.act(Action::Back);
    assert_eq!(app.shell.page.name, "operations");
}
