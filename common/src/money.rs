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

/// True for an IBAN in capital letters without spaces whose check digits are right (ISO 13616).
pub fn is_iban(text: &str) -> bool {
    let is_shape = (15..=34).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && text.bytes().take(2).all(|byte| byte.is_ascii_uppercase())
        && text.bytes().skip(2).take(2).all(|byte| byte.is_ascii_digit());
    if !is_shape {
        return false;
    }
    let moved = text.bytes().skip(4).chain(text.bytes().take(4));
    let rest = moved.fold(0u32, |rest, byte| match byte {
        b'0'..=b'9' => (rest * 10 + u32::from(byte - b'0')) % 97,
        _ => (rest * 100 + u32::from(byte - b'A') + 10) % 97,
    });
    rest == 1
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

    #[test]
    fn ibans_have_check_digits() {
        for right in [
            "DE89370400440532013000",
            "GB29NWBK60161331926819",
            "FR1420041010050500013M02606",
        ] {
            assert!(is_iban(right), "{right}");
        }
        for wrong in [
            "",
            "DE89370400440532013001",
            "de89370400440532013000",
            "DE89 3704 0044 0532 0130 00",
            "DE8",
            "8937040044053201",
        ] {
            assert!(!is_iban(wrong), "{wrong}");
        }
    }
}
