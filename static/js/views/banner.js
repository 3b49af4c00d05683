// The bar that says the line is down, and the one that offers a newer page.

import { find, setText } from '../lib/dom.js'
import { plural, t } from '../lib/words.js'

const PATIENCE = 2_000
const HERE = new URL(import.meta.url).pathname

export function watch({ line }) {
  const bar = find('#offline-bar')
  const text = find('#offline-text')
  const show = () => {
    const down = line.state !== 'open' && line.lostAt && Date.now() - line.lostAt >= PATIENCE
    bar.hidden = !down
    if (!down) return
    const seconds = Math.ceil((line.retryAt - Date.now()) / 1_000)
    setText(text, line.state === 'connecting' || seconds <= 0 ? t('connecting') : plural('reconnecting', seconds))
  }
  let failures = 0
  line.addEventListener('change', () => {
    if (line.state === 'open' && failures) lookForUpdate()
    failures = line.state === 'open' ? 0 : failures + 1
    show()
  })
  setInterval(show, 500)
  find('#offline-retry').addEventListener('click', () => line.retry())
  find('#update-reload').addEventListener('click', () => location.reload())
  find('#update-later').addEventListener('click', () => { find('#update-bar').hidden = true })
  show()
}

// A server that came back may be a newer one: it names its build with every asset.
async function lookForUpdate() {
  try {
    const answer = await fetch(HERE, { method: 'HEAD', cache: 'no-store' })
    const build = answer.headers.get('x-parlor-build')
    if (build && !HERE.startsWith(`/s/${build}/`)) find('#update-bar').hidden = false
  } catch { /* the line comes and goes; the next time */ }
}
