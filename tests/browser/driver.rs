//! One chromedriver for all tests of this binary, and the browsers below it.

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    sync::{LazyLock, mpsc::channel},
};

use thirtyfour::{ChromiumLikeCapabilities, LoggingPrefsLogLevel, prelude::*};

use crate::support::DEADLINE;

/// Keeps a command on a leash: when standard input closes, its whole process group is killed and its temporary folder removed.
/// Killing chromedriver alone would leave its browsers running. The leash is held by this process, so it slips when the tests
/// end, whether they pass, panic, or are killed themselves.
const LEASH: &str = r#"
TMPDIR=$(mktemp -d "${TMPDIR:-/tmp}/parlor-browser.XXXXXX") || exit
export TMPDIR
set -m
"$@" </dev/null &
cat >/dev/null
kill -KILL -- -$!
wait
until rm -rf "$TMPDIR"; do :; done
"#;

static DRIVER: LazyLock<Driver> = LazyLock::new(Driver::start);

/// A running chromedriver.
struct Driver {
    url: String,
    _process: Child,
    _leash: ChildStdin,
}

impl Driver {
    fn start() -> Self {
        let binary = std::env::var("CHROMEDRIVER").unwrap_or_else(|_| "chromedriver".to_owned());
        let mut process = Command::new("bash")
            .args(["-c", LEASH, "leash", &binary, "--port=0"])
            .process_group(0) // so that Ctrl-C reaches the tests alone, and the leash can do its work after them
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("bash runs");
        let leash = process.stdin.take().unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let (said, port) = channel();
        std::thread::spawn(move || {
            for line in lines {
                if let Some((_, port)) = line.split_once("successfully on port ") {
                    let _ = said.send(port.trim_end_matches('.').to_owned());
                }
            }
        });
        let port = port.recv_timeout(DEADLINE).expect("chromedriver is installed and says its port");
        Self { url: format!("http://127.0.0.1:{port}"), _process: process, _leash: leash }
    }
}

/// Starts a browser of its own for one person, with a window of 1280 × 800 that speaks this language.
pub async fn browser(language: &str) -> WebDriver {
    let mut wishes = DesiredCapabilities::chrome();
    let arguments = [
        "--headless=new",
        "--no-sandbox", // refused to root without it, and the only pages it sees are ours
        "--disable-dev-shm-usage",
        "--disable-gpu",
        "--hide-scrollbars",
        "--window-size=1280,800",
        "--force-color-profile=srgb",
        // A mouse, which a machine without a desk does not have; a phone's screen puts a finger in its place.
        "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
        // Tabs of other people must not fall asleep because one is in front.
        "--disable-background-timer-throttling",
        "--disable-backgrounding-occluded-windows",
        "--disable-renderer-backgrounding",
    ];
    for argument in arguments {
        wishes.add_arg(argument).unwrap();
    }
    wishes.add_arg(&format!("--lang={language}")).unwrap();
    wishes.add_arg(&format!("--accept-lang={language}")).unwrap();
    if let Ok(binary) = std::env::var("CHROMIUM") {
        wishes.set_binary(&binary).unwrap();
    }
    wishes.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
    WebDriver::new(&DRIVER.url, wishes).await.expect("Chromium starts")
}
