// Reporting a message of somebody else to the admins.

import { api } from '../lib/api.js'
import { find, setText, toast } from '../lib/dom.js'
import { errorText, t } from '../lib/words.js'
import { oneLine } from './message.js'

let reported = null

export function show(app, message, row) {
  const dialog = find('#dialog-report')
  const form = find('form', dialog)
  if (!reported) form.addEventListener('submit', (event) => { event.preventDefault(); send(dialog, form) })
  reported = message
  form.reset()
  setText(find('#report-author', dialog), message.sender.nickname)
  setText(find('#report-quote', dialog), oneLine(message))
  dialog.addEventListener('close', () => row?.focus({ preventScroll: true }), { once: true })
  dialog.showModal()
}

async function send(dialog, form) {
  const { reason, note } = form.elements
  const button = find('button[type="submit"]', dialog)
  button.disabled = true
  try {
    await api.post(`messages/${reported.id}/reports`, { reason: reason.value, note: note.value.trim() })
    dialog.close()
    toast(t('reported'))
  } catch (error) {
    // What was written stays.
    toast(error.code === 'self' ? errorText('forbidden') : errorText(error.code))
  } finally {
    button.disabled = false
  }
}
