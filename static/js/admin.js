// The console. Every page works without this file; it adds what helps.

import { wireCopy } from './views/copy.js'

for (const time of document.querySelectorAll('time[datetime]')) localize(time)
document.querySelector('[data-focus]')?.focus()
for (const form of document.querySelectorAll('form:has(.row-check)')) wireChecks(form)
for (const button of document.querySelectorAll('[data-copy]')) wireCopy(button)
for (const clock of document.querySelectorAll('[data-ends]')) wireClock(clock)

/** Shows a moment in the reader's own clock. */
function localize(time) {
  const at = new Date(time.dateTime)
  if (time.dateTime.includes('T') && !Number.isNaN(at.valueOf())) {
    time.textContent = at.toLocaleString(document.documentElement.lang, shape(time, at))
  }
}

/** The day with its year, and the clock; where there is little room, what tells more. */
function shape(time, at) {
  const day = { year: 'numeric', month: 'numeric', day: 'numeric' }
  const clock = { hour: '2-digit', minute: '2-digit', ...('seconds' in time.dataset && { second: '2-digit' }) }
  if (!('short' in time.dataset)) return { ...day, ...clock }
  return at.toDateString() === new Date().toDateString() ? clock : day
}

/** Counts the rows that are ticked, and ticks all. */
function wireChecks(form) {
  const all = form.querySelector('[data-check-all]')
  const count = form.querySelector('[data-bulk-count]')
  const rows = [...form.querySelectorAll('.row-check')]
  const update = () => {
    const ticked = rows.filter((row) => row.checked).length
    if (count) count.textContent = count.dataset.bulkCount.replace('0', ticked)
    if (all) all.checked = ticked === rows.length
    if (all) all.indeterminate = ticked > 0 && ticked < rows.length
  }
  if (all) all.hidden = false
  all?.addEventListener('change', () => { for (const row of rows) row.checked = all.checked })
  form.addEventListener('change', update)
  form.addEventListener('reset', () => setTimeout(update))
  update()
}

/** Counts down by the server's clock. At its end there is nothing left to stop. */
function wireClock(clock) {
  const ends = performance.now() + Date.parse(clock.dataset.ends) - Date.parse(clock.closest('[data-now]').dataset.now)
  const tick = () => {
    const left = Math.max(0, Math.ceil((ends - performance.now()) / 1_000))
    clock.textContent = [Math.floor(left / 60), left % 60].map((part) => String(part).padStart(2, '0')).join(':')
    if (left === 0) {
      clearInterval(timer)
      clock.closest('[data-now]').querySelector('form').hidden = true
    }
  }
  const timer = setInterval(tick, 1_000)
  tick()
}
