// Who has seen a message, as far as their read marks say; it follows while it is open.

import { api } from '../lib/api.js'
import { element, toast } from '../lib/dom.js'
import { errorText, t } from '../lib/words.js'
import { openList, personRow } from './reactions.js'

export async function show(app, message) {
  const { dialog, body, signal } = openList(t('seen-by'))
  try {
    const [{ reads }, { members }] = await Promise.all([
      api.get(`rooms/${message.room}/reads`), api.get(`rooms/${message.room}/members?limit=200`),
    ])
    if (signal.aborted) return
    const marks = new Map(reads.map(({ user, seq }) => [user, seq]))
    const others = members.map(({ user }) => user).filter((user) => user.id !== message.sender.id)
    const draw = () => fill(body, others, (user) => (user.id === app.chat.me.id ? app.chat.get(message.room)?.my.read_seq : marks.get(user.id)) >= message.seq)
    app.chat.addEventListener('read', ({ detail }) => {
      if (detail.room !== message.room) return
      marks.set(detail.user, Math.max(detail.seq, marks.get(detail.user) ?? 0))
      draw()
    }, { signal })
    draw()
  } catch (error) {
    if (signal.aborted) return
    dialog.close()
    toast(errorText(error.code))
  }
}

function fill(body, people, hasSeen) {
  const seen = people.filter(hasSeen)
  const others = people.filter((user) => !hasSeen(user))
  body.replaceChildren(...group(t('seen', { count: seen.length }), 'seen', seen), ...group(t('not-seen', { count: others.length }), 'not-seen', others))
}

function group(label, name, people) {
  if (!people.length) return []
  return [element('h3', { class: 'panel-label' }, label), element('ul', { 'data-list': name }, ...people.map(personRow))]
}
