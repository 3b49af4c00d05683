// Slash commands: given to the server, which posts what comes of them or says it to me alone.

import { api } from '../lib/api.js'
import { find, setText, toast } from '../lib/dom.js'
import { errorText, locale } from '../lib/words.js'
import { newId } from '../models/outbox.js'

let offered = null
// The last one, as long as nothing came of it: given again it is the same.
let last = null

// All there are, each with the name to be offered.
export function list() {
  offered ??= api.get('commands').then(({ commands }) => commands.map((command) => ({
    ...command, shown: locale.startsWith('zh') ? command.chinese : command.name,
  })))
  offered.catch(() => { offered = null })
  return offered
}

// Was it done?
export async function give({ id }, text) {
  const again = last?.room === id && last.text === text
  if (again && last.busy) return false
  if (!again) last = { room: id, text, client_id: newId() }
  const given = last
  given.busy = true
  try {
    const { notice } = await api.post(`rooms/${id}/commands`, { text, client_id: given.client_id })
    if (last === given) last = null
    show(notice ?? '')
    return true
  } catch (error) {
    given.busy = false
    if (isWordy(error.code)) show(error.message, true)
    else toast(errorText(error.code))
    return false
  }
}

// Is what the server said meant for people, in their language?
const isWordy = (code) => code === 'unreachable' || /^(command|weather)_/.test(code)

function show(text, wrong = false) {
  const notice = find('#command-notice')
  notice.hidden = !text
  notice.classList.toggle('command-notice-wrong', wrong)
  setText(find('.command-notice-text', notice), text)
}
