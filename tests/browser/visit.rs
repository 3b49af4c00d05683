//! [`Visit`]: somebody looks at pages: axe finds no barrier, a thumb hits every control, and a picture is kept in `target/screens/`.

use serde_json::Value;

use crate::tab::{Look, Tab};

/// axe-core, as its authors publish it.
const AXE: &str = include_str!("../vendor/axe.min.js");

/// The rules of WCAG 2.2 up to AA, and axe's own good practice.
const RUN_AXE: &str = "const done = arguments[0];\
    axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then((found) =>\
        done(found.violations.map(({id, nodes}) => [id, ...nodes.map((node) => node.html.slice(0, 200) + ' ' + (node.any[0]?.message ?? ''))])))";

/// Controls whose hit area is smaller than 44 × 44: found with a finger, so a larger area around a small sign counts.
/// A link within a line of text is as large as its words.
const SMALL_TARGETS: &str = r"
const hits = (control, x, y) => { const at = document.elementFromPoint(x, y); return at && (control === at || control.contains(at) || at.closest('label')?.control === control); };
const span = (control, x, y, dx, dy) => {
    let length = 1;
    for (const sign of [1, -1]) for (let step = 1; step < 60 && hits(control, x + sign * step * dx, y + sign * step * dy); step++) length++;
    return length;
};
const controls = 'a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=menuitem], [role=option]';
return [...document.querySelectorAll(controls)]
    .filter((control) => control.checkVisibility({visibilityProperty: true, opacityProperty: true}) && !control.closest('.message-body') && !control.matches('.skip-link'))
    .map((control) => {
        control.scrollIntoView({block: 'center'});
        const box = control.getBoundingClientRect();
        const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
        if (!hits(control, x, y)) return null;
        const [width, height] = [span(control, x, y, 1, 0), span(control, x, y, 0, 1)];
        return width < 44 || height < 44 ? `${width} × ${height}: ${control.outerHTML.slice(0, 160)}` : null;
    })
    .filter(Boolean);";

/// Somebody looks at everything with this browser. What is wrong is gathered, so that one run tells all of it.
pub struct Visit {
    /// The browser.
    pub tab: Tab,
    /// Its size and colours.
    pub look: Look,
    /// What is wrong so far.
    pub wrong: Vec<String>,
}

impl Visit {
    fn name(&self, page: &str) -> String {
        let device = if self.look.phone { "phone" } else { "desktop" };
        let scheme = if self.look.dark { "dark" } else { "light" };
        format!("{device}-{scheme}-{}/{page}", self.look.language)
    }

    /// Takes a picture of what is on the screen and looks for barriers.
    pub async fn inspect(&mut self, page: &str) {
        let name = self.name(page);
        // Chromium takes none of a page that is still being loaded, though what was looked for is there.
        self.tab.until("return document.readyState === 'complete'", &[]).await;
        self.tab.picture(&name).await;
        let mut found = Vec::new();
        if self.look.phone {
            found.extend(list(&self.tab.run(SMALL_TARGETS).await));
            let overflow = "return document.documentElement.scrollWidth > innerWidth ? 'wider than the screen' : ''";
            found.extend(self.tab.run(overflow).await.as_str().filter(|text| !text.is_empty()).map(str::to_owned));
        }
        self.tab.run(AXE).await;
        found.extend(list(&self.tab.run_async(RUN_AXE, &[]).await));
        self.wrong.extend(found.into_iter().map(|wrong| format!("{name}: {wrong}")));
    }

    /// Opens a page and looks at it.
    pub async fn page(&mut self, path: &str, page: &str) {
        self.tab.goto(path).await;
        self.inspect(page).await;
    }

    /// Closes the browser; panics with everything that was wrong.
    pub async fn end(self) {
        let Self { tab, wrong, .. } = self;
        tab.close().await;
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}

fn list(value: &Value) -> Vec<String> {
    value.as_array().unwrap().iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect()
}
