use proptest::prelude::*;
use tradepost_common::sales::{Amount, Percent, ProductKind};

use super::*;

fn offer(price_minor: i64, royalty_basis_points: Option<i32>, shares: &[i64]) -> Offer {
    let shares = shares.iter().map(|share| (AccountId::new(), *share));
    Offer {
        product: Product {
            kind: ProductKind::Set,
            id: Uuid::now_v7(),
        },
        set_id: None,
        family_id: Uuid::now_v7(),
        seller_id: AccountId::new(),
        name: String::new(),
        licence: Licence::Personal,
        terms_version: 1,
        price_minor,
        upgrades: None,
        royalty_basis_points,
        shares: shares.collect(),
    }
}

fn amount(amount_minor: i64) -> Discount {
    Discount::Amount(Amount {
        amount_minor,
        currency: "EUR".to_owned().try_into().unwrap(),
    })
}

fn percent(basis_points: u16) -> Discount {
    Discount::Percent(Percent { basis_points })
}

fn reduction(discount: Discount, payer: Payer) -> Reduction {
    Reduction {
        discount,
        payer,
        product: None,
        seller: None,
    }
}

const PLAIN: Rates = Rates { fee: 3_000, tax: 0 };

#[test]
fn royalty_and_fee_are_the_whole_price() {
    for (price, royalty) in [(0, 0), (1, 0), (2, 1), (900, 630)] {
        let line = quote(&[offer(price, None, &[WHOLE])], None, PLAIN)
            .unwrap()
            .lines
            .remove(0);
        assert_eq!((line.royalty, line.fee), (royalty, price - royalty), "{price}");
    }
    let line = quote(&[offer(1_000, Some(5_000), &[6_000, 4_000])], None, PLAIN)
        .unwrap()
        .lines
        .remove(0);
    assert_eq!(line.royalties.iter().map(|part| part.1).collect::<Vec<_>>(), [300, 200]);
}

#[test]
fn tax_is_in_the_price_and_in_no_royalty() {
    let rates = Rates { fee: 3_000, tax: 1_900 };
    let quote = quote(&[offer(1_190, None, &[WHOLE])], None, rates).unwrap();
    let line = &quote.lines[0];
    assert_eq!((quote.total, line.tax, line.royalty, line.fee), (1_190, 190, 700, 300));
}

#[test]
fn the_marketplace_pays_for_its_own_coupons() {
    let own = reduction(percent(5_000), Payer::Marketplace);
    let quoted = quote(&[offer(1_000, None, &[WHOLE])], Some(&own), PLAIN).unwrap();
    let line = &quoted.lines[0];
    assert_eq!(
        (quoted.total, line.royalty, line.fee, line.subsidy),
        (500, 700, 300, 500)
    );
    let theirs = reduction(percent(5_000), Payer::Contributor);
    let quoted = quote(&[offer(1_000, None, &[WHOLE])], Some(&theirs), PLAIN).unwrap();
    let line = &quoted.lines[0];
    assert_eq!((quoted.total, line.royalty, line.fee, line.subsidy), (500, 350, 150, 0));
}

#[test]
fn coupons_are_only_for_what_they_name_and_never_more_than_the_price() {
    let offers = [offer(300, None, &[WHOLE]), offer(500, None, &[WHOLE])];
    let mut only = reduction(amount(1_000), Payer::Marketplace);
    only.product = Some(offers[1].product);
    let quoted = quote(&offers, Some(&only), PLAIN).unwrap();
    assert_eq!(
        (quoted.total, quoted.lines[0].discount, quoted.lines[1].discount),
        (300, 0, 500)
    );
    only.product = None;
    only.seller = Some(offers[0].seller_id);
    assert_eq!(quote(&offers, Some(&only), PLAIN).unwrap().total, 500);
}

#[test]
fn what_is_left_goes_to_the_largest_remainders() {
    assert_eq!(split(100, &[1, 1, 1]), [34, 33, 33]);
    assert_eq!(split(10, &[5, 3, 1]), [6, 3, 1]);
    assert_eq!(split(7, &[0, 0]), [0, 0]);
    assert_eq!(
        split(i64::MAX, &[i64::MAX, i64::MAX])
            .iter()
            .map(|part| i128::from(*part))
            .sum::<i128>(),
        i64::MAX.into()
    );
}

proptest! {
    #[test]
    fn parts_are_the_whole_and_none_is_negative(
        prices in prop::collection::vec((0i64..100_000_001, prop::option::of(0i32..10_001), 1i64..10_000), 1..8),
        off in prop::option::of((any::<bool>(), 1i64..100_000_001, any::<bool>())),
        fee in 0u16..10_001, tax in 0u16..10_001,
    ) {
        let offers: Vec<_> = prices.iter().map(|(price, royalty, share)| offer(*price, *royalty, &[*share, WHOLE - share])).collect();
        let off = off.map(|(is_percent, value, ours)| reduction(
            if is_percent { percent((value % 10_000) as u16 + 1) } else { amount(value) },
            if ours { Payer::Marketplace } else { Payer::Contributor },
        ));
        let quote = quote(&offers, off.as_ref(), Rates { fee, tax }).unwrap();
        prop_assert_eq!(quote.lines.iter().map(|line| line.price).sum::<i64>(), quote.total + quote.discount);
        prop_assert_eq!(quote.lines.iter().map(|line| line.tax).sum::<i64>(), quote.tax);
        if let Some(Reduction { discount: Discount::Amount(amount), .. }) = &off {
            let all: i64 = offers.iter().map(|offer| offer.price_minor).sum();
            prop_assert_eq!(quote.discount, amount.amount_minor.min(all));
        }
        for line in &quote.lines {
            prop_assert!(line.discount <= line.price);
            prop_assert!([line.discount, line.tax, line.fee, line.subsidy, line.royalty].iter().all(|part| *part >= 0), "{:?}", line);
            prop_assert_eq!(line.price - line.discount, line.tax + line.royalty + line.fee - line.subsidy);
            prop_assert_eq!(line.royalties.iter().map(|part| part.1).sum::<i64>(), line.royalty);
        }
    }
}

#[test]
fn an_upgrade_costs_the_difference_and_never_less_than_nothing() {
    for (price, paid, left) in [
        (5_000, 1_000, 4_000),
        (5_000, 5_000, 0),
        (5_000, 6_000, 0),
        (5_000, 0, 5_000),
    ] {
        let mut offer = offer(price, None, &[WHOLE]);
        offer.upgrade(EntitlementId::new(), paid);
        assert_eq!(offer.price_minor, left);
        assert_eq!(offer.upgrades.unwrap().credit_minor, price - left);
    }
}
