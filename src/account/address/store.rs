//! Addresses of people in SQL.

use diesel::prelude::*;

use crate::{
    account::{address::Address, store::taken},
    courier::Channel,
    db::{connection::AnyConnection, schema::users},
    error::AppResult,
    id::UserId,
};

/// The user name of who confirmed this address, and how they write it.
pub fn owner(conn: &mut AnyConnection, address: &Address) -> QueryResult<Option<(String, Address)>> {
    let key = address.key();
    let found: Option<(String, Option<String>)> = match address.channel {
        Channel::Email => {
            let owner = users::table.filter(users::email_key.eq(key)).select((users::username, users::email));
            owner.first(conn).optional()?
        }
        Channel::Phone => {
            let owner = users::table.filter(users::phone_key.eq(key)).select((users::username, users::phone));
            owner.first(conn).optional()?
        }
    };
    Ok(found.and_then(|(username, text)| Some((username, Address::known(address.channel, &text?)))))
}

/// The address of this kind that a person confirmed.
pub fn confirmed(conn: &mut AnyConnection, user: UserId, channel: Channel) -> QueryResult<Option<Address>> {
    let person = users::table.find(user);
    let (text, key): (Option<String>, Option<String>) = match channel {
        Channel::Email => person.select((users::email, users::email_key)).first(conn)?,
        Channel::Phone => person.select((users::phone, users::phone_key)).first(conn)?,
    };
    Ok(text.filter(|_| key.is_some()).map(|text| Address::known(channel, &text)))
}

/// Makes an address a person's own.
///
/// # Errors
/// [`crate::error::AppError::Taken`] when somebody else confirmed it.
pub fn set_confirmed(conn: &mut AnyConnection, user: UserId, address: &Address) -> AppResult<()> {
    let person = users::table.find(user);
    let (text, key) = (address.as_str(), address.key());
    let stored = match address.channel {
        Channel::Email => diesel::update(person).set((users::email.eq(text), users::email_key.eq(key))).execute(conn),
        Channel::Phone => diesel::update(person).set((users::phone.eq(text), users::phone_key.eq(key))).execute(conn),
    };
    stored.map(drop).map_err(taken)
}

/// Takes an address off.
pub fn clear(conn: &mut AnyConnection, user: UserId, channel: Channel) -> QueryResult<usize> {
    let (person, none) = (users::table.find(user), None::<String>);
    match channel {
        Channel::Email => {
            diesel::update(person).set((users::email.eq(&none), users::email_key.eq(&none))).execute(conn)
        }
        Channel::Phone => {
            diesel::update(person).set((users::phone.eq(&none), users::phone_key.eq(&none))).execute(conn)
        }
    }
}
