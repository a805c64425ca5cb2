//! Files for the bank: ISO 20022 `pain.001.001.03` (credit transfers in euros), or CSV for everything else.

use std::fmt::Write as _;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tradepost_common::money::amount;
use tradepost_common::payouts::{PayoutBatchView, PayoutFile, PayoutFormat, PayoutRow, PayoutState};

use crate::config::PayoutsConfig;
use crate::error::{ApiError, ApiResult};

/// The file of a batch. Payouts that failed before it was sent are left out.
///
/// # Errors
/// A conflict: the marketplace has no bank account configured, or the batch is not in euros.
pub fn write(config: &PayoutsConfig, view: &PayoutBatchView, format: PayoutFormat) -> ApiResult<PayoutFile> {
    let rows: Vec<_> = view
        .rows
        .iter()
        .filter(|row| row.state != PayoutState::Failed)
        .collect();
    let id = view.batch.id;
    match format {
        PayoutFormat::Csv => Ok(PayoutFile {
            name: format!("payouts-{id}.csv"),
            text: csv(&view.batch.currency, &rows),
        }),
        PayoutFormat::Pain => {
            let (Some(holder), Some(iban)) = (&config.holder, &config.iban) else {
                let detail = "The file for the bank needs payouts.holder and payouts.iban in the configuration.";
                return Err(ApiError::conflict("no-bank-account", detail));
            };
            if view.batch.currency != "EUR" {
                return Err(ApiError::conflict(
                    "not-in-euros",
                    "Only payouts in EUR become pain.001: take the CSV.",
                ));
            }
            Ok(PayoutFile {
                name: format!("payouts-{id}.xml"),
                text: pain(view, &rows, (holder, iban)),
            })
        }
    }
}

/// The end-to-end reference of a payout: at most 35 characters.
fn reference(row: &PayoutRow) -> String {
    row.id.0.simple().to_string()
}

fn csv(currency: &str, rows: &[&PayoutRow]) -> String {
    let mut text = "reference,account,holder,iban,amount,currency\n".to_owned();
    for row in rows {
        let holder = row.holder.replace('"', "\"\"");
        // A spreadsheet must not take a name for a formula.
        let guard = if holder.starts_with(['=', '+', '-', '@']) {
            "'"
        } else {
            ""
        };
        let amount = amount(row.amount_minor, currency);
        writeln!(
            text,
            "{},{},\"{guard}{holder}\",{},{amount},{currency}",
            reference(row),
            row.account,
            row.iban
        )
        .expect("writing to memory");
    }
    text
}

fn pain(view: &PayoutBatchView, rows: &[&PayoutRow], (holder, iban): (&str, &str)) -> String {
    let id = view.batch.id.0.simple();
    let made = view
        .batch
        .requested_at
        .replace_nanosecond(0)
        .unwrap_or(view.batch.requested_at);
    let made_at = made.format(&Rfc3339).expect("a time of the database has a text");
    let count = rows.len();
    let sum = amount(rows.iter().map(|row| row.amount_minor).sum(), "EUR");
    let (holder, day) = (escaped(holder), OffsetDateTime::date(made));
    let mut text = format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.03"><CstmrCdtTrfInitn>
<GrpHdr><MsgId>{id}</MsgId><CreDtTm>{made_at}</CreDtTm><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum><InitgPty><Nm>{holder}</Nm></InitgPty></GrpHdr>
<PmtInf><PmtInfId>{id}</PmtInfId><PmtMtd>TRF</PmtMtd><NbOfTxs>{count}</NbOfTxs><CtrlSum>{sum}</CtrlSum>
<PmtTpInf><SvcLvl><Cd>SEPA</Cd></SvcLvl></PmtTpInf><ReqdExctnDt>{day}</ReqdExctnDt>
<Dbtr><Nm>{holder}</Nm></Dbtr><DbtrAcct><Id><IBAN>{iban}</IBAN></Id></DbtrAcct>
<DbtrAgt><FinInstnId><Othr><Id>NOTPROVIDED</Id></Othr></FinInstnId></DbtrAgt><ChrgBr>SLEV</ChrgBr>
"#
    );
    for row in rows {
        writeln!(
            text,
            "<CdtTrfTxInf><PmtId><EndToEndId>{}</EndToEndId></PmtId><Amt><InstdAmt Ccy=\"EUR\">{}</InstdAmt></Amt>\
             <Cdtr><Nm>{}</Nm></Cdtr><CdtrAcct><Id><IBAN>{}</IBAN></Id></CdtrAcct>\
             <RmtInf><Ustrd>Royalties of {}</Ustrd></RmtInf></CdtTrfTxInf>",
            reference(row),
            amount(row.amount_minor, "EUR"),
            escaped(&row.holder),
            row.iban,
            row.account
        )
        .expect("writing to memory");
    }
    text.push_str("</PmtInf></CstmrCdtTrfInitn></Document>\n");
    text
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
