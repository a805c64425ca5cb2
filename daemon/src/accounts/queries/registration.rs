use sqlx::{PgConnection, PgPool};
use tradepost_common::ids::AccountId;
use tradepost_common::tokens::AccountRole;

/// The best account that has an address.
pub struct Holder {
    pub is_registered: bool,
    pub is_proven: bool,
}

/// The accounts that have an address: the registered one, or a guest.
pub async fn holder_of(tx: &mut PgConnection, email: &str) -> sqlx::Result<Option<Holder>> {
    sqlx::query_as!(
        Holder,
        r#"
        select password_hash is not null as "is_registered!", email_proven_at is not null as "is_proven!"
        from accounts where email = $1 order by password_hash is null, email_proven_at nulls last limit 1
        "#,
        email
    )
    .fetch_optional(tx)
    .await
}

pub async fn password_of(db: &PgPool, email: &str) -> sqlx::Result<Option<(AccountId, String)>> {
    let row = sqlx::query!(
        r#"select id as "id: AccountId", password_hash as "hash!" from accounts where email = $1 and password_hash is not null"#,
        email
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| (row.id, row.hash)))
}

pub async fn insert(
    tx: &mut PgConnection,
    id: AccountId,
    name: &str,
    role: AccountRole,
    email: &str,
    password_hash: Option<&str>,
) -> sqlx::Result<()> {
    sqlx::query!(
        "insert into accounts (id, name, role, email, email_proven_at, password_hash) values ($1, $2, $3, $4, now(), $5)",
        id.0,
        name,
        role.as_str(),
        email,
        password_hash
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// `false`: there is this account already.
pub async fn insert_guest(tx: &mut PgConnection, id: AccountId, name: &str, email: &str) -> sqlx::Result<bool> {
    let done = sqlx::query!(
        "insert into accounts (id, name, role, email) values ($1, $2, 'buyer', $3) on conflict (name) do nothing",
        id.0,
        name,
        email
    )
    .execute(tx)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn set_password(tx: &mut PgConnection, email: &str, hash: &str) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!(
        "update accounts set password_hash = $2 where email = $1 and password_hash is not null returning id",
        email,
        hash
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(AccountId))
}

pub async fn prove(tx: &mut PgConnection, email: &str) -> sqlx::Result<Option<AccountId>> {
    let id = sqlx::query_scalar!(
        r#"
        update accounts set email_proven_at = coalesce(email_proven_at, now())
        where id = (select id from accounts where email = $1 order by password_hash is null, email_proven_at nulls last, id limit 1)
        returning id
        "#,
        email
    )
    .fetch_optional(tx)
    .await?;
    Ok(id.map(AccountId))
}

pub async fn guests_of(tx: &mut PgConnection, account: AccountId) -> sqlx::Result<Vec<AccountId>> {
    let ids = sqlx::query_scalar!(
        r#"
        select guest.id from accounts account join accounts guest on guest.email = account.email
        where account.id = $1 and account.email_proven_at is not null and guest.id <> account.id and guest.password_hash is null
        order by guest.id
        "#,
        account.0
    )
    .fetch_all(tx)
    .await?;
    Ok(ids.into_iter().map(AccountId).collect())
}
