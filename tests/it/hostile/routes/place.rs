//! What everybody reaches for: a private room, what was said there, and what its author has besides.

use serde_json::{Value, json};

use super::table::{Caller, Row};
use crate::support::{
    client::{Guest, Member},
    frame::id_of,
    fresh_id,
    picture::png,
    program::Program,
    server::Server,
};

/// The server and its people.
pub struct Stage {
    server: Server,
    nobody: Guest,
    stranger: Member,
    member: Member,
    owner: Member,
    admin: Member,
    /// Whose things they are.
    victim: Member,
    /// Another browser of hers, whose session is in the list.
    device: Member,
    /// A program of hers.
    program: Program,
    /// That other session.
    session: i64,
    /// An announcement that is a draft.
    draft: Value,
    lobby: i64,
    /// Somebody who may be asked in.
    lodger: i64,
}

/// Her address, which she told nobody.
const EMAIL: &str = "zaunkoenig@example.org";

/// Places in an address that name nothing of anybody's.
const FIXED: [(&str, &str); 3] = [("{channel}", "email"), ("{emoji}", "%F0%9F%91%8D"), ("{count}", "50")];

/// Words in the private room.
const ROOM: [&str; 4] = ["Zeisig", "Amselweg", "Nachtigall", "kuckuck"];

impl Stage {
    /// Sets it.
    pub async fn set() -> Self {
        let server = Server::start();
        let admin = server.admin("founder").await;
        let (stranger, member) = (server.member("stranger").await, server.member("mia").await);
        let (owner, victim) = (server.member("owen").await, server.member("ann").await);
        victim.patch("me", json!({"email": EMAIL})).await.is(200);
        let device = victim.other_device().await;
        let program = Program::of(&victim, "write").await;
        let sessions = victim.get("me/sessions").await.is(200);
        let other = sessions["sessions"].as_array().unwrap().iter().find(|session| session["current"] == false);
        let session = id_of(other.expect("two sessions"));
        let picture = admin.picture().await;
        let draft = json!({"title": "Girlitz", "alt": "a bird", "upload": picture["id"]});
        let draft = admin.post("admin/announcements", draft).await.is(201)["announcement"].clone();
        let lobby = victim.lobby().await;
        let (nobody, lodger) = (server.guest(), server.member("lodger").await.id);
        Self { server, nobody, stranger, member, owner, admin, victim, device, program, session, draft, lobby, lodger }
    }

    /// A fresh room with a message of hers in it, and a picture that she has not sent yet.
    pub async fn place(&self) -> Place {
        let body = json!({"kind": "private", "name": "Zeisig", "topic": "Amselweg"});
        let room = self.owner.post("rooms", body).await.is(201).room_id();
        for other in [&self.member, &self.victim] {
            self.owner.post(&format!("rooms/{room}/members"), json!({"user": other.id})).await.is(201);
        }
        let pictures = [self.upload().await, self.upload().await];
        let body = json!({"client_id": fresh_id(), "text": "Nachtigall ruft leise", "uploads": [pictures[0]["id"]]});
        let sent = self.victim.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let file = |value: &Value| text(value).rsplit('/').next().unwrap().to_owned();
        let mut ids = FIXED.map(|(name, value)| (name, value.to_owned())).to_vec();
        ids.extend([
            ("{room}", room.to_string()),
            ("{lobby}", self.lobby.to_string()),
            ("{message}", id_of(&sent).to_string()),
            ("{seq}", sent["seq"].to_string()),
            ("{sent}", text(&pictures[0]["id"])),
            ("{upload}", text(&pictures[1]["id"])),
            ("{picture}", file(&pictures[0]["url"])),
            ("{unsent}", file(&pictures[1]["url"])),
            ("{poster}", file(&self.draft["image"]["url"])),
            ("{draft}", id_of(&self.draft).to_string()),
            ("{session}", self.session.to_string()),
            ("{token}", self.program.token.to_string()),
            ("{ann}", self.victim.id.to_string()),
            ("{lodger}", self.lodger.to_string()),
        ]);
        Place(ids)
    }

    async fn upload(&self) -> Value {
        let shade = fresh_id().bytes().fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
        let [_, red, green, blue] = shade.to_be_bytes();
        self.victim.upload("kuckuck.png", &png(16, 16, [red, green, blue])).await.is(201)["upload"].clone()
    }

    /// The browser of a caller; one of its own where the row ends its session.
    pub async fn browser_of(&self, caller: Caller, row: &Row) -> Guest {
        let member = match caller {
            Caller::Guest => return self.nobody.clone(),
            Caller::Stranger => &self.stranger,
            Caller::Member => &self.member,
            Caller::Owner => &self.owner,
            Caller::Admin => &self.admin,
        };
        if row.path.contains("logout") { (*member.other_device().await).clone() } else { (**member).clone() }
    }

    /// What an answer to this caller must not say.
    pub fn secrets_from(&self, caller: Caller, place: &Place) -> Vec<String> {
        let mut secrets = vec![EMAIL.to_owned(), self.program.secret[..14].to_owned()];
        if caller != Caller::Admin {
            secrets.push("Girlitz".to_owned());
        }
        if !matches!(caller, Caller::Member | Caller::Owner) {
            secrets.extend(ROOM.map(str::to_owned));
            secrets.push(place.fill("{sent}"));
        }
        secrets.push(place.fill("{upload}"));
        secrets
    }

    /// Nothing of hers was touched by anybody.
    pub async fn victim_is_unharmed(&self, place: &Place) {
        let me = self.victim.get("me").await.is(200);
        assert_eq!(me["user"]["email"], EMAIL);
        self.device.get("me").await.is(200);
        self.program.get("me").await.is(200);
        self.victim.get(&place.fill("/media/{unsent}")).await.is(200);
        let message = self.victim.get(&place.fill("messages/{message}")).await.is(200);
        assert_eq!(message["message"]["text"], "Nachtigall ruft leise");
        assert!(!self.server.log().contains("ERROR"), "{}", self.server.log());
    }
}

/// The ids of what is there, by the names that rows give them.
pub struct Place(Vec<(&'static str, String)>);

impl Place {
    /// Ids that nothing has.
    pub fn absent() -> Self {
        const NUMBERS: [&str; 8] =
            ["{room}", "{lobby}", "{message}", "{seq}", "{draft}", "{session}", "{token}", "{ann}"];
        let mut ids = FIXED.map(|(name, value)| (name, value.to_owned())).to_vec();
        ids.extend(NUMBERS.map(|name| (name, "999999".to_owned())));
        ids.extend(["{sent}", "{upload}"].map(|name| (name, "AAAAAAAAAAAAAAAAAAAAAA".to_owned())));
        ids.push(("{lodger}", "999999".to_owned()));
        Self(ids)
    }

    /// A text with the ids in their places.
    pub fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, id)| text.replace(name, id))
    }
}
