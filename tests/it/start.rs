//! Starting, stopping and managing the server: what the README promises to somebody with an empty folder.

use std::{
    fs::{self, Permissions},
    os::unix::fs::PermissionsExt,
    path::Path,
    time::Duration,
};

use futures_util::future::join_all;
use serde_json::json;

use crate::support::{
    PASSWORD, eventually,
    server::{Server, parlor},
};

#[tokio::test]
async fn an_empty_folder_is_enough_to_serve() {
    let server = Server::start();
    let guest = server.guest();
    guest.get("/healthz").await.is(200);
    guest.get("/readyz").await.is(200);
    let answer = guest.get("/").await.any_of(&[302, 303, 307]);
    assert!(answer.header("location").starts_with("/login/"), "a stranger is led to the login page");
    guest.get("/login/").await.is(200);
}

#[tokio::test]
async fn the_printed_link_makes_the_first_admin_and_works_once() {
    let server = Server::start();
    let token = server.setup_token();
    let body = |name: &str| json!({"token": token, "username": name, "password": PASSWORD});
    let first = server.guest();
    let answer = first.post("setup", body("founder")).await.is(201);
    assert_eq!(answer["user"]["role"], "admin");
    assert_eq!(first.get("me").await.is(200)["user"]["username"], "founder", "the admin is logged in");
    server.guest().post("setup", body("second")).await.refuses(403, "setup_closed");
    server.guest().try_login("second", PASSWORD).await.is(401);
}

#[tokio::test]
async fn a_token_that_was_not_printed_makes_no_admin() {
    let server = Server::start();
    let token = server.setup_token();
    let other = format!("{}{}", if token.starts_with('A') { 'B' } else { 'A' }, &token[1..]);
    for wrong in [other.as_str(), "", "x", "\u{0}", &token[1..], &"A".repeat(5000)] {
        let body = json!({"token": wrong, "username": "founder", "password": PASSWORD});
        server.guest().post("setup", body).await.any_of(&[403, 422]);
    }
    server.guest().try_login("founder", PASSWORD).await.is(401);
    server.admin("founder").await;
}

#[tokio::test]
async fn of_ten_people_who_claim_the_link_at_once_one_becomes_admin() {
    let server = Server::start();
    let token = server.setup_token();
    let guests: Vec<_> = (0..10).map(|_| server.guest()).collect();
    let claims = guests.iter().enumerate().map(|(number, guest)| {
        guest.post("setup", json!({"token": token, "username": format!("claim{number}"), "password": PASSWORD}))
    });
    let mut statuses: Vec<_> = join_all(claims).await.into_iter().map(|answer| answer.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [[201].as_slice(), &[403; 9]].concat());
    let list = server.command(&["user", "list"], "");
    let list = String::from_utf8(list.stdout).unwrap();
    assert_eq!(list.lines().filter(|line| line.contains("claim")).count(), 1, "{list}");
}

#[tokio::test]
async fn the_link_is_printed_at_each_start_until_there_is_an_admin() {
    let mut server = Server::start();
    let first = server.setup_token();
    server.kill();
    server.restart();
    let second = server.setup_token();
    assert_ne!(first, second, "each start has a link of its own");
    let body = json!({"token": first, "username": "founder", "password": PASSWORD});
    server.guest().post("setup", body).await.is(403);
    server.admin("founder").await;
    server.stop();
    server.restart();
    server.guest().try_login("founder", PASSWORD).await.is(200);
    assert!(!server.printed("First admin: "), "there is an admin");
}

#[tokio::test]
async fn nobody_but_the_owner_reads_the_data_folder() {
    let server = Server::start();
    server.member("ann").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&server.data()), 0o700);
    let entries = fs::read_dir(server.data()).unwrap().map(|entry| entry.unwrap().path());
    let secrets: Vec<_> = entries.filter(|path| path.extension().is_some_and(|extension| extension == "key")).collect();
    assert!(!secrets.is_empty(), "the secrets are in a file");
    for path in secrets {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    assert_eq!(mode(&server.data().join("control.sock")), 0o600);
}

#[tokio::test]
async fn what_others_may_read_of_the_secrets_is_closed_to_them_at_the_next_start_and_said() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    server.stop();
    let (data, key) = (server.data(), server.data().join("secret.key"));
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    server.restart();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&data), mode(&key)), (0o700, 0o600));
    eventually("it is said", async || server.log().contains("secret.key was readable by others")).await;
    ann.get("me").await.is(200);
}

#[test]
fn a_wrong_setting_names_itself_and_stops() {
    let folder = tempfile::tempdir().unwrap();
    let flags = [
        ("--listen", "nonsense", "PARLOR_LISTEN"),
        ("--database-url", "mysql://localhost/x", "PARLOR_DATABASE_URL"),
        ("--database-pool", "0", "PARLOR_DATABASE_POOL"),
        ("--public-url", "ftp://chat.example", "PARLOR_PUBLIC_URL"),
        ("--public-url", "https://chat.example/path", "PARLOR_PUBLIC_URL"),
        ("--public-url", "http://chat.example", "PARLOR_PUBLIC_URL"),
        ("--trusted-proxies", "nonsense", "PARLOR_TRUSTED_PROXIES"),
        ("--workers", "0", "PARLOR_WORKERS"),
        ("--metrics-token", "tooshort", "PARLOR_METRICS_TOKEN"),
        ("--log-format", "xml", "PARLOR_LOG_FORMAT"),
    ];
    for (flag, value, variable) in flags {
        let outputs = [
            parlor(folder.path(), &["serve", flag, value], &[]),
            parlor(folder.path(), &["serve"], &[(variable, value)]),
        ];
        for output in outputs {
            let text = String::from_utf8(output.stderr).unwrap();
            assert!(!output.status.success(), "{flag} {value} was accepted");
            assert!(text.contains(flag) || text.contains(variable), "{flag} {value} is not named in: {text}");
        }
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
}

#[test]
fn a_settings_file_is_read_and_its_mistakes_are_named() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("wrong.env"), "PARLOR_LISTEN=nonsense\n").unwrap();
    for file in ["wrong.env", "absent.env"] {
        let output = parlor(folder.path(), &["serve", "--config", file], &[]);
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success(), "{file}");
        assert!(text.contains("--listen") || text.contains("absent.env"), "{file} gave {text}");
    }
}

#[test]
fn the_help_explains_every_setting() {
    let folder = tempfile::tempdir().unwrap();
    let output = parlor(folder.path(), &["--help"], &[]);
    let help = String::from_utf8(output.stdout).unwrap();
    let flags = [
        "--config",
        "--listen",
        "--data",
        "--media",
        "--database-url",
        "--database-pool",
        "--public-url",
        "--insecure-http",
        "--trusted-proxies",
        "--site-name",
        "--workers",
        "--metrics-token",
        "--disk-reserve",
        "--no-migration-backup",
        "--no-limits",
        "--accept-loss",
        "--log",
        "--log-format",
    ];
    for flag in flags {
        let at = help.find(&format!("{flag} ")).or_else(|| help.find(&format!("{flag}\n")));
        let after = &help[at.unwrap_or_else(|| panic!("{flag} is not in\n{help}")) + flag.len()..];
        let own = after.split(" --").next().unwrap();
        assert!(own.split_whitespace().count() >= 4, "{flag} is not explained: {own}");
    }
    for command in ["serve", "backup", "verify", "restore", "migrate", "user"] {
        assert!(help.contains(command), "{command} is not in\n{help}");
    }
}

#[test]
fn the_environment_never_shows_the_database_password_in_the_help() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [("PARLOR_DATABASE_URL", "postgres://parlor:hush@127.0.0.1/parlor")];
    let output = parlor(folder.path(), &["--help"], &variables);
    assert!(!String::from_utf8(output.stdout).unwrap().contains("hush"));
}

#[test]
fn limits_cannot_be_turned_off_towards_strangers() {
    let folder = tempfile::tempdir().unwrap();
    let settings: [&[&str]; 3] = [
        &["--listen", "0.0.0.0:0"],
        &["--listen", "127.0.0.1:0", "--public-url", "https://chat.example"],
        &["--listen", "127.0.0.1:0", "--trusted-proxies", "127.0.0.1"],
    ];
    for flags in settings {
        let output = parlor(folder.path(), &[&["serve", "--no-limits"], flags].concat(), &[]);
        assert!(!output.status.success(), "{flags:?}");
        assert!(String::from_utf8(output.stderr).unwrap().contains("--no-limits"), "{flags:?}");
    }
}

#[tokio::test]
async fn without_limits_a_forwarded_request_is_misdirected() {
    let server = Server::start();
    let guest = server.guest();
    for header in ["x-forwarded-for", "forwarded", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"] {
        let request = guest.request(reqwest::Method::GET, "/login/").header(header, "192.0.2.1");
        let status = request.send().await.unwrap().status();
        assert_eq!(status, 421, "{header}");
    }
}

#[tokio::test]
async fn a_data_folder_in_use_is_refused() {
    let server = Server::start();
    for command in [["serve", "--listen", "127.0.0.1:0"].as_slice(), &["migrate"]] {
        let output = server.command(command, "");
        assert!(!output.status.success(), "{command:?} ran beside the server");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(server.data().to_str().unwrap()), "{command:?} does not name the folder: {text}");
    }
    server.guest().get("/readyz").await.is(200);
}

#[tokio::test]
async fn a_restart_keeps_people_sessions_and_messages() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let message = ann.say(lobby, "still here").await;
    server.stop();
    server.restart();
    assert_eq!(ann.page(lobby, "").await.is(200).messages(), [message]);
    ann.other_device().await;
}

#[tokio::test]
async fn a_terminated_server_tells_its_sockets_and_ends_well() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let mut tab = ann.connect().await;
    server.terminate();
    tab.expect_close(1012).await;
    assert_eq!(server.exit_code(Duration::from_secs(10)), Some(0));
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_refused_and_left_alone() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    server.kill();
    let newer =
        "INSERT INTO __diesel_schema_migrations (version, run_on) VALUES ('29991231000000', '2999-12-31 00:00:00')";
    server.database().execute(&server.data(), newer);
    let text = server.refuses_to_start(&[]);
    assert!(text.contains("newer"), "{text}");
    server
        .database()
        .execute(&server.data(), "DELETE FROM __diesel_schema_migrations WHERE version = '29991231000000'");
    server.restart();
    ann.get("me").await.is(200);
}

/// The files of an SQLite database.
const DATABASE: [&str; 2] = ["parlor.db", "parlor.db-wal"];

#[tokio::test]
async fn a_database_that_lost_commits_is_refused_until_the_loss_is_accepted() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    if server.database().url().is_some() {
        return; // `one_writer` has the same for PostgreSQL.
    }
    let lobby = ann.lobby().await;
    let epoch = ann.connect().await.hello["epoch"].clone();
    server.stop();
    let old = DATABASE.map(|name| fs::read(server.data().join(name)).unwrap_or_default());
    server.restart();
    ann.say(lobby, "this will be lost").await;
    server.stop();
    for (name, bytes) in DATABASE.iter().zip(old) {
        fs::write(server.data().join(name), bytes).unwrap();
    }
    let text = server.refuses_to_start(&[]);
    assert!(text.contains("--accept-loss"), "it says the way out: {text}");
    server.add_flag("--accept-loss");
    server.restart();
    assert_ne!(ann.connect().await.hello["epoch"], epoch, "clients must forget their cursors");
}

#[tokio::test]
async fn the_log_holds_no_word_and_no_secret_of_anybody() {
    let mut server = Server::setup().flag(&["--log", "debug"]).start();
    let token = server.setup_token();
    let ann = server.member("ann").await;
    let lobby = ann.lobby().await;
    let mut tab = ann.connect().await;
    tab.say(lobby, "quite confidential").await;
    ann.say(lobby, "also confidential").await;
    server.guest().try_login("ann", "wrong but confidential").await.is(401);
    let cookie = ann.session_cookie();
    tab.close().await;
    let log = server.log();
    for secret in ["confidential", PASSWORD, &cookie, &token] {
        assert!(!log.contains(secret), "{secret:?} is in the log");
    }
    server.stop();
}

#[tokio::test]
async fn the_log_speaks_json_on_demand() {
    let server = Server::setup().flag(&["--log-format", "json"]).start();
    server.member("ann").await;
    let log = server.log();
    assert!(!log.is_empty(), "a start is worth a line");
    for line in log.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}
