//! [`Workshop`]: a room for tests of who may do what.

use serde_json::json;

use super::{doors::Person, server::Server};

/// A private room with somebody of every kind in it.
pub struct Workshop {
    /// Where it is.
    pub server: Server,
    /// The room's id.
    pub room: i64,
    /// Owns it.
    pub owner: Person,
    /// Keeps order in it.
    pub moderator: Person,
    /// An admin of the site, a plain member of the room.
    pub admin: Person,
    /// A plain member.
    pub ann: Person,
    /// Another one.
    pub bob: Person,
}

impl Workshop {
    /// Opens it.
    pub async fn open() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (owner, moderator) = (server.member("owen").await, server.member("moira").await);
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let room = owner.private_room("workshop", &[&moderator, &admin, &ann, &bob]).await;
        owner.patch(&format!("rooms/{room}/members/{}", moderator.id), json!({"role": "moderator"})).await.is(200);
        Self {
            room,
            owner: Person::of(owner).await,
            moderator: Person::of(moderator).await,
            admin: Person::of(admin).await,
            ann: Person::of(ann).await,
            bob: Person::of(bob).await,
            server,
        }
    }
}
