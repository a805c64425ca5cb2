//! `GET /v1/audit`: screen 9. The log is append-only.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// One act of an operator, a moderator or the daemon on somebody's behalf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditRow {
    pub id: i64,
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
    /// The Unix user's name.
    pub actor: String,
    pub uid: i64,
    /// `queue.pause`, `case.approve`, `token.create`.
    pub act: String,
    /// Object of the act: `queue:render`, `case:<id>`.
    pub subject: String,
    pub detail: serde_json::Value,
}

crate::text_enum! {
    /// A column that the log can be sorted by.
    pub enum AuditColumn {
        Time = "time",
        User = "user",
        Action = "action",
        Target = "target",
    }
}

crate::text_enum! {
    /// Acts on cases, accounts, tokens, uploads, queues, alerts and orders. Operations and campaigns add their own.
    pub enum AuditAct {
        CaseClaim = "case.claim",
        CaseRelease = "case.release",
        CaseSkip = "case.skip",
        CaseAsk = "case.ask",
        CaseApprove = "case.approve",
        CaseReject = "case.reject",
        CaseBan = "case.ban",
        CaseUndo = "case.undo",
        CaseBulk = "case.bulk",
        AccountUnban = "account.unban",
        TokenCreate = "token.create",
        TokenRevoke = "token.revoke",
        UploadTakedown = "upload.takedown",
        QueuePause = "queue.pause",
        QueueResume = "queue.resume",
        QueueConcurrency = "queue.concurrency",
        MachineDrain = "machine.drain",
        MachineResume = "machine.resume",
        AlertAcknowledge = "alert.acknowledge",
        AccountCredit = "account.credit",
        OrderRefund = "order.refund",
        PaymentResolve = "payment.resolve",
        OrderReceipt = "order.receipt",
        OrderResetDownloads = "order.reset-downloads",
        LicenceTerms = "licence.terms",
        TaxRate = "tax.rate",
        PayoutRequest = "payout.request",
        PayoutSend = "payout.send",
        PayoutSettle = "payout.settle",
        CouponMake = "coupon.make",
        CouponEnd = "coupon.end",
        SearchRebuild = "search.rebuild",
        CategoryPut = "category.put",
        CategoryDelete = "category.delete",
        CatalogueLabel = "catalogue.label",
        CatalogueStanding = "catalogue.standing",
        CatalogueWithdraw = "catalogue.withdraw",
    }
}
