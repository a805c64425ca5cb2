//! [`text_enum!`](crate::text_enum!): enums that have one text in JSON, in the database, in URLs and on screens.

/// A text that is none of an enum's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownText {
    text: String,
    known: Vec<&'static str>,
}

impl UnknownText {
    pub fn new(text: &str, known: impl IntoIterator<Item = &'static str>) -> Self {
        Self {
            text: text.to_owned(),
            known: known.into_iter().collect(),
        }
    }
}

impl std::fmt::Display for UnknownText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "unknown value {:?}: must be one of {}",
            self.text,
            self.known.join(", ")
        )
    }
}

impl std::error::Error for UnknownText {}

/// Defines an enum without fields, with one text for each variant.
///
/// The enum is `Copy`, ordered as written, and has `ALL`, `as_str`, `AsRef<str>`, `FromStr`, `Display` and serde's traits, all by that text.
/// With the feature `sqlx` it is a `text` of PostgreSQL, alone and in arrays.
///
/// ```
/// tradepost_base::text_enum! {
///     /// A size.
///     pub enum Size {
///         Small = "small",
///         VeryLarge = "very_large",
///     }
/// }
/// assert_eq!("very_large".parse(), Ok(Size::VeryLarge));
/// assert_eq!(Size::ALL.map(Size::as_str), ["small", "very_large"]);
/// ```
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $visibility:vis enum $name:ident {
        $($(#[$variant_meta:meta])* $variant:ident = $text:tt),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, ::serde::Serialize, ::serde::Deserialize)]
        $visibility enum $name {
            $($(#[$variant_meta])* #[serde(rename = $text)] $variant,)+
        }

        impl $name {
            /// Every variant, as written.
            pub const ALL: [Self; [$($text),+].len()] = [$(Self::$variant),+];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::text_enum::UnknownText;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                match text {
                    $($text => Ok(Self::$variant),)+
                    _ => Err($crate::text_enum::UnknownText::new(text, Self::ALL.map(Self::as_str))),
                }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        $crate::postgres_text!($name);
    };
}

#[cfg(feature = "sqlx")]
pub use sqlx;

/// Makes a type with `as_str` and `FromStr` a `text` of PostgreSQL.
#[doc(hidden)]
#[cfg(feature = "sqlx")]
#[macro_export]
macro_rules! postgres_text {
    ($name:ident) => {
        const _: () = {
            use sqlx::postgres::{PgArgumentBuffer, PgHasArrayType, PgTypeInfo, PgValueRef, Postgres};
            use $crate::text_enum::sqlx;

            impl sqlx::Type<Postgres> for $name {
                fn type_info() -> PgTypeInfo {
                    <str as sqlx::Type<Postgres>>::type_info()
                }

                fn compatible(ty: &PgTypeInfo) -> bool {
                    <str as sqlx::Type<Postgres>>::compatible(ty)
                }
            }

            impl PgHasArrayType for $name {
                fn array_type_info() -> PgTypeInfo {
                    <&str as PgHasArrayType>::array_type_info()
                }
            }

            impl sqlx::Encode<'_, Postgres> for $name {
                fn encode_by_ref(
                    &self,
                    buffer: &mut PgArgumentBuffer,
                ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
                    <&str as sqlx::Encode<'_, Postgres>>::encode_by_ref(&self.as_str(), buffer)
                }
            }

            impl sqlx::Decode<'_, Postgres> for $name {
                fn decode(value: PgValueRef<'_>) -> Result<Self, sqlx::error::BoxDynError> {
                    Ok(<&str as sqlx::Decode<'_, Postgres>>::decode(value)?.parse()?)
                }
            }
        };
    };
}

/// The feature `sqlx` is off: nothing.
#[doc(hidden)]
#[cfg(not(feature = "sqlx"))]
#[macro_export]
macro_rules! postgres_text {
    ($name:ident) => {};
}

#[cfg(test)]
mod tests {
    crate::text_enum! {
        enum Size {
            Small = "small",
            VeryLarge = "very_large",
        }
    }

    #[test]
    fn one_text_serves_every_direction() {
        assert_eq!(Size::VeryLarge.to_string(), "very_large");
        assert_eq!(format!("{:>6}", Size::Small), " small");
        assert_eq!("small".parse(), Ok(Size::Small));
        assert_eq!(serde_json::to_string(&Size::VeryLarge).unwrap(), r#""very_large""#);
        assert_eq!(serde_json::from_str::<Size>(r#""small""#).unwrap(), Size::Small);
        let error = "huge".parse::<Size>().unwrap_err();
        assert_eq!(
            error.to_string(),
            r#"unknown value "huge": must be one of small, very_large"#
        );
    }
}
