//! One process writes a PostgreSQL database, and does not go on with one that lost what was acknowledged. (Two on one SQLite file:
//! `start`.)

use std::time::Duration;

use crate::support::server::{Server, parlor};

/// Ends the connections of those who write it.
const CUT: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
                   WHERE datname = current_database() AND application_name LIKE 'parlor-%'";

#[tokio::test]
async fn a_second_process_refuses_to_start_until_the_first_has_ended() {
    let mut server = Server::start();
    let Some(url) = server.database().url() else { return };
    let ann = server.member("ann").await;
    let (other, folder) = (tempfile::tempdir().unwrap(), server.data());
    let secret = std::fs::read(folder.join("secret.key")).unwrap();
    let data = other.path().to_str().unwrap();
    let migrate = || parlor(other.path(), &["migrate", "--data", data, "--database-url", &url], &[]);
    let refused = migrate();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(!refused.status.success() && said.contains("another Parlor is working on this database"), "{said}");
    // Neither does a copy of its own folder make it one of the first's own.
    std::fs::write(other.path().join("secret.key"), secret).unwrap();
    assert!(!migrate().status.success());
    ann.say(ann.lobby().await, "undisturbed").await;
    server.stop();
    assert!(migrate().status.success());
}

#[tokio::test]
async fn a_connection_that_is_cut_is_made_again_and_has_the_database_as_before() {
    let server = Server::start();
    let Some(url) = server.database().url() else { return };
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    for number in 0..3 {
        server.database().execute(&server.data(), CUT);
        ann.say(lobby, &format!("message {number}")).await;
    }
    let other = tempfile::tempdir().unwrap();
    let data = other.path().to_str().unwrap();
    let refused = parlor(other.path(), &["migrate", "--data", data, "--database-url", &url], &[]);
    assert!(!refused.status.success());
}

/// As a standby does that takes the place of its primary before it has everything.
#[tokio::test]
async fn a_database_that_forgets_what_was_acknowledged_ends_the_process_and_is_refused_until_the_loss_is_accepted() {
    let mut server = Server::start();
    if server.database().url().is_none() {
        return;
    }
    let ann = server.member("ann").await;
    let epoch = ann.connect().await.hello["epoch"].clone();
    ann.say(ann.lobby().await, "this will be forgotten").await;
    let forget = format!("UPDATE commits SET number = number - 1 WHERE process <> 0; {CUT}");
    server.database().execute(&server.data(), &forget);
    assert_eq!(server.exit_code(Duration::from_secs(60)), Some(70));
    let text = server.refuses_to_start(&[]);
    assert!(text.contains("--accept-loss"), "it says the way out: {text}");
    server.add_flag("--accept-loss");
    server.restart();
    assert_ne!(ann.connect().await.hello["epoch"], epoch, "clients must forget their cursors");
    ann.say(ann.lobby().await, "here again").await;
}
