// What the reader has seen: read marks, the unread line, the ways to jump, and what a screen reader is told.

import { find, setText } from '../lib/dom.js'
import { clock, plural, t } from '../lib/words.js'

const LOOK = 500
const TELL_EVERY = 2_000
const SPEAK_EVERY = 2_000
const AWAY = 100

export function watch(app) {
  return new Reading(app)
}

class Reading {
  #timer = 0
  // What the server was told, by room.
  #told = new Map()
  #toldAt = 0
  #speech = []
  #spokenAt = 0

  constructor({ chat, line, stream }) {
    Object.assign(this, { chat, line, stream })
    this.pill = find('#jump')
    this.bar = find('#unread-bar')
    this.announcer = find('#announcer')
    stream.addEventListener('moved', () => this.#look())
    stream.addEventListener('leaving', () => {
      this.#tellRead(true)
      this.pill.hidden = this.bar.hidden = true
    })
    chat.addEventListener('fresh', ({ detail }) => this.#onFresh(detail))
    document.addEventListener('visibilitychange', () => this.#look())
    addEventListener('focus', () => this.#look())
    addEventListener('pagehide', () => this.#tellRead(true))
    this.pill.addEventListener('click', () => { stream.toEnd() })
    find('#unread-jump').addEventListener('click', () => stream.toLine())
    find('#unread-read').addEventListener('click', () => this.#readAll())
    this.#look()
  }

  #look() {
    if (!this.stream.timeline?.loaded) return
    this.#lookAtLine()
    this.#showJumps()
    clearTimeout(this.#timer)
    if (isAttentive()) this.#timer = setTimeout(() => this.#readVisible(), LOOK)
  }

  // The line goes when it was seen, was left, and the reader is back at the end.
  #lookAtLine() {
    const { line, stuck, box, rows } = this.stream
    const row = rows.get('line')
    if (!row || line.gone || !isAttentive()) return
    const { top, bottom } = row.getBoundingClientRect()
    const view = box.getBoundingClientRect()
    if (bottom > view.top && top < view.bottom) line.seen = true
    else if (line.seen && stuck && bottom <= view.top) this.stream.dropLine()
  }

  #showJumps() {
    const { stream } = this
    const unread = this.chat.unreadOf(stream.room)
    this.pill.hidden = stream.showsEnd && stream.distance <= AWAY
    setText(find('.jump-count', this.pill), unread ? String(unread > 99 ? '99+' : unread) : '')
    setText(find('.jump-words', this.pill), unread ? plural('jump-new', unread) : t('jump'))
    const first = unread && this.#firstAbove()
    this.bar.hidden = !first
    if (first) setText(find('#unread-jump'), plural('unread-since', unread, { time: clock(new Date(first.created_at)) }))
  }

  // The first unread message, where its line is above what is in view.
  #firstAbove() {
    const { line, rows, box, timeline } = this.stream
    if (line.after === null || line.gone) return null
    const row = rows.get('line')
    const above = row ? row.getBoundingClientRect().bottom <= box.getBoundingClientRect().top : this.stream.firstSeq > line.after + 1
    if (!above) return null
    return timeline.items[timeline.indexOf(line.after + 1)]
  }

  // The last row of which at least half is in view.
  #readVisible() {
    if (!this.stream.room || !isAttentive()) return
    const bottom = this.stream.box.getBoundingClientRect().bottom
    const rows = [...this.stream.list.children]
    const last = rows.findLast((row) => {
      const rect = row.dataset.seq && row.getBoundingClientRect()
      return rect && (rect.top + rect.bottom) / 2 <= bottom
    })
    if (!last) return
    this.chat.read(this.stream.room.id, Number(last.dataset.seq))
    this.#showJumps()
    this.#tellRead(false)
  }

  #readAll() {
    const { room } = this.stream
    this.chat.read(room.id, room.last_seq)
    this.#tellRead(false)
    this.stream.dropLine()
    this.#showJumps()
  }

  // At most once in 2 s, and when leaving.
  #tellRead(leaving) {
    const { room } = this.stream
    const seq = room?.my.read_seq ?? 0
    if (!room || seq <= (this.#told.get(room.id) ?? 0)) return
    const wait = this.#toldAt + TELL_EVERY - Date.now()
    if (!leaving && wait > 0) {
      setTimeout(() => this.#tellRead(false), wait)
      return
    }
    this.#toldAt = Date.now()
    this.#told.set(room.id, seq)
    if (leaving && document.hidden) {
      navigator.sendBeacon(`/api/v1/rooms/${room.id}/read`, new Blob([JSON.stringify({ seq })], { type: 'application/json' }))
    } else {
      this.line.ask({ type: 'read', room: room.id, seq }).catch(() => this.#told.delete(room.id))
    }
  }

  #onFresh(message) {
    const { room, line, stuck } = this.stream
    if (message.room !== room?.id || this.chat.blocked.has(message.sender.id)) return
    // Nobody looked: the place where they will go on is marked.
    if (!isAttentive() && (line.after === null || line.gone)) {
      this.stream.line = { after: message.seq - 1, seen: false, gone: false }
      this.stream.refresh()
    }
    if (stuck) this.#speak(`${message.sender.nickname}: ${message.text}`)
  }

  #speak(text) {
    this.#speech.push(text)
    if (this.#speech.length > 1) return
    setTimeout(() => {
      setText(this.announcer, this.#speech.length === 1 ? this.#speech[0] : plural('announce', this.#speech.length))
      this.#speech = []
      this.#spokenAt = Date.now()
    }, Math.max(50, this.#spokenAt + SPEAK_EVERY - Date.now()))
  }
}

// Is somebody looking at this page?
const isAttentive = () => !document.hidden && document.hasFocus()
