//! The commands beside `serve`: they keep the rules of the forms, and a running server learns of them at once.

use crate::support::{
    PASSWORD,
    client::Member,
    server::{Server, parlor},
};

#[tokio::test]
async fn people_are_managed_from_the_command_line_beside_a_running_server() {
    let server = Server::start();
    let added = server.command(&["user", "add", "carol"], &format!("{PASSWORD}\n"));
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    let carol = member_of(&server, "carol", PASSWORD).await;
    let mut tab = carol.connect().await;
    assert!(
        tab.hello["rooms"].as_array().unwrap().iter().any(|room| room["lobby"] == true),
        "the lobby is everybody's"
    );

    assert!(server.command(&["user", "role", "carol", "admin"], "").status.success());
    assert_eq!(carol.get("me").await.is(200)["user"]["role"], "admin", "a running server learns it at once");

    assert!(server.command(&["user", "passwd", "carol"], "another horse 8 电池\n").status.success());
    tab.expect_close(4001).await;
    carol.get("me").await.is(401);
    member_of(&server, "carol", "another horse 8 电池").await;

    let list = String::from_utf8(server.command(&["user", "list"], "").stdout).unwrap();
    assert!(list.lines().any(|line| line.contains("carol") && line.contains("admin")), "{list}");
}

#[tokio::test]
async fn people_are_managed_from_the_command_line_without_a_server() {
    let mut server = Server::start();
    server.stop();
    assert!(server.command(&["user", "add", "carol", "--role", "admin"], &format!("{PASSWORD}\n")).status.success());
    assert!(server.command(&["user", "add", "dora"], &format!("{PASSWORD}\n")).status.success());
    assert!(server.command(&["user", "role", "dora", "admin"], "").status.success());
    assert!(!server.command(&["user", "role", "dora", "bot"], "").status.success(), "a person becomes no bot");
    assert!(server.command(&["user", "passwd", "dora"], "another horse 8 电池\n").status.success());
    let list = String::from_utf8(server.command(&["user", "list"], "").stdout).unwrap();
    assert!(list.lines().any(|line| line.contains("dora") && line.contains("admin")), "{list}");
    server.restart();
    let carol = member_of(&server, "carol", PASSWORD).await;
    assert_eq!(carol.get("me").await.is(200)["user"]["role"], "admin");
    server.guest().try_login("dora", PASSWORD).await.is(401);
    server.guest().try_login("dora", "another horse 8 电池").await.is(200);
}

#[tokio::test]
async fn the_command_line_keeps_the_rules_of_the_form() {
    let server = Server::start();
    server.member("ann").await;
    let refusals: [(&[&str], &str); 7] = [
        (&["user", "add", "a"], PASSWORD),
        (&["user", "add", "ANN"], PASSWORD),
        (&["user", "add", "carol"], "short"),
        (&["user", "add", "carol"], ""),
        (&["user", "add", "carol", "--role", "emperor"], PASSWORD),
        (&["user", "passwd", "nobody1"], PASSWORD),
        (&["user", "role", "ann", "emperor"], ""),
    ];
    for (words, input) in refusals {
        let output = server.command(words, &format!("{input}\n"));
        assert!(!output.status.success(), "{words:?} with {input:?} was accepted");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!text.trim().is_empty() && !text.contains("panicked"), "{words:?}: {text}");
    }
    server.guest().try_login("carol", PASSWORD).await.is(401);
}

async fn member_of(server: &Server, username: &str, password: &str) -> Member {
    let guest = server.guest();
    let answer = guest.try_login(username, password).await.is(200);
    Member::of(guest, &answer["user"])
}

#[test]
fn migrate_makes_the_database_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let output = parlor(folder.path(), &["migrate", "--data", "here"], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(folder.path().join("here/parlor.db").exists());
}
