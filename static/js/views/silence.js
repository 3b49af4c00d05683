// Silencing a member of the room that is open, for those who keep order in it.

import { api } from '../lib/api.js'
import { toast } from '../lib/dom.js'
import { duration, errorText, t } from '../lib/words.js'

// Seconds; the last is until somebody lifts it.
const TIMES = [600, 3_600, 86_400, Infinity]
const FOREVER = '9999-12-31T23:59:59Z'

// May I silence this member? The server decides again.
export function maySilence(app, user) {
  const { room, chat } = app
  const role = app.people?.members.get(user.id)?.role ?? 'member'
  if (!room || user.id === chat.me.id || room.kind === 'direct' || !chat.moderates(room)) return false
  return chat.me.role === 'admin' || (user.role !== 'admin' && (room.my.role === 'owner' || role === 'member'))
}

export const isSilenced = (app, user) => Date.parse(app.people?.members.get(user.id)?.silenced_until ?? 0) > app.chat.now()

// The choices, as [icon, words, act].
export function silences(app, user) {
  return TIMES.map((seconds) => ['clock', seconds < Infinity ? t('silence-for', { time: duration(seconds) }) : t('silence-forever'), () => {
    set(app, user, seconds < Infinity ? new Date(app.chat.now() + seconds * 1_000).toISOString() : FOREVER)
  }])
}

export function lift(app, user) { set(app, user, null) }

async function set(app, user, until) {
  try {
    const { member } = await api.patch(`rooms/${app.room.id}/members/${user.id}`, { silenced_until: until })
    app.people?.update(member)
    toast(t(until ? 'silence-done' : 'silence-lifted', { name: user.nickname }))
  } catch (error) {
    toast(errorText(error.code))
  }
}
