//! A copy of the database before it is upgraded.

use std::{fs, path::PathBuf};

use super::{done, name};
use crate::support::server::Server;

/// Takes a database back to before one of its migrations; the column of that time goes.
fn downgrade(server: &Server) {
    let back =
        "ALTER TABLE users DROP COLUMN away; DELETE FROM __diesel_schema_migrations WHERE version = '20261123000002'";
    server.database().execute(&server.data(), back);
}

fn copies(server: &Server) -> Vec<PathBuf> {
    let entries = fs::read_dir(server.data().join("backups")).into_iter().flatten();
    let mut copies: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    copies.sort_unstable();
    copies
}

#[tokio::test]
async fn an_upgrade_is_preceded_by_a_copy_that_can_be_restored() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    ann.say(lobby, "before the upgrade").await;
    server.stop();
    server.restart();
    server.stop();
    assert!(copies(&server).is_empty(), "nothing was upgraded");
    downgrade(&server);
    server.restart();
    assert!(server.log().contains("copied before"), "{}", server.log());
    ann.say(lobby, "after the upgrade").await;
    server.stop();
    let [copy] = &copies(&server)[..] else { panic!("one copy") };
    assert!(copy.file_name().unwrap().to_str().unwrap().contains("-before-"), "{}", copy.display());
    done(server.command(&["verify", name(copy)], ""));
    let mut fresh = Server::setup().prepare();
    let media = server.data().join("media");
    done(fresh.command(&["restore", name(copy), "--media", name(&media)], ""));
    let columns = match fresh.database().url() {
        None => "SELECT count(*) AS number FROM pragma_table_info('users') WHERE name = 'away'",
        Some(_) => {
            "SELECT count(*) AS number FROM information_schema.columns WHERE table_name = 'users' AND column_name = 'away'"
        }
    };
    assert_eq!(fresh.database().number(&fresh.data(), columns), 0, "it is of the version it was");
    fresh.add_flag("--media");
    fresh.add_flag(name(&media));
    fresh.restart();
    let there = ann.at_site(fresh.site()).page(lobby, "").await.is(200);
    assert_eq!(there.messages().len(), 1);
    assert_eq!(there.messages()[0]["text"], "before the upgrade");
}

#[tokio::test]
async fn the_last_three_copies_are_kept_and_none_is_made_where_none_is_wanted() {
    let mut server = Server::start();
    server.stop();
    let mut names = Vec::new();
    for count in 1..=4 {
        downgrade(&server);
        server.restart();
        server.stop();
        let copies = copies(&server);
        assert_eq!(copies.len(), count.min(3), "{copies:?}");
        names.push(copies.last().unwrap().clone());
    }
    assert_eq!(copies(&server), names[1..]);
    server.add_flag("--no-migration-backup");
    downgrade(&server);
    server.restart();
    assert_eq!(copies(&server), names[1..]);
}

#[tokio::test]
async fn where_there_is_no_room_for_a_copy_there_is_no_upgrade() {
    let mut server = Server::start();
    server.stop();
    downgrade(&server);
    let complaint = server.refuses_to_start(&["--disk-reserve", &u64::MAX.to_string()]);
    assert!(complaint.contains("no room") && complaint.contains("--no-migration-backup"), "{complaint}");
    assert!(copies(&server).is_empty());
    server.restart();
    assert_eq!(copies(&server).len(), 1);
}
