//! Brings the provider's side of a payment as far as it can come. No transaction is open while the provider is called.

use tradepost_common::payments::PaymentState;

use super::{Payment, declines, is_final, queries};
use crate::app::App;
use crate::stripe::{Intent, IntentStatus, NewIntent, Stripe, StripeError};

/// The provider's side of a payment.
#[derive(Debug, Clone)]
pub enum Reached {
    Intent(Intent),
    /// The provider does not want it, for this reason. It knows nothing that could be paid.
    Refused(String),
}

/// Introduces a payment to the provider, charges the card where the buyer named one, cancels what was declined or given up.
///
/// Every step can be repeated: calls carry the same idempotency keys.
///
/// # Errors
/// [`StripeError::Away`] when the provider does not answer.
pub async fn reach(app: &App, payment: &Payment) -> anyhow::Result<Reached> {
    let stripe = client(app)?;
    if is_final(payment.state) {
        // It is only looked at.
        return match &payment.provider_id {
            Some(id) => Ok(Reached::Intent(stripe.intent(id).await?)),
            None => Ok(Reached::Refused(String::new())),
        };
    }
    let mut intent = match &payment.provider_id {
        Some(id) => stripe.intent(id).await?,
        None => match introduce(app, stripe, payment).await? {
            Reached::Intent(intent) => intent,
            refused @ Reached::Refused(_) => return Ok(refused),
        },
    };
    let mut note = payment.is_given_up.then(String::new);
    if note.is_none() && intent.status == IntentStatus::RequiresConfirmation && payment.method.is_some() {
        (intent, note) = charge(app, stripe, payment, intent).await?;
    }
    if let (IntentStatus::RequiresPaymentMethod, Some(failure)) = (intent.status, &intent.last_payment_error) {
        let message = failure.message.as_deref().unwrap_or("The card was declined.");
        note_decline(app, payment, message).await?;
        note = Some(String::new());
    }
    if let Some(note) = note {
        if !note.is_empty() {
            queries::give_up(&app.db, payment.id, &note).await?;
        }
        intent = cancel(stripe, payment, intent).await?;
    }
    Ok(Reached::Intent(intent))
}

/// The client of the provider.
///
/// # Errors
/// No secret key is configured.
pub fn client(app: &App) -> Result<&Stripe, StripeError> {
    let missing = || StripeError::Away("payments.secret_key_file is not configured".to_owned());
    app.stripe.as_ref().ok_or_else(missing)
}

/// Makes the intent. Its id is kept before anything can be paid with it.
async fn introduce(app: &App, stripe: &Stripe, payment: &Payment) -> anyhow::Result<Reached> {
    let our_id = payment.id.to_string();
    let new = NewIntent {
        our_id: &our_id,
        amount: payment.amount_minor,
        currency: &payment.currency,
        method: payment.method.as_deref(),
    };
    let intent = match stripe.create_intent(new).await {
        Ok(intent) => intent,
        Err(StripeError::Refused { message, .. } | StripeError::Declined { message }) => {
            return Ok(Reached::Refused(format!("The payment provider refused it: {message}")));
        }
        Err(away) => return Err(away.into()),
    };
    queries::set_provider(&app.db, payment.id, &intent.id, intent.client_secret.as_deref()).await?;
    Ok(Reached::Intent(intent))
}

/// Charges the card. Answers with the intent, and with the reason to cancel it, if there is one.
async fn charge(
    app: &App,
    stripe: &Stripe,
    payment: &Payment,
    intent: Intent,
) -> anyhow::Result<(Intent, Option<String>)> {
    if let Some(method) = payment.method.as_deref().filter(|_| payment.fingerprint.is_none())
        && let Some(fingerprint) = stripe.fingerprint(method).await?
    {
        queries::set_fingerprint(&app.db, payment.id, &fingerprint).await?;
        if declines::is_tested(app, &fingerprint).await? {
            let note = "This card was declined too often. Use another one, or try again later.".to_owned();
            return Ok((intent, Some(note)));
        }
    }
    match stripe.confirm_intent(&intent.id, &payment.id.to_string()).await {
        Ok(intent) => Ok((intent, None)),
        // The intent says why.
        Err(StripeError::Declined { .. }) => Ok((stripe.intent(&intent.id).await?, None)),
        Err(StripeError::Refused { message, .. }) => {
            let intent = stripe.intent(&intent.id).await?;
            // Unless somebody else has charged it meanwhile.
            let is_refused = intent.status == IntentStatus::RequiresConfirmation;
            Ok((
                intent,
                is_refused.then(|| format!("The payment provider refused it: {message}")),
            ))
        }
        Err(away) => Err(away.into()),
    }
}

async fn note_decline(app: &App, payment: &Payment, message: &str) -> anyhow::Result<()> {
    let mut tx = app.db.begin().await?;
    // The fingerprint may be younger than what the caller has read.
    let current = queries::find(&mut *tx, Some(payment.id), None).await?;
    declines::count(&mut tx, current.as_ref().unwrap_or(payment)).await?;
    queries::give_up(&mut *tx, payment.id, &format!("The card was not charged: {message}")).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends an intent that can be ended.
async fn cancel(stripe: &Stripe, payment: &Payment, intent: Intent) -> Result<Intent, StripeError> {
    match intent.status {
        IntentStatus::Succeeded | IntentStatus::Canceled | IntentStatus::Processing => Ok(intent),
        _ => match stripe.cancel_intent(&intent.id, &payment.id.to_string()).await {
            // It has succeeded or ended meanwhile.
            Err(StripeError::Refused { .. } | StripeError::Declined { .. }) => stripe.intent(&intent.id).await,
            ended => ended,
        },
    }
}

/// The state of a payment by that of its intent.
pub fn state_of(status: IntentStatus) -> PaymentState {
    match status {
        IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation => PaymentState::RequiresMethod,
        IntentStatus::RequiresAction => PaymentState::RequiresAction,
        IntentStatus::RequiresCapture | IntentStatus::Processing => PaymentState::Processing,
        IntentStatus::Succeeded => PaymentState::Succeeded,
        IntentStatus::Canceled => PaymentState::Canceled,
    }
}
