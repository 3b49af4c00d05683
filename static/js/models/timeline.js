// What is known of one room's messages: one run without holes, newest known state of each, and the cursor up to which
// that is whole. No DOM here.

import { api } from '../lib/api.js'

const PAGE = 40
const KEPT = 2_000
const LAG = 1_000

// Does a text address this person?
export function mentions(spans, user) {
  return spans.some((span) => {
    if (span.type === 'mention') return span.user === user
    if (span.type === 'mention_all') return true
    if (span.items) return span.items.some((item) => mentions(item, user))
    return Boolean(span.spans) && mentions(span.spans, user)
  })
}

// Event: `change`.
export class Timeline extends EventTarget {
  items = []
  moreBefore = true
  moreAfter = false
  // Older messages are there, and found by search alone.
  windowed = false
  // Does the reader look at the end? Decides which end is dropped when there is too much.
  following = true
  // The highest rev up to which `items` is whole; null before the first page.
  cursor = null
  #byId = new Map()
  #head = 0
  #busy = new Map()
  // The part that shall take the place of this one, as asked for; null: none.
  #aim = null
  // Messages that others quote and that lie outside `items`; null: there is none to be seen.
  #quotes = new Map()
  #wanted = new Set()
  // What I did to reactions and the log does not say yet: by message and emoji, { on, rev }.
  #marks = new Map()
  // Which of the reactions that name only some people are mine, too: by message, emoji. Asked for once; after that only I change them.
  #mine = new Map()

  constructor(room, epoch) {
    super()
    this.room = room
    this.epoch = epoch
  }

  get loaded() { return this.cursor !== null }
  get first() { return this.items[0] }
  get last() { return this.items.at(-1) }
  find(id) { return this.#byId.get(id) }

  // A message to be quoted: undefined while it is asked for, null if it cannot be seen.
  quote(id) {
    const known = this.find(id) ?? this.#quotes.get(id)
    if (known === undefined && !this.#wanted.has(id)) {
      if (!this.#wanted.size) setTimeout(() => this.#fetchQuotes())
      this.#wanted.add(id)
    }
    return known
  }

  // The reactions to show: as stored, with mine that are on their way.
  reactions(message, me) {
    const marks = [...(this.#marks.get(message.id) ?? [])].filter(([, { rev }]) => message.rev < rev)
    const crowded = message.reactions.some(({ count, users }) => count > users.length && !users.includes(me))
    if (!marks.length && !crowded) return message.reactions
    const mine = crowded ? this.#mineOf(message.id) : null
    const list = message.reactions.map(({ emoji, count, users }) => ({ emoji, count, users: mine?.has(emoji) && count > users.length && !users.includes(me) ? [...users, me] : users }))
    for (const [emoji, { on }] of marks) {
      const known = list.find((reaction) => reaction.emoji === emoji)
      if (!known && on) list.push({ emoji, count: 1, users: [me] })
      if (!known || known.users.includes(me) === on) continue
      known.count += on ? 1 : -1
      known.users = on ? [...known.users, me] : known.users.filter((user) => user !== me)
    }
    return list.filter((reaction) => reaction.count > 0)
  }

  // Shows a reaction of mine before the server says it; true once it stands in the log at `rev`, null takes it back.
  mark(id, emoji, on, rev = Infinity) {
    if (!this.#marks.has(id)) this.#marks.set(id, new Map())
    const marks = this.#marks.get(id)
    // The answer to an earlier press says nothing of a later one.
    if (rev < Infinity && marks.get(emoji)?.on !== on) return
    if (on === null) marks.delete(emoji)
    else marks.set(emoji, { on, rev })
    if (rev < Infinity) this.#mine.get(id)?.[on ? 'add' : 'delete'](emoji)
    this.#changed()
  }

  // Changes with what `reactions` answers beyond the message's rev.
  markOf(id) {
    return [...(this.#marks.get(id) ?? [])].map(([emoji, { on, rev }]) => `${emoji}${on}${rev}`).concat(...this.#mine.get(id) ?? []).join('')
  }

  // The kinds of which the message does not say whether they are mine.
  #mineOf(id) {
    if (!this.#mine.has(id)) {
      const marks = this.#marks.get(id) ?? new Map()
      const mine = new Set([...marks].filter(([, { on }]) => on).map(([emoji]) => emoji))
      this.#mine.set(id, mine)
      api.get(`messages/${id}/reactions`).then(({ reactions }) => {
        for (const reaction of reactions) if (reaction.mine && marks.get(reaction.emoji)?.on !== false) mine.add(reaction.emoji)
        this.#changed()
      }, () => this.#mine.delete(id))
    }
    return this.#mine.get(id)
  }

  // Takes the place of everything known: { messages, rev, more_before, more_after }.
  replace(page) {
    this.items = []
    this.#byId.clear()
    this.moreBefore = page.more_before
    this.moreAfter = page.more_after ?? false
    this.windowed = page.windowed ?? false
    this.cursor = page.rev
    // What was not looked after meanwhile is asked for again.
    this.#quotes.clear()
    this.#insert(page.messages)
    this.#changed()
    this.#catchUp()
  }

  // A live frame. The cursor moves by one; a jump means something was missed.
  frame(rev, message) {
    this.#head = Math.max(this.#head, rev)
    if (!this.loaded || rev <= this.cursor) return
    if (rev > this.cursor + 1) return this.#catchUp()
    this.cursor = rev
    this.#take([message])
    this.#changed()
  }

  // The room is said to be at this rev.
  head(rev) {
    this.#head = Math.max(this.#head, rev)
    this.#catchUp()
  }

  // Messages up to this number are gone for good.
  drop(floor) {
    if (this.loaded && this.first?.seq <= floor) {
      const gone = this.items.splice(0, this.#index(floor + 1))
      for (const message of gone) this.#byId.delete(message.id)
      this.moreBefore = false
      this.windowed = false
      this.#changed()
    }
    for (const [id, quote] of this.#quotes) if (quote?.seq <= floor) this.#quotes.set(id, null)
  }

  // Names of people change without a rev.
  rename(user) {
    for (const message of [...this.items, ...this.#quotes.values()]) if (message?.sender.id === user.id) message.sender = user
    this.#changed()
  }

  loadNewest() { return this.#load('') }

  loadAround(seq) { return this.#load(`around=${seq}&limit=${PAGE * 2}`) }

  // Around the first message since a time, as ISO text.
  loadAt(time) { return this.#load(`at=${encodeURIComponent(time)}&limit=${PAGE * 2}`) }

  // What is known stays: a page that is on its way to take its place comes too late.
  stay() { this.#aim = null }

  loadBefore() {
    return this.#once('before', async () => {
      const first = this.first?.seq
      const page = await this.#page(`before=${first}&limit=${PAGE}`)
      // The window may have been replaced meanwhile.
      if (this.first?.seq !== first) return
      this.moreBefore = page.more_before
      this.windowed = page.windowed
      this.#insert(page.messages, 'start')
      this.#changed()
    })
  }

  loadAfter() {
    return this.#once('after', async () => {
      const last = this.last?.seq ?? 0
      const page = await this.#page(`after=${last}&limit=${PAGE}`)
      if ((this.last?.seq ?? 0) !== last) return
      this.moreAfter = page.more_after
      this.#insert(page.messages, 'end')
      // What came live while we were away from the end was left out; ask for it again.
      if (!this.moreAfter) this.cursor = Math.min(this.cursor, page.rev)
      this.#changed()
      this.#catchUp()
    })
  }

  // Asks for every change after the cursor until there is none.
  repair() {
    return this.#once('repair', async () => {
      for (let more = true; more;) {
        const answer = await api.get(`rooms/${this.room}/changes?after=${this.cursor}&limit=500&epoch=${encodeURIComponent(this.epoch)}`)
        if (answer.reset || this.#head - this.cursor > LAG) {
          this.replace(await this.#page(''))
          return
        }
        this.cursor = answer.rev
        this.drop(answer.floor_seq)
        this.#take(answer.messages)
        this.#changed()
        more = answer.more
      }
    })
  }

  #catchUp() {
    if (!this.loaded || this.#head <= this.cursor || this.#busy.has('repair')) return
    this.repair().then(
      () => this.#catchUp(),
      (error) => {
        // A reconnect starts over; anything else that passes is asked again.
        if (error.code !== 'offline' && error.retry === 'later') setTimeout(() => this.#catchUp(), (error.retryAfter ?? 2) * 1_000)
      },
    )
  }

  // Another part of the room in place of what is known. Of several that are on their way the one asked for last comes.
  #load(query) {
    this.#aim = query
    return this.#once(`load ${query}`, async () => {
      const page = await this.#page(query)
      if (this.#aim === query || !this.loaded) this.replace(page)
    })
  }

  #page(query) {
    return api.get(`rooms/${this.room}/messages?${query}`)
  }

  // One request of a kind at a time; whoever asks meanwhile gets the same answer.
  #once(kind, act) {
    if (!this.#busy.has(kind)) this.#busy.set(kind, act().finally(() => this.#busy.delete(kind)))
    return this.#busy.get(kind)
  }

  // New states from the log: replaces what is known, appends what belongs to the end, ignores what lies outside.
  #take(messages) {
    const fresh = messages.filter((message) => !this.#update(message))
    if (this.moreAfter) return
    this.#insert(fresh.filter((message) => message.seq > (this.last?.seq ?? 0)))
  }

  async #fetchQuotes() {
    const ids = [...this.#wanted].slice(0, 50)
    try {
      const { messages } = await api.get(`messages?ids=${ids.join(',')}`)
      for (const id of ids) this.#quotes.set(id, null)
      for (const message of messages) this.#quotes.set(message.id, message)
    } catch (error) {
      // They stay wanted meanwhile, so that nobody asks for them at every drawing.
      if (error.retry === 'later') {
        setTimeout(() => this.#fetchQuotes(), (error.retryAfter ?? 2) * 1_000)
        return
      }
      for (const id of ids) this.#quotes.set(id, null)
    }
    for (const id of ids) this.#wanted.delete(id)
    this.#changed()
    if (this.#wanted.size) this.#fetchQuotes()
  }

  // Quotes that came with a page.
  keepQuotes(messages) {
    for (const message of messages) this.#quotes.set(message.id, message)
  }

  #update(message) {
    if (this.#quotes.get(message.id)?.rev < message.rev) this.#quotes.set(message.id, message)
    const known = this.#byId.get(message.id)
    if (!known) return false
    if (message.rev > known.rev) {
      this.#byId.set(message.id, message)
      this.items[this.#index(message.seq)] = message
    }
    return true
  }

  // `keep` names the end that stays when there is too much.
  #insert(messages, keep = this.following ? 'end' : 'start') {
    const fresh = messages.filter((message) => !this.#update(message))
    if (!fresh.length) return
    for (const message of fresh) this.#byId.set(message.id, message)
    fresh.sort((a, b) => a.seq - b.seq)
    if (fresh[0].seq > (this.last?.seq ?? 0)) this.items.push(...fresh)
    else this.items = [...fresh, ...this.items].sort((a, b) => a.seq - b.seq)
    this.#trim(keep)
  }

  #trim(keep) {
    const excess = this.items.length - KEPT
    if (excess <= 0) return
    const gone = keep === 'end' ? this.items.splice(0, excess) : this.items.splice(KEPT)
    for (const message of gone) this.#byId.delete(message.id)
    if (keep === 'end') this.moreBefore = true
    else this.moreAfter = true
  }

  // The place of a seq in `items`, or where it would stand.
  #index(seq) {
    let low = 0
    let high = this.items.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.items[middle].seq < seq) low = middle + 1
      else high = middle
    }
    return low
  }

  indexOf(seq) { return this.#index(seq) }

  #changed() {
    this.dispatchEvent(new CustomEvent('change'))
  }
}
