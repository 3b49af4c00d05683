// The messages of the open room: at most 300 rows around where the reader is. What changes above or below never moves the
// row that is being read.

import { clone, find, reconcile, setText } from '../lib/dom.js'
import { dayKey, dayName, plural, t } from '../lib/words.js'
import { fillMessage, fillState, isGone } from './message.js'

const STEP = 40
const AT_MOST = 280
const AFTER_CUT = 240
const EDGE = 1_600
const NEAR_END = 48
const GROUP = 5 * 60_000
const MARKED = 2_000

// Events: `opened`, `moved` (rows or the view of them changed), `leaving`.
export class Stream extends EventTarget {
  room = null
  timeline = null
  // The elements by key; see `keyOf`.
  rows = new Map()
  // Is the end in view, and followed?
  stuck = true
  // The line above what was unread when the room was opened: it stands after this seq (null: there is none), was looked
  // at, and is done with.
  line = { after: null, seen: false, gone: false }
  // What I recalled a moment ago, by id: the text, or null once it cannot be taken up again.
  recalled = new Map()
  // Messages of people I blocked that I want to see all the same, and the folds that hide the others, by message.
  #unfolded = new Set()
  #folds = new Map()
  // The shown part of the timeline, by seq. `#to` is Infinity while the end is shown.
  #from = 0
  #to = Infinity
  #frame = 0
  #visit = 0
  // Of several ways to go somewhere the last one counts.
  #aim = 0

  constructor({ chat, outbox, line: socket }) {
    super()
    Object.assign(this, { chat, outbox, socket })
    this.box = find('#timeline')
    this.list = find('ol', this.box)
    this.list.replaceChildren()
    this.#listen()
  }

  // Shows a room, at the message with this seq, if one is named. Resolves when its messages are there; rejects with the refusal.
  async open(room, at = null) {
    this.leave()
    const visit = ++this.#visit
    this.room = room
    this.timeline = this.chat.timeline(room.id)
    this.timeline.addEventListener('change', this.refresh)
    this.timeline.stay()
    this.rows.clear()
    this.list.replaceChildren()
    const unread = this.chat.unreadOf(room)
    const readSeq = room.my.read_seq
    this.line = { after: unread ? readSeq : null, seen: false, gone: false }
    this.#from = 0
    this.#to = Infinity
    this.stuck = true
    const slow = setTimeout(() => this.box.classList.add('timeline-loading'), 300)
    try {
      await (at ? this.#loadTo(at) : this.#load(readSeq, unread))
    } finally {
      clearTimeout(slow)
      this.box.classList.remove('timeline-loading')
    }
    if (visit !== this.#visit) return
    this.#settleWindow(at ? at - 1 : readSeq, at || unread)
    this.#render()
    if (at) this.#show(at)
    else this.#place()
    this.#tell('opened')
    this.#afterScroll()
  }

  leave() {
    if (!this.room) return
    this.#tell('leaving')
    this.timeline.removeEventListener('change', this.refresh)
    this.room = this.timeline = null
    this.#visit += 1
    this.#aim += 1
    this.rows.clear()
    this.list.replaceChildren()
    find('#room-empty').hidden = true
  }

  // Newest messages, at their end.
  async toEnd() {
    if (!this.timeline?.loaded) return
    const aim = ++this.#aim
    if (this.timeline.moreAfter) await this.timeline.loadNewest().catch(() => {})
    else this.timeline.stay()
    if (aim !== this.#aim) return
    this.#to = Infinity
    this.stuck = true
    this.#cutTop()
    this.#render()
    this.box.scrollTop = this.box.scrollHeight
    this.#afterScroll()
  }

  // Away with the unread line; its height stays, so nothing moves.
  dropLine() {
    if (this.line.after === null || this.line.gone) return
    this.line.gone = true
    this.refresh()
  }

  // To the first unread message, which may be far from what is shown.
  async toLine() {
    const { timeline, line } = this
    if (!timeline?.loaded || line.after === null) return
    const aim = ++this.#aim
    if (timeline.first?.seq > line.after + 1 && timeline.moreBefore) await timeline.loadAround(line.after + 1).catch(() => {})
    else timeline.stay()
    if (aim !== this.#aim) return
    if (!this.rows.has('line')) {
      this.#settleWindow(line.after, true)
      this.#render()
    }
    this.#scrollToLine()
    this.#onScroll()
  }

  // To a message, which may be far from what is shown; it is marked for a moment. Rejects with the refusal.
  async jump(seq) {
    if (!this.timeline) return
    const aim = ++this.#aim
    await this.#loadTo(seq)
    if (aim !== this.#aim) return
    if (!this.#rowAt(seq)) {
      this.#settleWindow(seq - 1, true)
      this.#render()
    }
    this.#show(seq)
    this.#onScroll()
  }

  // To the first message since a time.
  async jumpTo(date) {
    const { timeline } = this
    const aim = ++this.#aim
    await timeline.loadAt(date.toISOString())
    if (aim !== this.#aim) return
    const message = timeline.items.find(({ created_at: at }) => new Date(at) >= date) ?? timeline.last
    if (message) await this.jump(message.seq)
  }

  // Shows messages of people I blocked.
  unfold(row) {
    for (const id of row.ids) this.#unfolded.add(id)
    this.#update()
    // The button that was pressed is gone.
    this.rows.get(this.keyOf(this.timeline.find(row.ids[0])))?.focus({ preventScroll: true })
  }

  // Keeps a text that I recall for five minutes.
  keepRecalled(id, text) {
    this.recalled.set(id, text)
    setTimeout(() => { this.recalled.set(id, null); this.refresh() }, 5 * 60_000)
  }

  // My newest message that can still be edited.
  lastOwn() {
    return this.timeline?.items.findLast((message) => message.sender.id === this.chat.me.id && !isGone(message))
  }

  // What a row shows: a message, or one of mine on its way.
  messageOf(row) { return this.timeline?.find(Number(row.dataset.id)) ?? null }

  entryOf(row) { return this.outbox.entries.get(row.dataset.client) ?? null }

  // Pixels below what is in view.
  get distance() { return this.box.scrollHeight - this.box.clientHeight - this.box.scrollTop }

  // The first message there is a row for.
  get firstSeq() { return Math.max(this.#from, this.timeline.first?.seq ?? 0) }

  // What is being read: the first message in view; null at the end.
  get readingSeq() { return this.timeline?.loaded && !this.stuck ? Number(this.#firstVisible()?.dataset.seq) || null : null }

  // Do the rows reach the newest message?
  get showsEnd() { return this.#to === Infinity && !this.timeline.moreAfter }

  #listen() {
    this.box.addEventListener('scroll', () => this.#onScroll(), { passive: true })
    // The box shrinks when the composer grows or a keyboard opens; the end stays in view.
    new ResizeObserver(() => { if (this.stuck) this.box.scrollTop = this.box.scrollHeight }).observe(this.box)
    this.outbox.addEventListener('change', ({ detail }) => { if (detail === this.room?.id) this.refresh() })
    for (const type of ['people', 'contacts']) this.chat.addEventListener(type, () => { if (this.chat.blocked.size || this.#folds.size) this.refresh() })
    // A row grew by the words under it.
    this.list.addEventListener('animationend', () => { if (this.stuck) this.box.scrollTop = this.box.scrollHeight })
    this.#atMidnight()
  }

  // ---- what to show ----

  async #load(readSeq, unread) {
    const { timeline } = this
    if (!timeline.loaded) {
      await (unread > STEP ? timeline.loadAround(readSeq + 1) : timeline.loadNewest())
      return
    }
    const next = readSeq + 1
    const known = next >= (timeline.first?.seq ?? 1) || !timeline.moreBefore
    const reaches = next <= (timeline.last?.seq ?? 0) || !timeline.moreAfter
    if (unread && !(known && reaches)) return timeline.loadAround(next)
    if (!unread && timeline.moreAfter) return timeline.loadNewest()
  }

  async #loadTo(seq) {
    const { timeline } = this
    const { first, last, moreBefore, moreAfter } = timeline
    const known = timeline.loaded && (seq >= (first?.seq ?? 1) || !moreBefore) && (seq <= (last?.seq ?? 0) || !moreAfter)
    if (!known) return timeline.loadAround(seq)
    timeline.stay()
  }

  // Which part of what is known is shown first: the end, or around the first unread message.
  #settleWindow(readSeq, unread) {
    const { items, moreAfter } = this.timeline
    const index = unread ? this.timeline.indexOf(readSeq + 1) : items.length
    const from = Math.max(this.#oldest, Math.min(index, items.length) - STEP)
    const to = Math.min(items.length, index + AFTER_CUT - STEP)
    this.#from = items[from]?.seq ?? 0
    this.#to = to < items.length || moreAfter ? items[to - 1]?.seq ?? Infinity : Infinity
  }

  // The first message that may be shown, as index. The one before it is known, so it is drawn as it stays: what comes above
  // it later changes nothing about it.
  get #oldest() { return this.timeline.moreBefore && this.timeline.items.length > 1 ? 1 : 0 }

  get #shown() {
    const { items } = this.timeline
    const start = this.timeline.indexOf(this.#from)
    return items.slice(start, this.#to === Infinity ? items.length : this.timeline.indexOf(this.#to + 1))
  }

  refresh = () => {
    // Hidden tabs draw nothing; the frame comes when they are shown again.
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      if (this.timeline?.loaded) this.#update()
    })
  }

  #update() {
    this.#keepPlace(() => {
      if (this.stuck) this.#cutTop()
      this.#render()
    })
    this.#afterScroll()
  }

  // While the end is followed, the oldest rows go.
  #cutTop() {
    const { items } = this.timeline
    const count = items.length - this.timeline.indexOf(this.#from)
    if (this.#to === Infinity && count > AT_MOST) this.#from = items[items.length - AFTER_CUT].seq
  }

  #render() {
    const messages = this.#shown
    const wanted = []
    const before = this.timeline.items[this.timeline.indexOf(this.#from) - 1]
    let previous = before ? { message: before, day: dayKey(new Date(before.created_at)) } : null
    const mine = new Set()
    this.#folds.clear()
    let fold = null
    for (const message of messages) {
      const at = new Date(message.created_at)
      const day = dayKey(at)
      if (!previous || previous.day !== day) wanted.push(this.#dayLine(day, at))
      const line = this.line.after !== null && message.seq === this.line.after + 1
      if (line) wanted.push(this.#unreadLine())
      if (this.#isFolded(message)) {
        if (!fold || line || previous?.day !== day) wanted.push(fold = this.#foldRow(message))
        fold.add(message)
        previous = { message, day }
        continue
      }
      fold = null
      const first = line || !previous || previous.day !== day || this.#isFolded(previous.message) || !grouped(previous.message, message)
      wanted.push(this.#messageRow(message, first))
      if (message.sender.id === this.chat.me.id) mine.add(message.client_id)
      previous = { message, day }
    }
    if (this.showsEnd) this.#pendingRows(wanted, previous, mine)
    reconcile(this.list, this.rows, wanted)
    this.timeline.following = this.showsEnd && this.stuck
    this.list.classList.toggle('at-start', !this.timeline.moreBefore)
    find('#window-note').hidden = this.timeline.moreBefore || !this.timeline.windowed
    this.#showEmpty(!wanted.length)
  }

  #pendingRows(wanted, previous, mine) {
    for (const entry of this.outbox.of(this.room.id)) {
      if (mine.has(entry.client_id) || this.timeline.items.some(({ client_id: id, sender }) => id === entry.client_id && sender.id === this.chat.me.id)) {
        // It came by `changes`, not live.
        queueMicrotask(() => this.outbox.settle(entry.client_id))
        continue
      }
      const at = new Date(entry.at)
      const day = dayKey(at)
      if (!previous || previous.day !== day) wanted.push(this.#dayLine(day, at))
      const { uploads = [], reply_to = null } = entry
      const message = { sender: this.chat.me, created_at: at.toISOString(), spans: entry.text ? [entry.text] : [], rev: 0, uploads, reply_to, reactions: [] }
      const first = !previous || previous.day !== day || !grouped(previous.message, message)
      wanted.push(this.#entryRow(entry, message, first))
      previous = { message, day }
    }
  }

  #dayLine(day, at) {
    const name = dayName(at)
    return { key: `day-${day}`, version: name, create: () => clone('day-line'), update: (row) => setText(row.firstElementChild, name) }
  }

  #unreadLine() {
    return {
      key: 'line',
      version: this.line.gone,
      create: () => clone('unread-line'),
      update: (row) => { row.classList.toggle('unread-line-gone', this.line.gone) },
    }
  }

  // Mine keep their client_id as key, so that the pending row becomes the message.
  keyOf(message) {
    return message.sender.id === this.chat.me.id ? `c-${message.client_id}` : `m-${message.id}`
  }

  #messageRow(message, first) {
    const quote = this.#quoteOf(message)
    const { sender, rev, id } = message
    const redo = this.recalled.get(id)
    return {
      key: this.keyOf(message),
      version: `${rev} ${first} ${sender.nickname} ${sender.role} ${sender.avatar_url} ${versionOf(quote)} ${this.timeline.markOf(id)} ${redo === undefined ? '' : redo !== null}`,
      create: () => clone('message'),
      update: (row) => {
        row.dataset.id = id
        row.dataset.seq = message.seq
        delete row.dataset.client
        this.#fill(row, message, { first, quote, redo })
        find('.message-state', row)?.remove()
        row.classList.remove('message-pending', 'message-failed')
      },
    }
  }

  #entryRow(entry, message, first) {
    const quote = this.#quoteOf(message)
    const open = this.socket.state === 'open'
    return {
      key: `c-${entry.client_id}`,
      version: `0 ${first} ${entry.state} ${entry.code} ${open} ${versionOf(quote)}`,
      create: () => clone('message'),
      update: (row) => {
        row.dataset.client = entry.client_id
        this.#fill(row, message, { first, quote })
        fillState(row, entry, open)
      },
    }
  }

  #fill(row, message, rest) {
    const me = this.chat.me.id
    fillMessage(row, message, { me, room: this.room.id, reactions: this.timeline.reactions(message, me), ...rest })
  }

  #quoteOf({ reply_to: reply }) {
    const quote = reply ? this.timeline.quote(reply.id) : undefined
    return quote && this.#isFolded(quote) ? { ...quote, folded: true } : quote
  }

  #isFolded({ id, sender }) { return this.chat.blocked.has(sender.id) && !this.#unfolded.has(id) }

  // One line for messages in a row of people I blocked.
  #foldRow(from) {
    const ids = []
    let last = from
    const key = `fold-${from.id}`
    return {
      key,
      get version() { return ids.length },
      add: (message) => {
        ids.push(message.id)
        last = message
        this.#folds.set(message.id, key)
      },
      create: () => clone('fold-line'),
      update: (row) => {
        row.ids = [...ids]
        row.dataset.seq = last.seq
        setText(find('span', row), plural('blocked-lines', ids.length))
      },
    }
  }

  #showEmpty(empty) {
    const node = find('#room-empty')
    node.hidden = !empty
    if (empty) setText(find('.empty-title', node), t('room-start', { room: this.chat.nameOf(this.room) }))
  }

  // ---- where the reader is ----

  // Changes the rows so that the first visible one stays where it is.
  #keepPlace(change) {
    if (this.stuck) {
      change()
      this.box.scrollTop = this.box.scrollHeight
      return
    }
    const anchor = this.#firstVisible()
    const before = anchor?.getBoundingClientRect().top
    change()
    if (anchor?.isConnected) this.box.scrollTop += anchor.getBoundingClientRect().top - before
  }

  // The first message in view. Day lines are no hold: they move when older messages come before them.
  #firstVisible() {
    const top = this.box.getBoundingClientRect().top
    const rows = this.list.children
    let low = 0
    let high = rows.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (rows[middle].getBoundingClientRect().bottom <= top) low = middle + 1
      else high = middle
    }
    while (low < rows.length - 1 && !rows[low].classList.contains('message')) low += 1
    return rows[low]
  }

  // Where a room opens: at the end if the unread part fits, else at the line.
  #place() {
    const line = this.rows.get('line')
    this.box.scrollTop = this.box.scrollHeight
    if (!line) return
    const height = this.list.getBoundingClientRect().bottom - line.getBoundingClientRect().top
    if (height > this.box.clientHeight || !this.showsEnd) this.#scrollToLine()
    this.stuck = this.showsEnd && this.distance < NEAR_END
  }

  // A quarter below the upper edge, so that what came before is seen too.
  #scrollToLine() {
    const line = this.rows.get('line')
    if (line) this.box.scrollTop += line.getBoundingClientRect().top - this.box.getBoundingClientRect().top - this.box.clientHeight / 4
  }

  #rowAt(seq) {
    const message = this.timeline.items[this.timeline.indexOf(seq)]
    return message && (this.rows.get(this.keyOf(message)) ?? this.rows.get(this.#folds.get(message.id)))
  }

  // Brings a message to the middle and marks it.
  #show(seq) {
    const row = this.#rowAt(seq)
    if (!row) return
    row.scrollIntoView({ block: 'center' })
    this.stuck = this.showsEnd && this.distance < NEAR_END
    row.classList.add('message-found')
    setTimeout(() => row.classList.remove('message-found'), MARKED)
    row.focus({ preventScroll: true })
  }

  #onScroll() {
    if (!this.timeline?.loaded) return
    this.stuck = this.showsEnd && this.distance < NEAR_END
    this.timeline.following = this.showsEnd && this.stuck
    this.#afterScroll()
  }

  #afterScroll() {
    if (!this.timeline?.loaded) return
    this.#extend()
    this.#tell('moved')
  }

  // More rows where the reader comes near an edge, from what is known or from the server.
  #extend() {
    const { items, moreBefore, moreAfter } = this.timeline
    if (!items.length) return
    const start = this.timeline.indexOf(this.#from)
    if (this.box.scrollTop < this.#near) {
      if (start > this.#oldest) this.#extendUp(start)
      else if (moreBefore) this.#fetch(this.timeline.loadBefore())
    }
    if (this.distance < this.#near && !this.showsEnd) {
      if (this.#to !== Infinity && this.timeline.indexOf(this.#to + 1) < items.length) this.#extendDown()
      else if (moreAfter) this.#fetch(this.timeline.loadAfter())
      else this.#to = Infinity
    }
  }

  get #near() { return Math.min(2 * this.box.clientHeight, EDGE) }

  #extendUp(start) {
    const { items } = this.timeline
    const from = Math.max(this.#oldest, start - STEP)
    const end = from + AFTER_CUT
    const cut = this.#shown.length + start - from > AT_MOST && items[end]
    // What would be cut at the far end is still near the reader: the window is as full as it gets.
    if (cut && this.#top(cut) < this.box.getBoundingClientRect().bottom + this.#near) return
    this.#keepPlace(() => {
      this.#from = items[from].seq
      if (cut) this.#to = items[end - 1].seq
      this.#render()
    })
    this.refresh()
  }

  #extendDown() {
    const { items, moreAfter } = this.timeline
    const end = Math.min(items.length, this.timeline.indexOf(this.#to + 1) + STEP)
    const from = end - AFTER_CUT
    const cut = end - this.timeline.indexOf(this.#from) > AT_MOST && items[from]
    if (cut && this.#top(cut) > this.box.getBoundingClientRect().top - this.#near) return
    this.#keepPlace(() => {
      this.#to = end === items.length && !moreAfter ? Infinity : items[end - 1].seq
      if (cut) this.#from = cut.seq
      this.#render()
    })
    this.refresh()
  }

  // Where a shown message begins; a message that is not shown is far away.
  #top(message) {
    const row = this.rows.get(this.keyOf(message)) ?? this.rows.get(this.#folds.get(message.id))
    return row?.getBoundingClientRect().top ?? Infinity
  }

  // A page came; what it brought is shown by the next look at the edges.
  #fetch(loading) {
    const slow = setTimeout(() => this.box.classList.add('timeline-loading'), 300)
    loading.catch(() => {}).finally(() => {
      clearTimeout(slow)
      this.box.classList.remove('timeline-loading')
    })
  }

  #tell(type) { this.dispatchEvent(new CustomEvent(type)) }

  #atMidnight() {
    const now = new Date()
    const next = new Date(now.getFullYear(), now.getMonth(), now.getDate() + 1)
    setTimeout(() => { this.refresh(); this.#atMidnight() }, next - now + 500)
  }

}

function grouped(previous, message) {
  return previous.sender.id === message.sender.id && !isGone(previous) && !isGone(message) &&
    new Date(message.created_at) - new Date(previous.created_at) <= GROUP
}

const versionOf = (quote) => (quote ? `${quote.rev} ${quote.sender.nickname} ${quote.folded}` : String(quote))
