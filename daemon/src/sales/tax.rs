//! Tax by the country of the buyer: rates that operators set, and the reverse charge of businesses in other countries.

use serde::Serialize;
use serde_json::json;
use sqlx::{PgConnection, PgExecutor};
use tradepost_common::audit::AuditAct;
use tradepost_common::sales::{NewTaxRate, TaxRate};

use crate::app::App;
use crate::audit::{self, Actor};
use crate::config::MoneyConfig;
use crate::error::{ApiError, ApiResult};

/// The place where a buyer is taxed, as the buyer says.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct TaxPlace {
    /// ISO 3166-1; `None`: not told.
    country: Option<String>,
    /// The tax number of a business.
    number: Option<String>,
}

impl TaxPlace {
    /// # Errors
    /// Invalid; unprocessable: a number without its country.
    pub fn parse(country: Option<String>, number: Option<String>) -> ApiResult<Self> {
        let is_number = |text: &str| {
            let is_plain = text
                .bytes()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            (4..=20).contains(&text.len()) && is_plain
        };
        ApiError::unless_all([
            (
                "country",
                country.as_deref().is_none_or(is_country),
                "must be two capital letters, as ISO 3166-1 has them",
            ),
            (
                "tax_number",
                number.as_deref().is_none_or(is_number),
                "must be 4 to 20 capital letters and digits",
            ),
        ])?;
        if number.is_some() && country.is_none() {
            let detail = "A tax number needs the country that gave it.";
            return Err(ApiError::unprocessable("no-tax-country", detail));
        }
        Ok(Self { country, number })
    }

    pub fn is_told(&self) -> bool {
        self.country.is_some()
    }
}

fn is_country(text: &str) -> bool {
    text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The tax of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tax {
    pub country: Option<String>,
    /// The rate of the price without tax; 0 where the buyer owes it.
    pub basis_points: u16,
    pub number: Option<String>,
    pub is_reverse_charge: bool,
}

/// The tax of a buyer today.
pub async fn at_place(app: &App, tx: &mut PgConnection, place: &TaxPlace) -> sqlx::Result<Tax> {
    let rate = match &place.country {
        Some(country) => rate_today(tx, country).await?,
        None => None,
    };
    Ok(tax(&app.config.money, place, rate))
}

fn tax(money: &MoneyConfig, place: &TaxPlace, rate: Option<i32>) -> Tax {
    // A marketplace without a country knows of no other.
    let is_abroad = money.country.is_some() && place.country != money.country;
    let is_reverse_charge = place.number.is_some() && is_abroad;
    let rate = rate.and_then(|rate| u16::try_from(rate).ok());
    Tax {
        country: place.country.clone(),
        basis_points: match is_reverse_charge {
            true => 0,
            false => rate.unwrap_or(money.tax_basis_points),
        },
        number: place.number.clone(),
        is_reverse_charge,
    }
}

/// Sets the rate of a country from a day on, for orders that are placed then. Orders keep theirs.
///
/// # Errors
/// Invalid.
pub async fn set(app: &App, actor: &Actor, new: &NewTaxRate) -> ApiResult<TaxRate> {
    ApiError::unless_all([
        (
            "country",
            is_country(&new.country),
            "must be two capital letters, as ISO 3166-1 has them",
        ),
        (
            "basis_points",
            (0..=10_000).contains(&new.basis_points),
            "must be 0 to 10000",
        ),
    ])?;
    let mut tx = app.db.begin().await?;
    let set = upsert(&mut tx, new, &actor.user)
        .await
        .map_err(|error| match is_bad_date(&error) {
            true => ApiError::invalid("valid_from", "must be a day, as 2027-01-31"),
            false => error.into(),
        })?;
    let detail = json!({ "valid_from": set.valid_from, "basis_points": set.basis_points });
    audit::record(
        &mut tx,
        actor,
        AuditAct::TaxRate,
        &format!("tax:{}", set.country),
        detail,
    )
    .await?;
    tx.commit().await?;
    Ok(set)
}

/// PostgreSQL reads no date in the text.
fn is_bad_date(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["22007", "22008"].contains(&code.as_ref()))
}

/// All rates, by country and day.
pub async fn list(db: impl PgExecutor<'_>) -> sqlx::Result<Vec<TaxRate>> {
    sqlx::query_as!(
        TaxRate,
        r#"
        select country, valid_from::text as "valid_from!", basis_points, set_by from tax_rates
        order by country, tax_rates.valid_from limit 5000
        "#
    )
    .fetch_all(db)
    .await
}

async fn rate_today(tx: &mut PgConnection, country: &str) -> sqlx::Result<Option<i32>> {
    sqlx::query_scalar!(
        r#"
        select basis_points from tax_rates where country = $1 and valid_from <= (now() at time zone 'UTC')::date
        order by valid_from desc limit 1
        "#,
        country
    )
    .fetch_optional(tx)
    .await
}

async fn upsert(tx: &mut PgConnection, new: &NewTaxRate, user: &str) -> sqlx::Result<TaxRate> {
    sqlx::query_as!(
        TaxRate,
        r#"
        insert into tax_rates (country, valid_from, basis_points, set_by)
        values ($1, coalesce(($2::text)::date, (now() at time zone 'UTC')::date), $3, $4)
        on conflict (country, valid_from) do update set basis_points = excluded.basis_points, set_by = excluded.set_by, set_at = now()
        returning country, valid_from::text as "valid_from!", basis_points, set_by
        "#,
        new.country,
        new.valid_from,
        new.basis_points,
        user
    )
    .fetch_one(tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn businesses_of_other_countries_owe_the_tax_themselves() {
        let money = MoneyConfig {
            country: Some("DE".to_owned()),
            tax_basis_points: 1_900,
            ..MoneyConfig::default()
        };
        let at = |country: Option<&str>, number: Option<&str>, rate| {
            let place = TaxPlace::parse(country.map(str::to_owned), number.map(str::to_owned)).unwrap();
            let tax = tax(&money, &place, rate);
            (tax.basis_points, tax.is_reverse_charge)
        };
        assert_eq!(at(None, None, None), (1_900, false));
        assert_eq!(at(Some("FR"), None, Some(2_000)), (2_000, false));
        assert_eq!(at(Some("US"), None, None), (1_900, false));
        assert_eq!(at(Some("FR"), Some("FR12345678901"), Some(2_000)), (0, true));
        assert_eq!(at(Some("DE"), Some("DE123456789"), Some(1_900)), (1_900, false));
        let place = TaxPlace::parse(Some("FR".to_owned()), Some("FR12345678901".to_owned())).unwrap();
        let at_home_nowhere = tax(&MoneyConfig::default(), &place, Some(2_000));
        assert!(
            !at_home_nowhere.is_reverse_charge,
            "no country is another one than none"
        );
        let refused = [
            (Some("fr"), None),
            (Some("FRA"), None),
            (None, Some("FR123456")),
            (Some("FR"), Some("fr 123456")),
            (Some("FR"), Some("FR1")),
        ];
        for (country, number) in refused {
            let place = TaxPlace::parse(country.map(str::to_owned), number.map(str::to_owned));
            assert!(place.is_err(), "{country:?} {number:?}");
        }
    }
}
