//! What the service worker keeps, and what it never keeps.

use crate::{
    support::server::Server,
    tab::{DESKTOP, Tab},
};

const KEPT: &str = "const done = arguments[0]; (async () => { const paths = [];\
    for (const name of await caches.keys()) for (const request of await (await caches.open(name)).keys()) paths.push(new URL(request.url).pathname);\
    done(paths) })()";

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_a_page_of_our_own_says_so() {
    let mut server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.say("a secret").await;
    tab.hears("a secret").await;
    tab.until("return navigator.serviceWorker.controller", &[]).await;
    let kept = tab.run_async(KEPT, &[]).await;
    let kept: Vec<_> = kept.as_array().unwrap().iter().map(|path| path.as_str().unwrap()).collect();
    assert!(kept.contains(&"/offline/"), "{kept:?}");
    for path in &kept {
        assert!(*path == "/offline/" || path.starts_with("/s/"), "{path} is kept");
    }

    server.kill();
    tab.goto("/").await;
    tab.read("h1", "No network").await;
    tab.read(".account-text", "没有网络").await;
    tab.see_gone("#timeline").await;
    tab.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn logging_out_empties_what_the_worker_keeps() {
    let server = Server::start();
    let ann = server.member("ann").await;
    let tab = Tab::of(&server, &ann, DESKTOP).await;
    tab.until("return navigator.serviceWorker.controller", &[]).await;
    tab.goto("/logout/").await;
    tab.click("form[data-logout] button").await;
    tab.see("#password").await;
    let kept = tab.run_async(KEPT, &[]).await;
    assert_eq!(kept.as_array().unwrap().len(), 0, "{kept}");
    tab.close().await;
}
