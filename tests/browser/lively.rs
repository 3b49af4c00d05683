//! Looking, as `looks` does, at what people do with messages and with each other: images, answers, reactions, emoji, search, friends.

use reqwest::Method;
use serde_json::{Value, json};
use thirtyfour::prelude::*;

use crate::{
    support::{
        client::{Answer, Member},
        fresh_id,
        picture::{png, sending},
        server::Server,
    },
    tab::{DESKTOP, Look, PHONE, Tab},
    visit::Visit,
};

/// People who are friends or not, and the room in which they show each other things.
struct Club {
    server: Server,
    me: Member,
    ann: Member,
    ben: Member,
    room: i64,
}

impl Club {
    async fn build() -> Self {
        let server = Server::setup().flag(&["--site-name", "清河 Qinghe"]).start();
        let (me, ann, ben) = (server.member("许安").await, server.member("ann").await, server.member("ben").await);
        let (cat, eve) = (server.member("cat").await, server.member("eve").await);
        ann.patch("me", json!({"nickname": "Alice Martín", "bio": "Design, and too much coffee."})).await.is(200);
        ben.patch("me", json!({"nickname": "陈晓"})).await.is(200);
        for (member, color) in [(&ann, [120, 60, 160]), (&ben, [40, 120, 90])] {
            let file = png(320, 240, color);
            Answer::to(sending(member, Method::PUT, "me/avatar", "me.png", &file)).await.is(200);
        }
        for (one, other, state) in
            [(&ann, &me, "friend"), (&me, &ann, "friend"), (&cat, &me, "friend"), (&me, &ben, "friend")]
        {
            one.put(&format!("contacts/{}", other.id), json!({"state": state})).await.is(200);
        }
        let body = json!({"kind": "public", "name": "weekend 周末", "topic": "Saturday, half past eight"});
        let room = me.post("rooms", body).await.is(201).room_id();
        for member in [&ann, &ben, &eve] {
            member.post(&format!("rooms/{room}/join"), json!(null)).await.is(200);
        }
        let club = Self { server, me, ann, ben, room };
        club.talk(&eve).await;
        club
    }

    async fn talk(&self, eve: &Member) {
        let Self { me, ann, ben, room, .. } = self;
        eve.say(*room, "Buy one, get two! Only today!").await;
        me.put(&format!("contacts/{}", eve.id), json!({"state": "blocked"})).await.is(200);
        let album = [(640, 480, [196, 120, 72]), (480, 640, [88, 132, 96]), (640, 480, [92, 112, 160])];
        let hill = self.show(ann, "The way up, and the view from there", &album).await;
        let answer = json!({"client_id": fresh_id(), "text": "好美！下次一起去", "reply_to": hill["id"]});
        let answer = ben.post(&format!("rooms/{room}/messages"), answer).await.is(201)["message"].clone();
        for (member, emoji) in [(me, "👍"), (ben, "👍"), (ann, "❤️"), (me, "🎉"), (ben, "😂")] {
            let path = format!("messages/{}/reactions/{emoji}", hill["id"]);
            member.put(&path, json!(null)).await.is(200);
        }
        let oops = ben.say(*room, "wrong room").await;
        ben.post(&format!("messages/{}/recall", oops["id"]), json!(null)).await.is(200);
        self.show(ben, "", &[(900, 600, [212, 176, 88])]).await;
        let question = json!({"client_id": fresh_id(), "text": "@all who drives?", "reply_to": answer["id"]});
        me.post(&format!("rooms/{room}/messages"), question).await.is(201);
    }

    /// Sends images of these sizes and colours; the message.
    async fn show(&self, member: &Member, text: &str, images: &[(u32, u32, [u8; 3])]) -> Value {
        let mut uploads = Vec::new();
        for &(width, height, color) in images {
            let upload = member.upload("hill.png", &png(width, height, color)).await.is(201);
            uploads.push(upload["upload"]["id"].clone());
        }
        let body = json!({"client_id": fresh_id(), "text": text, "uploads": uploads});
        member.post(&format!("rooms/{}/messages", self.room), body).await.is(201)["message"].clone()
    }
}

async fn look_at_the_club(look: Look) {
    let club = Club::build().await;
    let _company = (club.ann.connect().await, club.ben.connect().await);
    let tab = Tab::open(&club.server, look).await;
    tab.log_in(&club.me).await;
    let mut visit = Visit { tab, look, wrong: Vec::new() };
    visit.tab.goto(&format!("/r/{}", club.room)).await;
    visit.in_the_room().await;
    visit.at_messages().await;
    visit.while_writing().await;
    visit.in_the_search(&club).await;
    visit.among_people().await;
    visit.end().await;
}

impl Visit {
    async fn in_the_room(&mut self) {
        self.tab.hears("who drives?").await;
        let loaded = "return document.querySelectorAll('.message-images img').length === 4 && \
            [...document.querySelectorAll('.message-images img')].every(image => image.complete && image.naturalWidth)";
        self.tab.until(loaded, &[]).await;
        self.inspect("lively-room").await;
    }

    async fn at_messages(&mut self) {
        self.tab.click(".message-images a").await;
        self.tab.read("#lightbox .lightbox-note", "1 / 3").await;
        self.tab
            .until(
                "const image = document.querySelector('#lightbox img'); return image.complete && image.naturalWidth",
                &[],
            )
            .await;
        self.inspect("lightbox").await;
        self.tab.press(Key::Escape + "").await;
        self.tab.see_gone("#lightbox").await;

        // A moderator may always recall; what another wrote has no button to delete.
        self.open_actions("who drives?").await;
        self.inspect("own-actions").await;
        self.choose("eye").await;
        self.tab.see("#dialog-people-list[open] li").await;
        self.inspect("seen-by").await;
        self.tab.run("document.querySelector('dialog[open]').close()").await;
        self.open_actions("The way up").await;
        self.choose("smile").await;
        self.tab.see("#dialog-people-list[open] li").await;
        self.inspect("who-reacted").await;
        self.tab.run("document.querySelector('dialog[open]').close()").await;
        self.tab.run_with("document.querySelector(`#dialog-date`).showModal()", &[]).await;
        self.inspect("jump-to-date").await;
        self.tab.run("document.querySelector('dialog[open]').close()").await;
    }

    async fn while_writing(&mut self) {
        self.tab.click("#smile").await;
        self.tab.see("#emoji-picker [data-emoji]").await;
        self.inspect("emoji-picker").await;
        self.tab.press(Key::Escape + "").await;
        self.tab.see_gone("#emoji-picker").await;
        self.tab.see(".composer-text").await.send_keys("@a").await.unwrap();
        self.tab.see("#mention-list [role=option]").await;
        self.inspect("mention-list").await;
        self.tab.press(Key::Escape + "").await;
        self.tab.see(".composer-text").await.clear().await.unwrap();
        let paste = "const [done] = arguments; (async () => { const data = new DataTransfer();\
            for (const [width, color] of [[640, '#c08040'], [300, '#4080c0']]) {\
                const canvas = new OffscreenCanvas(width, 400); const context = canvas.getContext('2d');\
                context.fillStyle = color; context.fillRect(0, 0, width, 400);\
                data.items.add(new File([await canvas.convertToBlob()], `${width}.png`, {type: 'image/png'})); }\
            data.items.add(new File(['no picture'], 'notes.png', {type: 'image/png'}));\
            document.querySelector('#text').dispatchEvent(new ClipboardEvent('paste', {bubbles: true, cancelable: true, clipboardData: data}))\
            })().then(() => done(true))";
        self.tab.run_async(paste, &[]).await;
        self.tab.see(".tray-failed").await;
        self.tab.until("return !document.querySelector('.tray-busy')", &[]).await;
        self.inspect("tray").await;
        while self.tab.run("return document.querySelector('.tray-remove') !== null").await == true {
            self.tab.click(".tray-remove").await;
        }
        self.tab.see_gone(".tray").await;
    }

    async fn in_the_search(&mut self, club: &Club) {
        self.tab.click("#search-open").await;
        self.tab.fill("#search input[type=search]", "the").await;
        self.tab.see(".hit").await;
        self.inspect("search-hits").await;
        self.tab.click("#search-when").await;
        self.tab.see("#search-since").await;
        self.inspect("search-dates").await;
        self.tab.goto(&format!("/r/{}", club.room)).await;
        self.tab.hears("who drives?").await;
    }

    async fn among_people(&mut self) {
        if !self.look.phone {
            self.tab.read("#friend-list", "Alice").await;
            self.inspect("friends").await;
        }
        self.tab.run("document.querySelector('[data-dialog=contacts]').click()").await;
        self.tab.see("#contacts-body li").await;
        self.inspect("contacts").await;
        self.tab.run("document.querySelector('dialog[open]').close()").await;
        if self.look.phone {
            self.tab.goto("/").await;
            self.tab.see("#friend-list").await;
            self.inspect("friends").await;
        }
    }

    /// Opens what can be done with a message: the menu, or the sheet of a phone.
    async fn open_actions(&self, text: &str) {
        if self.look.phone { self.tab.hold(text).await } else { self.tab.open_menu(text).await }
    }

    /// Uses the action with this sign.
    async fn choose(&self, icon: &str) {
        let item = if self.look.phone { "#message-sheet .sheet-action" } else { "[role=menuitem]" };
        self.tab.click(&format!("{item}:has([href$='#{icon}'], [href$='{icon}'])")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lively_room_can_be_used_by_everybody_on_a_desktop_by_day() {
    look_at_the_club(Look { language: "zh-CN", ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lively_room_can_be_used_by_everybody_on_a_desktop_by_night() {
    look_at_the_club(Look { dark: true, ..DESKTOP }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lively_room_can_be_used_by_everybody_on_a_phone_by_day() {
    look_at_the_club(PHONE).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lively_room_can_be_used_by_everybody_on_a_phone_by_night() {
    look_at_the_club(Look { dark: true, language: "zh-CN", ..PHONE }).await;
}
