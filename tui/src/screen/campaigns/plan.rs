//! Planning a campaign from the list: the words of the command line, typed at a prompt. Enter plans and draws nothing.

use tradepost_common::campaigns::{Campaign, NewCampaign};
use tradepost_common::overview::Role;

use super::cli::typed_plan;
use super::{Campaigns, list_page};
use crate::client::{Client, Reply};
use crate::shell::{LinePrompt, Request, Shell};
use crate::theme::Tone;

impl Campaigns {
    pub fn ask_plan(&mut self, cx: &mut Shell) {
        if !cx.may_write(Role::Operator) {
            return;
        }
        let submit = |_: &mut Self, typed: &str, cx: &mut Shell| {
            let new = typed_plan(typed)?;
            if cx.may_write(Role::Operator) {
                cx.write(PlanCampaign(new));
                cx.say(Tone::Dim, "planning …");
            }
            Ok(())
        };
        let prompt = LinePrompt::new("plan", submit)
            .with_hint("why; before it --kind icon --account acme --limit 100 … · Enter plans · Esc: no")
            .or_else(|_, cx| cx.say(Tone::Plain, "nothing was planned"));
        cx.ask(prompt);
    }
}

#[derive(Debug, Clone, PartialEq)]
pub struct PlanCampaign(pub NewCampaign);

impl Request for PlanCampaign {
    type Owner = Campaigns;
    type Output = Campaign;

    async fn send(&self, client: &Client) -> Reply<Campaign> {
        client.plan_campaign(&self.0).await
    }

    fn answered(self, campaigns: &mut Campaigns, reply: Reply<Campaign>, cx: &mut Shell) {
        match reply {
            Ok(campaign) => {
                cx.say(Tone::Good, "planned: look at what it takes; nothing is drawn yet");
                campaigns.reading.again(cx);
                // The operator may have gone on meanwhile.
                if cx.prompt.is_none() && cx.page == list_page() {
                    campaigns.show(campaign, Some(cx.clock.instant), cx);
                }
            }
            Err(e) => cx.say(Tone::Bad, format!("NOT planned: {e}")),
        }
    }
}
