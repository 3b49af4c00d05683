// What stands between me and writing in the room that is open: a line in the composer's place where I may not at all, a line in it and
// the seconds on its button where I may not yet. What is written stays.

import { find, setIcon, setText } from '../lib/dom.js'
import { clock, duration, fullTime, t } from '../lib/words.js'
import { unblock } from './friends.js'

const DAY = 86_400_000
// From here on nobody set an end.
const NEVER = Date.UTC(9999, 0)
const LONGEST_TIMER = 3_600_000

export function watch(app) {
  return new Barrier(app)
}

class Barrier {
  #timer = 0

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.composer = app.composer
    this.closed = find('#composer-closed')
    this.strip = find('#held-strip')
    this.arrow = find('.icon', this.composer.button)
    this.seconds = find('.send-wait', this.composer.button)
    for (const type of ['contacts', 'rooms', 'message']) this.chat.addEventListener(type, () => this.open())
    app.outbox.addEventListener('held', () => this.open())
    find('button', this.closed).addEventListener('click', () => unblock(this.chat, this.app.room.peer))
    this.open()
  }

  // Another room is shown, or something about this one is new.
  open() {
    clearTimeout(this.#timer)
    const { room } = this.app
    const barrier = room ? this.chat.barrier(room) : null
    const passes = !barrier || barrier.until
    this.closed.hidden = passes
    find('.composer').hidden = !passes
    if (!passes) this.#close(room, barrier.kind)
    this.#hold(room, passes ? barrier : null)
    if (barrier?.until) this.#again(barrier.until - this.chat.now())
  }

  // At the next full second, or when it is over.
  #again(left) {
    const wait = left > LONGEST_TIMER ? LONGEST_TIMER : left % 1_000 || 1_000
    this.#timer = setTimeout(() => this.open(), left < DAY && wait < LONGEST_TIMER ? wait + 5 : wait)
  }

  #close(room, kind) {
    const blocked = kind === 'blocked'
    find('button', this.closed).hidden = !blocked
    setIcon(find('.icon', this.closed), { blocked: 'block', archived: 'lock' }[kind] ?? 'shield')
    setText(find('span', this.closed), blocked ? t('blocked-direct', { name: room.peer.nickname }) : t(`closed-${kind}`))
  }

  #hold(room, barrier) {
    const left = barrier ? Math.ceil((barrier.until - this.chat.now()) / 1_000) : 0
    const slow = barrier?.kind === 'slow'
    const text = !barrier ? '' : slow ? t('slow', { time: duration(room.slow_seconds) }) : silenced(barrier.until)
    this.strip.hidden = !text
    setText(find('span', this.strip), text)
    setIcon(find('.icon', this.strip), slow ? 'clock' : 'block')
    this.arrow.toggleAttribute('hidden', slow)
    this.seconds.hidden = !slow
    const time = countdown(left)
    if (slow) setText(this.seconds, time)
    const name = slow ? t('send-in', { time }) : t('send')
    this.composer.button.setAttribute('aria-label', name)
    this.composer.button.title = name
    this.composer.hold = text ? { text: slow ? name : text, edits: !slow } : null
    this.composer.measure()
  }
}

function silenced(until) {
  if (until >= NEVER) return t('silenced')
  const at = new Date(until)
  return t('silenced-until', { time: until - Date.now() < DAY ? clock(at) : fullTime(at) })
}

// "42", "3:07"
function countdown(seconds) {
  return seconds < 60 ? String(seconds) : `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
