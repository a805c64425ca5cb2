//! Amounts as people read them.

/// Digits after the point of the minor unit of a currency, by ISO 4217.
pub fn decimals(currency: &str) -> usize {
    match currency {
        "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF" | "UGX" | "UYI" | "VND"
        | "VUV" | "XAF" | "XOF" | "XPF" => 0,
        "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
        "CLF" | "UYW" => 4,
        _ => 2,
    }
}

/// `12.34` of 1234 cents.
pub fn amount(minor: i64, currency: &str) -> String {
    let decimals = decimals(currency);
    let digits = format!("{:0>1$}", minor.unsigned_abs(), decimals + 1);
    let (whole, part) = digits.split_at(digits.len() - decimals);
    let sign = if minor < 0 { "-" } else { "" };
    match part {
        "" => format!("{sign}{whole}"),
        part => format!("{sign}{whole}.{part}"),
    }
}

/// `12.34 EUR`.
pub fn money(minor: i64, currency: &str) -> String {
    format!("{} {currency}", amount(minor, currency))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_the_decimals_of_their_currency() {
        let cases = [
            (1234, "EUR", "12.34"),
            (-5, "EUR", "-0.05"),
            (0, "USD", "0.00"),
            (1234, "JPY", "1234"),
            (-1234, "KWD", "-1.234"),
            (i64::MIN, "EUR", "-92233720368547758.08"),
        ];
        for (minor, currency, text) in cases {
            assert_eq!(amount(minor, currency), text);
        }
    }
}
