//! Who a recovery is for, in SQL.

use diesel::prelude::*;

use crate::{
    account::{
        address::Address,
        recovery::{Found, Sought},
    },
    courier::Channel,
    db::{connection::AnyConnection, schema::users},
    id::UserId,
    web::locale::Locale,
};

type Row = (UserId, String, Option<String>, Option<String>, Option<String>, Option<String>, Option<String>);

/// Active people; a bot has no password to forget.
macro_rules! people {
    ($which:expr) => {
        users::table.filter($which.and(users::status.eq("active")).and(users::role.ne("bot"))).select((
            users::id,
            users::username,
            users::locale,
            users::email,
            users::email_key,
            users::phone,
            users::phone_key,
        ))
    };
}

fn found((id, username, locale, email, email_key, phone, phone_key): Row) -> Found {
    let address = |channel, text: Option<String>, key: Option<String>| {
        text.filter(|_| key.is_some()).map(|text| Address::known(channel, &text))
    };
    let addresses = [address(Channel::Email, email, email_key), address(Channel::Phone, phone, phone_key)];
    let locale = locale.as_deref().and_then(Locale::from_tag);
    Found { id, username, locale, addresses: addresses.into_iter().flatten().collect() }
}

/// Whom was meant, if they may come in.
pub fn find(conn: &mut AnyConnection, sought: &Sought) -> QueryResult<Option<Found>> {
    let row: Option<Row> = match sought {
        Sought::Address(address) if address.channel == Channel::Email => {
            people!(users::email_key.is_not_null().and(users::email_key.assume_not_null().eq(address.key())))
                .first(conn)
                .optional()?
        }
        Sought::Address(address) => {
            people!(users::phone_key.is_not_null().and(users::phone_key.assume_not_null().eq(address.key())))
                .first(conn)
                .optional()?
        }
        Sought::Name(key) => people!(users::username_key.eq(key)).first(conn).optional()?,
        Sought::Nobody => None,
    };
    Ok(row.map(found))
}

/// One person, if they may come in.
pub fn by_id(conn: &mut AnyConnection, user: UserId) -> QueryResult<Option<Found>> {
    let row: Option<Row> = people!(users::id.eq(user)).first(conn).optional()?;
    Ok(row.map(found))
}
