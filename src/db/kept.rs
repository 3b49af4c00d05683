//! Statements that a connection prepares once, however often they are asked and of however much.
//!
//! Diesel prepares anew, every time, what is written by hand, and on SQLite what asks for a list of ids: longer than it takes to run.

use std::borrow::Cow;

use diesel::{
    AppearsOnTable, Expression, QueryResult, RunQueryDsl, SelectableExpression,
    backend::Backend,
    expression::{ValidGrouping, is_aggregate},
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    serialize::{self, IsNull, Output, ToSql},
    sql_types::{Array, BigInt, Bool, Text, Untyped},
    sqlite::Sqlite,
};

/// See [`kept`].
#[derive(Debug, Clone)]
pub struct Kept<V> {
    sql: Cow<'static, str>,
    values: V,
}

/// A statement with at most one `?`, in whose place the values stand, separated by commas: an expression or a tuple of such.
pub fn kept<V>(sql: impl Into<Cow<'static, str>>, values: V) -> Kept<V> {
    Kept { sql: sql.into(), values }
}

impl<V: QueryFragment<DB>, DB: Backend> QueryFragment<DB> for Kept<V> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        let (before, after) = self.sql.split_once('?').unwrap_or((&self.sql, ""));
        out.push_sql(before);
        self.values.walk_ast(out.reborrow())?;
        out.push_sql(after);
        Ok(())
    }
}

impl<V> QueryId for Kept<V> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<V> Query for Kept<V> {
    type SqlType = Untyped;
}

impl<V, Conn> RunQueryDsl<Conn> for Kept<V> {}

/// Numbers as each database takes many of them at once: SQLite, which has no arrays, as JSON.
#[derive(Debug, Clone)]
struct Ids(Vec<i64>);

impl ToSql<Text, Sqlite> for Ids {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(serde_json::to_string(&self.0)?);
        Ok(IsNull::No)
    }
}

impl ToSql<Array<BigInt>, Pg> for Ids {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Array<BigInt>, Pg>::to_sql(&self.0, out)
    }
}

/// See [`within`].
#[derive(Debug, Clone)]
pub struct Within<C> {
    column: C,
    ids: Ids,
}

/// Is a column one of these ids? For filters: what `eq_any` says, which SQLite would prepare anew every time.
pub fn within<C>(column: C, ids: impl IntoIterator<Item = i64>) -> Within<C> {
    Within { column, ids: Ids(ids.into_iter().collect()) }
}

impl<C: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Within<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" IN (SELECT value FROM json_each(");
        out.push_bind_param::<Text, _>(&self.ids)?;
        out.push_sql("))");
        Ok(())
    }
}

impl<C: QueryFragment<Pg>> QueryFragment<Pg> for Within<C> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.column.walk_ast(out.reborrow())?;
        out.push_sql(" = ANY(");
        out.push_bind_param::<Array<BigInt>, _>(&self.ids)?;
        out.push_sql(")");
        Ok(())
    }
}

impl<C> QueryId for Within<C> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<C: Expression> Expression for Within<C> {
    type SqlType = Bool;
}

impl<C: AppearsOnTable<QS>, QS> AppearsOnTable<QS> for Within<C> {}

impl<C: SelectableExpression<QS>, QS> SelectableExpression<QS> for Within<C> {}

impl<C> ValidGrouping<()> for Within<C> {
    type IsAggregate = is_aggregate::No;
}
