//! The audit log in SQL.

use diesel::prelude::*;

use crate::{
    audit::{Actor, Entry},
    db::{connection::AnyConnection, schema::audit_log, time::now},
};

/// Adds an entry.
pub fn insert(conn: &mut AnyConnection, actor: &Actor, entry: &Entry) -> QueryResult<()> {
    let Entry { act, target, detail } = entry;
    diesel::insert_into(audit_log::table)
        .values((
            audit_log::at.eq(now()),
            audit_log::actor_id.eq(actor.id.map(|id| id.0)),
            audit_log::actor_name.eq(&actor.name),
            audit_log::act.eq(act.as_str()),
            audit_log::target_kind.eq(target.kind),
            audit_log::target_id.eq(target.id),
            audit_log::target_name.eq(&target.name),
            audit_log::detail.eq(detail.to_string()),
            audit_log::ip.eq(actor.ip.map(|ip| ip.to_string()).unwrap_or_default()),
        ))
        .execute(conn)?;
    Ok(())
}
