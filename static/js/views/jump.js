// To a day in the history of the room.

import { find, toast } from '../lib/dom.js'
import { errorText } from '../lib/words.js'

let wired = false

export function show(app) {
  if (!app.room) return
  const dialog = find('#dialog-date')
  const input = find('#date')
  const today = new Date()
  input.max = local(today)
  input.min = local(new Date(app.room.created_at))
  input.value ||= local(today)
  if (!wired) {
    wired = true
    find('#date-form').addEventListener('submit', () => {
      const [year, month, day] = input.value.split('-').map(Number)
      app.stream.jumpTo(new Date(year, month - 1, day)).catch((error) => toast(errorText(error.code)))
    })
  }
  dialog.showModal()
}

// As a date field wants it.
const local = (date) => new Date(date - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 10)
