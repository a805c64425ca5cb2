//! Newtype ids: UUIDv7, so they sort by the time they were made.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A new id, later than every id made before it on this machine.
            #[expect(clippy::new_without_default, reason = "a default id would be a lie")]
            pub fn new() -> Self {
                Self(uuid::Uuid::now_v7())
            }
        }

        impl From<uuid::Uuid> for $name {
            fn from(id: uuid::Uuid) -> Self {
                Self(id)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;

            fn from_str(text: &str) -> Result<Self, uuid::Error> {
                text.parse().map(Self)
            }
        }
    };
}

id!(/// Somebody who may use the public API.
    AccountId);
id!(/// A bearer token of an account.
    TokenId);
id!(/// One uploaded pack and everything that happens to it.
    UploadId);
id!(/// A contributor's family of sets.
    FamilyId);
id!(/// One set: what one pack becomes.
    SetId);
id!(/// One icon, illustration, model, texture or sound.
    ItemId);
id!(/// A case that a moderator decides.
    CaseId);
id!(/// One purchase of an account.
    OrderId);
id!(/// Money that a payment provider is asked to collect.
    PaymentId);
id!(/// Money that goes back to a buyer.
    RefundId);
id!(/// A payment that its buyer disputes.
    DisputeId);
id!(/// What contributors are paid at once.
    PayoutBatchId);
id!(/// What one contributor is paid.
    PayoutId);
id!(/// A coupon of a contributor or of the marketplace.
    CouponId);
id!(/// A cart of a buyer.
    CartId);
id!(/// The right to use and download what a line of an order bought.
    EntitlementId);
id!(/// Long work that an operator started.
    OperationId);
id!(/// A message in a queue; a dead letter keeps the id of the message it was.
    MessageId);

crate::text_enum! {
    /// Kinds of ids that people type.
    pub enum IdKind {
        Upload = "upload",
        Case = "case",
        /// Or a campaign.
        Operation = "operation",
        /// A dead letter.
        Message = "message",
        Token = "token",
        Order = "order",
    }
}

/// An id of a kind that people type.
pub trait Typed: From<uuid::Uuid> + Copy {
    const KIND: IdKind;
}

macro_rules! typed {
    ($($name:ident is $kind:ident),+) => {
        $(impl Typed for $name {
            const KIND: IdKind = IdKind::$kind;
        })+
    };
}

typed!(UploadId is Upload, CaseId is Case, OperationId is Operation, MessageId is Message, TokenId is Token, OrderId is Order);

/// `GET /v1/ids/{prefix}?kind=`: ids that begin with the prefix, at most [`MOST`](Self::MOST).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdMatches {
    pub matches: Vec<IdMatch>,
}

impl IdMatches {
    pub const MOST: u32 = 10;
}

/// An id, and what it is of: a title, the error of a dead letter, an account.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct IdMatch {
    pub id: uuid::Uuid,
    pub title: String,
}

/// The first and the last id that begin with a prefix: 4 to 32 hexadecimal digits, with or without hyphens.
pub fn range_of_prefix(prefix: &str) -> Option<(uuid::Uuid, uuid::Uuid)> {
    let digits = prefix.replace('-', "");
    let is_prefix = (4..=32).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    if !is_prefix {
        return None;
    }
    let fill = |digit: &str| uuid::Uuid::try_parse(&format!("{digits}{}", digit.repeat(32 - digits.len()))).ok();
    Some((fill("0")?, fill("f")?))
}

/// A campaign is an operation.
pub type CampaignId = OperationId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefix_is_hexadecimal_with_or_without_hyphens() {
        let (first, last) = range_of_prefix("0199ab-CD").unwrap();
        assert_eq!(first.to_string(), "0199abcd-0000-0000-0000-000000000000");
        assert_eq!(last.to_string(), "0199abcd-ffff-ffff-ffff-ffffffffffff");
        for text in ["", "019", "0199x", "0199 ab", &"0".repeat(33)] {
            assert_eq!(range_of_prefix(text), None, "{text}");
        }
    }
}
