//! Texts that a moderator writes: a question to the contributor, and the note that goes with a decision.

use super::Review;
use super::reasons::{Reasons, Refusal};
use super::requests::Write;
use crate::shell::{Confirm, LinePrompt, Shell};
use crate::theme::Tone;

impl Review {
    pub fn ask_contributor(&mut self, cx: &mut Shell) {
        match self.may_decide(cx) {
            true => cx.ask(question("")),
            false => cx.refuse_typing(),
        }
    }

    fn send_question(&mut self, question: String, cx: &mut Shell) {
        if !self.may_decide(cx) {
            return;
        }
        let Some((case, title)) = self.case.as_ref().map(|c| (c.id, c.title.clone())) else {
            return;
        };
        let doing = format!("Sending the question about {title} …");
        self.decided(cx, "", Write::Ask { case, title, question }, &doing);
    }

    /// Asks for the note; then back to the reasons, when it came from there.
    pub fn ask_note(&mut self, cx: &mut Shell, then: Option<Reasons>) {
        let note = self.note_for(then.map_or(Refusal::Pack, |asked| asked.what)).to_owned();
        if self.case.is_none() && then.is_none() {
            return;
        }
        let back = move |cx: &mut Shell| {
            if let Some(reasons) = then {
                cx.ask(reasons);
            }
        };
        let prompt = LinePrompt::new("Note", move |review: &mut Self, text, cx| {
            review.keep_note(text.trim(), then.map(|asked| asked.what), cx);
            back(cx);
            Ok(())
        });
        cx.ask(
            prompt
                .with_text(&note)
                .with_hint("Enter keep the note (decides nothing) · Esc cancel")
                .or_else(move |_, cx| back(cx)),
        );
    }

    fn keep_note(&mut self, text: &str, what: Option<Refusal>, cx: &mut Shell) {
        match (what, &mut self.case) {
            (Some(Refusal::Bulk), _) => self.bulk_note = text.to_owned(),
            (_, Some(case)) => case.note = text.to_owned(),
            (_, None) => {}
        }
        if what.is_none() {
            cx.say(Tone::Plain, "The note goes with the decision: a approves, x rejects");
        }
    }
}

/// A question is typed, shown once more, and sent.
fn question(text: &str) -> LinePrompt<Review> {
    LinePrompt::new("Question", |_: &mut Review, text, cx| {
        let question = text.trim().to_owned();
        if question.is_empty() {
            return Err("write a question".to_owned());
        }
        let again = question.clone();
        cx.ask(
            Confirm::new(
                format!("The contributor will read: {question}"),
                move |review: &mut Review, cx| {
                    review.send_question(question, cx);
                },
            )
            .with_hint("y send (the case waits for the answer) · Esc back")
            // The typed text is not lost.
            .or_else(move |_, cx| cx.ask(self::question(&again))),
        );
        Ok(())
    })
    .with_text(text)
    .with_hint("Enter preview (sends nothing) · Esc cancel")
    .or_else(|_, cx| cx.say(Tone::Plain, "Nothing was asked"))
}
