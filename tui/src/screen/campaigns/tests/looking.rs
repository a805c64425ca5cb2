//! SampleView at campaigns: when is read again, and where Tab, Enter and Esc lead.

use super::super::looking::Pictures;
use super::*;

/// Time goes by, and the list or the campaign is asked for.
fn is_read_after<R: Clone + 'static>(app: &mut App, seconds: u64) -> bool {
    app.shell.effects.clear();
    app.shell.clock.instant += Duration::from_secs(seconds);
    app.tick();
    !app.sent::<R>().is_empty()
}

#[test]
fn what_moves_is_looked_at_each_second_and_what_stands_still_seldom() {
    let is_read = is_read_after::<ReadCampaign>;
    let mut app = app_in_campaign(CampaignState::Running);
    assert!(is_read(&mut app, 1));
    assert!(!is_read(&mut app, 1), "one question at a time");
    becomes(&mut app, campaign(1, CampaignState::Rendered));
    assert_eq!(
        app.sent::<ReadCampaign>(),
        [ReadCampaign(campaign_id(1))],
        "the answer took longer than a second"
    );
    becomes(&mut app, campaign(1, CampaignState::Rendered));
    assert!(!is_read(&mut app, 1), "it stands still");
    assert!(is_read(&mut app, 5));
    app.answer(ReadCampaign(campaign_id(1)), Err(gone()));
    assert!(is_read(&mut app, 6), "a failure is no end");
    app.act(Action::Freeze);
    becomes(&mut app, campaign(1, CampaignState::Running));
    assert!(!is_read(&mut app, 9), "frozen");
    app.act(Action::Freeze);
    app.go("uploads");
    assert!(!is_read(&mut app, 9), "nobody looks");
}

#[test]
fn change_of_operations_is_a_change_of_campaigns() {
    let mut app = app_with_campaigns(&[CampaignState::Swapped]);
    let mut revisions = app.shell.live.revisions;
    revisions.uploads += 1;
    app.update(Update::Event(Event::Changed(revisions)));
    assert_eq!(app.sent::<ReadCampaigns>(), []);
    hear_of_change(&mut app);
    assert_eq!(app.sent::<ReadCampaigns>(), [ReadCampaigns(first_page())]);
}

#[test]
fn other_screens_look_now_and_then_and_only_after_a_change() {
    let is_read = is_read_after::<ReadCampaigns>;
    let mut app = app_with_campaigns(&[CampaignState::Running]);
    app.go("audit");
    assert!(!is_read(&mut app, 60), "nothing was heard of them");
    hear_of_change(&mut app);
    assert!(is_read(&mut app, 1));
    assert!(!is_read(&mut app, 60), "once is enough");
    let waiting = vec![campaign(1, CampaignState::Waiting)];
    app.answer(ReadCampaigns(first_page()), Ok(rows(waiting)));
    hear_of_change(&mut app);
    assert!(is_read(&mut app, 5));
}

#[test]
fn samples_are_read_again_when_the_canary_goes_on_and_not_after_it() {
    let asked = ReadSamples(campaign_id(1), first_page());
    let mut app = app_in_campaign(CampaignState::Canary);
    let mut later = campaign(1, CampaignState::Canary);
    later.done = 15;
    becomes(&mut app, later);
    assert_eq!(app.sent::<ReadSamples>(), std::slice::from_ref(&asked));
    app.answer(asked.clone(), Ok(rows(vec![sample(1)])));
    app.shell.effects.clear();
    let mut running = campaign(1, CampaignState::Running);
    becomes(&mut app, running.clone());
    assert_eq!(app.sent::<ReadSamples>(), std::slice::from_ref(&asked), "the last ones");
    app.answer(asked, Ok(rows(vec![sample(1)])));
    app.shell.effects.clear();
    running.done += 10_000;
    becomes(&mut app, running);
    assert_eq!(app.sent::<ReadSamples>(), []);
}

#[test]
fn tab_goes_between_operations_and_campaigns_and_between_samples_and_failures() {
    let mut app = crate::testdata::app();
    app.go("operations");
    for page in ["campaigns", "operations"] {
        app.act(Action::OtherPane);
        assert_eq!(app.shell.page.name, page);
    }
    let mut app = app_in_campaign(CampaignState::Stopped);
    app.act(Action::Open);
    app.act(Action::OtherPane);
    let view = shown(&mut app);
    assert_eq!((view.pane, view.looking.at), (Pane::FailedItem, Pictures::List));
    assert_eq!(
        app.sent::<ReadFailedItems>(),
        [ReadFailedItems(campaign_id(1), first_page())]
    );
}

#[test]
fn escape_leaves_the_pictures_then_the_campaign_then_the_campaigns() {
    let mut app = app_in_campaign(CampaignState::Waiting);
    app.act(Action::Open);
    for pressed in ['z', 'f', ']'] {
        key(&mut app, pressed);
    }
    let zoom = shown(&mut app).looking.zoom;
    assert_eq!(zoom.times(), 2, "the same place is seen in the next picture");
    app.act(Action::Back);
    let view = shown(&mut app);
    assert_eq!((view.looking.at, view.samples.list.cursor()), (Pictures::List, 1));
    for page in ["campaigns", "operations"] {
        app.act(Action::Back);
        assert_eq!(app.shell.page.name, page);
    }
}
