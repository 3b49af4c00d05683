// Which messages are worth a notice.

import { mentions } from './timeline.js'

// Does the room's level let this message through?
export function isMeant(chat, room, message) {
  if (chat.isMuted(room)) return false
  const level = room.my?.notify ?? 'all'
  if (level !== 'mentions') return level === 'all'
  return room.kind === 'direct' || mentions(message.spans, chat.me.id)
}
