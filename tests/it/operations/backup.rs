//! A backup that was made under load, restored under a fresh server, is the same chat.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{all_messages, back_up, done, files, name, refused, restored};
use crate::support::{
    PASSWORD,
    client::{Guest, Member},
    eventually, fresh_id,
    picture::{png, sending},
    program::Program,
    server::Server,
};

/// A chat with something of everything.
struct Chat {
    admin: Member,
    ann: Member,
    bob: Member,
    lobby: i64,
    private: i64,
    direct: i64,
    pictures: Vec<String>,
}

impl Chat {
    async fn on(server: &Server) -> Self {
        let admin = server.admin("founder").await;
        let (ann, bob) = (server.member("ann").await, server.member("bob").await);
        let lobby = ann.lobby().await;
        let private = ann.private_room("许愿池", &[&bob]).await;
        let direct = ann.post("directs", json!({"user": bob.id})).await.is(201).room_id();
        ann.put(&format!("contacts/{}", bob.id), json!({"state": "friend"})).await.is(200);
        ann.patch("me", json!({"nickname": "安", "bio": "one \\n two \\N three"})).await.is(200);
        let avatar = sending(&ann, Method::PUT, "me/avatar", "a.png", &png(300, 300, [9, 8, 7])).send().await.unwrap();
        assert_eq!(avatar.status(), 200);
        let mut chat = Self { admin, ann, bob, lobby, private, direct, pictures: Vec::new() };
        for room in [lobby, private, direct] {
            chat.talk(room).await;
        }
        chat.admin.post("admin/presets", json!({"label": "Lunch", "text": "It is ready"})).await.is(201);
        chat.admin.patch("admin/settings", json!({"text_max": 3000, "words": ["zounds"]})).await.is(200);
        chat
    }

    /// Sends something of every kind to a room.
    async fn talk(&mut self, room: i64) {
        let first = self.ann.say(room, "**quick** brown 狐狸 \\. \\N tab\t@bob").await;
        let picture = self.bob.picture().await;
        let body =
            json!({"client_id": fresh_id(), "text": "look", "uploads": [picture["id"]], "reply_to": first["id"]});
        let shown = self.bob.post(&format!("rooms/{room}/messages"), body).await.is(201)["message"].clone();
        for url in ["url", "thumb_url"] {
            self.pictures.push(shown["uploads"][0][url].as_str().unwrap().to_owned());
        }
        let id = first["id"].as_i64().unwrap();
        self.bob.put(&format!("messages/{id}/reactions/👍"), Value::Null).await.is(200);
        let edited = self.ann.say(room, "befor").await["id"].clone();
        self.ann.patch(&format!("messages/{edited}"), json!({"text": "after"})).await.is(200);
        let recalled = self.ann.say(room, "never said").await["id"].clone();
        self.ann.post(&format!("messages/{recalled}/recall"), Value::Null).await.is(200);
        self.bob.post(&format!("rooms/{room}/read"), json!({"seq": 2})).await.is(200);
    }

    fn rooms(&self) -> [i64; 3] {
        [self.lobby, self.private, self.direct]
    }

    /// Everything else that can be asked for and does not change by itself.
    async fn told(&self, at: &Server) -> Vec<Value> {
        let (ann, bob, admin) =
            (self.ann.at_site(at.site()), self.bob.at_site(at.site()), self.admin.at_site(at.site()));
        let mut told = Vec::new();
        for who in [&ann, &bob, &admin] {
            for place in ["me", "contacts", "announcement", "me/tokens"] {
                told.push(who.get(place).await.is(200).json);
            }
            let sessions = who.get("me/sessions").await.is(200)["sessions"].as_array().unwrap().len();
            told.push(json!(sessions));
        }
        for place in ["admin/settings", "admin/presets", "admin/audit?sort=time", "admin/invites"] {
            told.push(admin.get(place).await.is(200).json);
        }
        for room in self.rooms() {
            let members = ann.get(&format!("rooms/{room}/members")).await.is(200);
            let members = members["members"].as_array().unwrap().iter();
            told.push(members.map(|member| json!([member["user"], member["role"], member["joined_at"]])).collect());
            let reads = bob.get(&format!("rooms/{room}")).await.is(200)["room"]["my"].clone();
            told.push(reads);
        }
        told
    }

    async fn bytes(&self, at: &Server, url: &str) -> Vec<u8> {
        let response = self.bob.at_site(at.site()).request(Method::GET, url).send().await.unwrap();
        assert_eq!(response.status(), 200, "{url}");
        response.bytes().await.unwrap().to_vec()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_everybody_writes_is_the_chat_of_one_moment_under_a_fresh_server() {
    let server = Server::start();
    let chat = Chat::on(&server).await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    // Read marks are in memory for up to a second.
    let marks = format!("SELECT count(*) AS number FROM memberships WHERE user_id = {} AND read_seq = 2", chat.bob.id);
    eventually("they are stored", async || server.database().number(&server.data(), &marks) == 3).await;
    let before = chat.told(&server).await;
    let (stop, acked) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())));
    let mut talking = JoinSet::new();
    for (who, room) in [(&chat.ann, chat.private), (&chat.ann, chat.direct), (&chat.admin, chat.lobby)] {
        let (who, stop, acked) = (who.clone(), stop.clone(), acked.clone());
        talking.spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                let message = who.say(room, "and on and on").await;
                acked.lock().unwrap().push(message);
            }
        });
    }
    eventually("they talk", async || acked.lock().unwrap().len() > 30).await;
    let said_before = acked.lock().unwrap().clone();
    back_up(&server, &backup);
    let so_far = acked.lock().unwrap().len();
    eventually("they go on", async || acked.lock().unwrap().len() > so_far + 10).await;
    stop.store(true, Ordering::Relaxed);
    talking.join_all().await;
    done(server.command(&["verify", name(&backup)], ""));

    let mut fresh = restored(&backup, &[]);
    fresh.restart();
    let mut found = 0;
    for room in chat.rooms() {
        let there = all_messages(&chat.ann.at_site(fresh.site()), room).await;
        let here = all_messages(&chat.ann, room).await;
        assert_eq!(there[..], here[..there.len()], "a prefix of the room, without holes");
        found += there.len();
        let is_there = |message: &&Value| there.iter().any(|other| other["id"] == message["id"]);
        let missing = said_before.iter().filter(|message| message["room"] == room).find(|one| !is_there(one));
        assert!(missing.is_none(), "{missing:?} was acknowledged before the backup began");
    }
    assert!(found > 30, "{found}");
    for (there, here) in chat.told(&fresh).await.iter().zip(&before) {
        assert_eq!(there, here);
    }
    for url in &chat.pictures {
        assert_eq!(chat.bytes(&fresh, url).await, chat.bytes(&server, url).await, "{url}");
    }
    let avatar = chat.ann.get("me").await["user"]["avatar_url"].as_str().unwrap().to_owned();
    assert_eq!(chat.bytes(&fresh, &avatar).await, chat.bytes(&server, &avatar).await);
    goes_on(&chat, &server, &fresh).await;
}

/// Who was signed in still is, must forget what they remember, and the chat goes on where it stood.
async fn goes_on(chat: &Chat, server: &Server, fresh: &Server) {
    let (ann, old) = (chat.ann.at_site(fresh.site()), chat.ann.connect().await.hello["epoch"].clone());
    let hello = ann.connect().await.hello.clone();
    assert_ne!(hello["epoch"], old);
    let head = chat.ann.room(chat.private).await["rev"].clone();
    let epoch = old.as_str().unwrap();
    let changes = ann.changes(chat.private, &format!("after={head}&epoch={epoch}")).await.is(200);
    assert_eq!(changes["reset"], true, "{}", changes.body);
    let last = ann.room(chat.private).await["last_seq"].as_i64().unwrap();
    let hits = ann.get("search?q=狐狸").await.is(200);
    assert_eq!(hits["hits"].as_array().unwrap().len(), 3, "{}", hits.body);
    let newest = all_messages(&ann, chat.private).await.last().unwrap()["id"].as_i64().unwrap();
    let message = ann.say(chat.private, "and here we are again").await;
    assert_eq!(message["seq"], last + 1);
    assert!(message["id"].as_i64().unwrap() > newest);
    let picture = ann.picture().await;
    let body = json!({"client_id": fresh_id(), "uploads": [picture["id"]]});
    ann.post(&format!("rooms/{}/messages", chat.private), body).await.is(201);
    Guest::at(fresh.site()).try_login("bob", PASSWORD).await.is(200);
    let carl = Guest::at(fresh.site()).register("carl").await;
    assert!(carl.id > chat.bob.id);
    assert!(server.stored_files("images") >= 6);
}

#[tokio::test]
async fn a_restore_can_end_all_sessions_and_tokens() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let made = ann.post("me/tokens", json!({"name": "script", "scope": "write"})).await.is(201);
    let secret = made["secret"].as_str().unwrap();
    Program::showing(server.site(), secret).get("me").await.is(200);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    server.stop();
    back_up(&server, &backup);
    let mut fresh = restored(&backup, &["--sign-out"]);
    fresh.restart();
    ann.at_site(fresh.site()).get("me").await.refuses(401, "session_ended");
    Program::showing(fresh.site(), secret).get("me").await.refuses(401, "bad_token");
    fresh.guest().try_login("ann", PASSWORD).await.is(200);
}

#[tokio::test]
async fn without_pictures_a_backup_goes_to_where_its_pictures_are() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let picture = ann.picture().await;
    let body = json!({"client_id": fresh_id(), "uploads": [picture["id"]]});
    ann.post(&format!("rooms/{lobby}/messages"), body).await.is(201);
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    done(server.command(&["backup", name(&backup), "--no-media"], ""));
    assert!(!backup.join("media").exists());
    server.stop();
    let other = Server::start();
    let foreign = other.data().join("media");
    let mut fresh = Server::setup().prepare();
    let complaint = refused(fresh.command(&["restore", name(&backup), "--media", name(&foreign)], ""));
    assert!(complaint.contains("another database"), "{complaint}");
    assert!(!fresh.data().exists(), "nothing is left of it");
    let media = server.data().join("media");
    done(fresh.command(&["restore", name(&backup), "--media", name(&media)], ""));
    fresh.add_flag("--media");
    fresh.add_flag(name(&media));
    fresh.restart();
    let url = picture["url"].as_str().unwrap();
    assert_eq!(ann.at_site(fresh.site()).request(Method::GET, url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn nothing_is_restored_over_anything() {
    let server = Server::start();
    server.member("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    back_up(&server, &backup);
    let other = Server::start();
    let bob = other.member("bob").await;
    bob.picture().await;
    let count = || other.database().number(&other.data(), "SELECT count(*) AS number FROM users");
    let media = files(&other.data().join("media"));
    let complaint = refused(other.command(&["restore", name(&backup)], ""));
    assert!(complaint.contains("--data") && complaint.contains("something in it"), "{complaint}");
    assert_eq!((count(), files(&other.data().join("media"))), (1, media.clone()));
    let fresh = Server::setup().prepare();
    let full = other.data().join("media");
    let complaint = refused(fresh.command(&["restore", name(&backup), "--media", name(&full)], ""));
    assert!(complaint.contains("--media"), "{complaint}");
    assert_eq!(files(&other.data().join("media")), media);
    assert!(!fresh.data().exists());
    if fresh.database().url().is_some() {
        fresh.database().execute(&fresh.data(), "CREATE TABLE notes (note TEXT)");
        let complaint = refused(fresh.command(&["restore", name(&backup)], ""));
        assert!(complaint.contains("--database-url"), "{complaint}");
        assert!(!fresh.data().exists());
    }
}

#[tokio::test]
async fn a_backup_is_not_written_over_one_nor_onto_a_full_disk() {
    let server = Server::start();
    server.member("ann").await;
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    back_up(&server, &backup);
    let made = files(&backup);
    let complaint = refused(server.command(&["backup", name(&backup)], ""));
    assert!(complaint.contains("exists"), "{complaint}");
    assert_eq!(files(&backup), made);
    let another = folder.path().join("another");
    let reserve = u64::MAX.to_string();
    let complaint = refused(server.command(&["backup", name(&another), "--disk-reserve", &reserve], ""));
    assert!(complaint.contains("no room"), "{complaint}");
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["backup"], "nothing else is left");
}

#[tokio::test]
async fn a_picture_that_is_recalled_while_a_backup_is_made_goes_when_it_is_done() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let picture = ann.picture().await;
    let body = json!({"client_id": fresh_id(), "uploads": [picture["id"]]});
    let message = ann.post(&format!("rooms/{lobby}/messages"), body).await.is(201)["message"]["id"].clone();
    // What `parlor backup` holds as long as it copies.
    let hold = std::fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(server.data().join("media/lock"))
        .unwrap();
    hold.lock_shared().unwrap();
    ann.post(&format!("messages/{message}/recall"), Value::Null).await.is(200);
    eventually("the sweeper looks", async || server.log().contains("wait for the end of a backup")).await;
    assert_eq!(server.stored_files("images"), 2);
    hold.unlock().unwrap();
    let other = ann.picture().await;
    ann.delete(&format!("uploads/{}", other["id"].as_str().unwrap())).await.is(204);
    eventually("all of them go", async || server.stored_files("images") == 0).await;
}
