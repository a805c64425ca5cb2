//! The price of an order and its split. Pure, in minor units; the parts are the whole to the unit.
//!
//! In each line, `price - discount = tax + royalty + fee - subsidy`. The tax is in the price. A discount that a contributor gives lowers
//! royalty and fee; one that the marketplace gives leaves them, and the marketplace pays the difference: the subsidy.

use tradepost_common::ids::{AccountId, EntitlementId};
use tradepost_common::sales::{Discount, Licence, Product};
use uuid::Uuid;

/// All of something, in basis points.
pub const WHOLE: i64 = 10_000;

/// A product as it is sold now.
#[derive(Debug, Clone)]
pub struct Offer {
    pub product: Product,
    /// The set of an item or of a set.
    pub set_id: Option<Uuid>,
    pub family_id: Uuid,
    pub seller_id: AccountId,
    pub name: String,
    pub licence: Licence,
    pub terms_version: i32,
    /// Left to be paid after the credit.
    pub price_minor: i64,
    pub upgrades: Option<Upgrade>,
    /// The contributors' part. `None`: all but the marketplace's fee.
    pub royalty_basis_points: Option<i32>,
    /// The contributors of its family with their shares, in basis points.
    pub shares: Vec<(AccountId, i64)>,
}

/// A lesser right to the same product that the buyer has.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade {
    pub of: EntitlementId,
    /// Paid for it, and taken off the price.
    pub credit_minor: i64,
}

impl Offer {
    /// Takes off the price what was paid for a lesser right.
    pub fn upgrade(&mut self, of: EntitlementId, paid_minor: i64) {
        let credit_minor = paid_minor.clamp(0, self.price_minor);
        self.price_minor -= credit_minor;
        self.upgrades = Some(Upgrade { of, credit_minor });
    }
}

/// The part of a coupon that decides prices.
#[derive(Debug, Clone)]
pub struct Reduction {
    pub discount: Discount,
    pub payer: Payer,
    /// Only on this product.
    pub product: Option<Product>,
    /// Only on products of this contributor.
    pub seller: Option<AccountId>,
}

impl Reduction {
    pub fn is_for(&self, offer: &Offer) -> bool {
        self.product.is_none_or(|product| product == offer.product)
            && self.seller.is_none_or(|seller| seller == offer.seller_id)
    }
}

/// The side that gives a discount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payer {
    Contributor,
    Marketplace,
}

/// Parts of a price that the configuration decides, in basis points.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    pub fee: u16,
    pub tax: u16,
}

/// The price of an order.
#[derive(Debug, Default)]
pub struct Quote {
    pub lines: Vec<QuotedLine>,
    /// The buyer pays this.
    pub total: i64,
    pub discount: i64,
    /// The part of the total that is tax.
    pub tax: i64,
}

/// The price of a line.
#[derive(Debug, Default)]
pub struct QuotedLine {
    pub price: i64,
    pub discount: i64,
    pub tax: i64,
    pub fee: i64,
    pub subsidy: i64,
    pub royalty: i64,
    /// Parts of the royalty, one for each contributor.
    pub royalties: Vec<(AccountId, i64)>,
}

/// Prices an order. `None`: it costs more than an order can.
pub fn quote(offers: &[Offer], reduction: Option<&Reduction>, rates: Rates) -> Option<Quote> {
    let discounts = discounts(offers, reduction);
    let payer = reduction.map_or(Payer::Contributor, |reduction| reduction.payer);
    let mut quote = Quote::default();
    for (offer, discount) in offers.iter().zip(discounts) {
        let line = line(offer, discount, payer, rates);
        quote.total = quote.total.checked_add(line.price - line.discount)?;
        quote.discount = quote.discount.checked_add(line.discount)?;
        quote.tax += line.tax;
        quote.lines.push(line);
    }
    Some(quote)
}

fn line(offer: &Offer, discount: i64, payer: Payer, rates: Rates) -> QuotedLine {
    let price = offer.price_minor;
    let paid = price - discount;
    let tax = tax_in(paid, rates.tax);
    let base = match payer {
        Payer::Contributor => paid - tax,
        Payer::Marketplace => price - tax_in(price, rates.tax),
    };
    let royalty_basis_points = offer
        .royalty_basis_points
        .map_or(WHOLE - i64::from(rates.fee).min(WHOLE), i64::from);
    let royalty = part(base, royalty_basis_points, WHOLE);
    let weights: Vec<_> = offer.shares.iter().map(|(_, share)| *share).collect();
    let royalties = offer.shares.iter().map(|(account, _)| *account);
    QuotedLine {
        price,
        discount,
        tax,
        fee: base - royalty,
        subsidy: base - (paid - tax),
        royalty,
        royalties: royalties.zip(split(royalty, &weights)).collect(),
    }
}

/// The discount of each line.
fn discounts(offers: &[Offer], reduction: Option<&Reduction>) -> Vec<i64> {
    let Some(reduction) = reduction else {
        return vec![0; offers.len()];
    };
    let prices: Vec<_> = offers
        .iter()
        .map(|offer| if reduction.is_for(offer) { offer.price_minor } else { 0 })
        .collect();
    match &reduction.discount {
        Discount::Percent(percent) => {
            let share = i64::from(percent.basis_points).min(WHOLE);
            prices.iter().map(|price| part(*price, share, WHOLE)).collect()
        }
        Discount::Amount(amount) => {
            let most = prices.iter().fold(0i64, |sum, price| sum.saturating_add(*price));
            split(amount.amount_minor.min(most), &prices)
        }
    }
}

/// The tax in a price that contains it, rounded to the nearest unit.
fn tax_in(price: i64, rate: u16) -> i64 {
    let (rate, whole) = (i128::from(rate), i128::from(WHOLE) + i128::from(rate));
    let tax = (i128::from(price) * rate + whole / 2) / whole;
    i64::try_from(tax).expect("a part is no larger than the whole")
}

/// `whole * numerator / denominator`, rounded down.
fn part(whole: i64, numerator: i64, denominator: i64) -> i64 {
    let part = i128::from(whole) * i128::from(numerator) / i128::from(denominator);
    i64::try_from(part).expect("a part is no larger than the whole")
}

/// Splits an amount by weights: each part is rounded down, and what is left goes to the largest remainders, the first one first.
/// Without a weight, nobody gets anything.
pub fn split(whole: i64, weights: &[i64]) -> Vec<i64> {
    let sum: i128 = weights.iter().map(|weight| i128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let product = |weight: i64| i128::from(whole) * i128::from(weight);
    let mut parts: Vec<_> = weights
        .iter()
        .map(|weight| i64::try_from(product(*weight) / sum).expect("a part is no larger than the whole"))
        .collect();
    let left = whole - parts.iter().sum::<i64>();
    let mut order: Vec<_> = (0..weights.len()).collect();
    order.sort_by_key(|&at| std::cmp::Reverse(product(weights[at]) % sum));
    for &at in order.iter().take(usize::try_from(left).unwrap_or(0)) {
        parts[at] += 1;
    }
    parts
}

#[cfg(test)]
mod tests;
