//! Hands mails to the mail server.

use std::time::Duration;

use anyhow::Context as _;
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport as _, Message, Tokio1Executor};
use uuid::Uuid;

use super::queries::QueuedMail;
use crate::config::{MailConfig, MailSecurity};

/// For each command; the whole mail has [`WHOLE`].
const COMMAND: Duration = Duration::from_secs(10);
const WHOLE: Duration = Duration::from_secs(20);
/// Replies after which sending this mail again is of no use (RFC 5321): no such mailbox, or it refuses.
const FINAL: [u16; 4] = [550, 551, 553, 556];

/// The end of an attempt.
#[derive(Debug, PartialEq, Eq)]
pub enum Delivery {
    Taken,
    /// The mail server will never take it.
    Refused(u16),
}

/// Sends a mail. Its `Message-ID` is made of the id, so that a second delivery can be recognised.
pub async fn send(config: &MailConfig, id: Uuid, mail: &QueuedMail) -> anyhow::Result<Delivery> {
    let message = message(config, id, mail)?;
    let transport = transport(config)?;
    let sent = tokio::time::timeout(WHOLE, transport.send(message))
        .await
        .context("the mail server is too slow")?;
    match sent {
        Ok(_) => Ok(Delivery::Taken),
        Err(error) => match error.status().map(u16::from).filter(|code| FINAL.contains(code)) {
            Some(code) => Ok(Delivery::Refused(code)),
            None => Err(anyhow::Error::new(error).context("handing a mail to the mail server")),
        },
    }
}

fn message(config: &MailConfig, id: Uuid, mail: &QueuedMail) -> anyhow::Result<Message> {
    let from: Mailbox = config.from.parse().context("reading mail.from")?;
    let to = mail.recipient.parse().context("reading the recipient")?;
    let message_id = format!("<{id}@{}>", from.email.domain());
    Message::builder()
        .message_id(Some(message_id))
        .date_now()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(mail.subject.clone())
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .context("writing a mail")
}

fn transport(config: &MailConfig) -> anyhow::Result<AsyncSmtpTransport<Tokio1Executor>> {
    let host = config.host.as_deref().context("there is no mail.host")?;
    let mut builder = match config.security {
        MailSecurity::Tls => AsyncSmtpTransport::<Tokio1Executor>::relay(host)?,
        MailSecurity::Starttls => AsyncSmtpTransport::<Tokio1Executor>::starttls_relay(host)?,
        MailSecurity::None => AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(host),
    };
    if let Some(port) = config.port {
        builder = builder.port(port);
    }
    if let (Some(user), Some(password)) = (&config.user, &config.password) {
        builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
    }
    Ok(builder.timeout(Some(COMMAND)).build())
}
