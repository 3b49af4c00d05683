// The console. Every page works without this file; it adds what helps.

for (const time of document.querySelectorAll('time[datetime]')) localize(time)
document.querySelector('[data-focus]')?.focus()

/** Shows a moment in the reader's own clock. */
function localize(time) {
  const at = new Date(time.dateTime)
  if (time.dateTime.includes('T') && !Number.isNaN(at.valueOf())) {
    time.textContent = at.toLocaleString(document.documentElement.lang, { dateStyle: 'short', timeStyle: 'short' })
  }
}
