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
id!(/// Long work that an operator started.
    OperationId);
id!(/// A message in a queue; a dead letter keeps the id of the message it was.
    MessageId);

/// A campaign is an operation.
pub type CampaignId = OperationId;
