// Who reacted to a message: as the tip of a chip, and as a list.

import { api } from '../lib/api.js'
import { avatar, element, find, setText, toast } from '../lib/dom.js'
import { errorText, plural, t } from '../lib/words.js'

const NAMED = 8
const KEPT = 50

// The answers by message, for the state they were given for.
const known = new Map()

async function people(message) {
  const kept = known.get(message.id)
  if (kept?.rev === message.rev) return kept.reactions
  const { reactions } = await api.get(`messages/${message.id}/reactions`)
  known.delete(message.id)
  known.set(message.id, { rev: message.rev, reactions })
  if (known.size > KEPT) known.delete(known.keys().next().value)
  return reactions
}

// Puts the names of those who reacted into a chip's tip and label.
export async function name(app, message, chip) {
  if (!message) return
  const version = `${message.rev}`
  if (chip.dataset.named === version) return
  const reactions = await people(message).catch(() => null)
  if (!reactions) return
  chip.dataset.named = version
  const { emoji } = chip.dataset
  const found = reactions.find((reaction) => reaction.emoji === emoji)
  if (!found || chip.dataset.named !== version) return
  const names = found.users.slice(0, NAMED).map((user) => (user.id === app.chat.me.id ? t('me') : user.nickname))
  const rest = found.count - names.length
  const text = new Intl.ListFormat(document.documentElement.lang).format(rest > 0 ? [...names, plural('others', rest)] : names)
  chip.title = text
  chip.setAttribute('aria-label', `${emoji} ${found.count} ${text}`)
}

let stop = null

// Opens the dialog for a list of people; what was to come into it before has no place there any more once `signal` is aborted.
export function openList(title) {
  stop?.abort()
  const { signal } = stop = new AbortController()
  const dialog = find('#dialog-people-list')
  const body = find('.dialog-body', dialog)
  setText(find('#people-list-title'), title)
  body.replaceChildren()
  if (!dialog.open) dialog.showModal()
  dialog.addEventListener('close', () => stop.abort(), { signal })
  return { dialog, body, signal }
}

// The whole list, as a dialog; it follows while it is open.
export async function show(app, message) {
  const list = openList(t('who-reacted'))
  app.chat.addEventListener('message', ({ detail }) => { if (detail.id === message.id) fill(list, detail) }, { signal: list.signal })
  fill(list, message)
}

async function fill({ dialog, body, signal }, message) {
  try {
    const reactions = await people(message)
    if (signal.aborted) return
    body.replaceChildren(...reactions.flatMap(({ emoji, count, users }) => [
      element('h3', { class: 'panel-label' }, `${emoji} ${count}`),
      element('ul', {}, ...users.map(personRow)),
    ]))
  } catch (error) {
    if (signal.aborted) return
    dialog.close()
    toast(errorText(error.code))
  }
}

export function personRow(user) {
  return element('li', { class: 'person' }, avatar(user, 'small'), element('bdi', { class: 'person-text person-name' }, user.nickname),
    element('span', { class: 'suggest-note' }, `@${user.username}`))
}
