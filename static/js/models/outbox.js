// What I wrote: messages on their way, which survive a reload, and drafts. No DOM here.
//
// A message is sent again until the server answers; its `client_id` makes sure that it is stored once. In every room one is
// in flight at a time, in the order of writing. Only the tab that holds the lock sends.

import { Refusal } from '../lib/api.js'

// Loaded beside the first paint; reading the past is not its matter.
const loading = import('../lib/store.js')

const GIVE_UP = 30 * 86_400_000
// What is not to be tried again behind its author's back: they may not write, or not yet.
const HELD = ['silenced', 'slow_mode', 'archived', 'post_policy', 'words']

// A UUID, also where the page is not a secure context.
export function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

// Events: `change` (detail: room id), `held` (detail: { entry, error }: it is to be gone on with where it was written).
export class Outbox extends EventTarget {
  // By client_id, in order of writing: { client_id, room, text, uploads, reply_to, at, state: 'pending' | 'sent' | 'failed', code };
  // `uploads` are as the server answered, `reply_to` is { id, seq } or null.
  entries = new Map()
  #owner = ''
  #draining = false
  #again = false
  #sequence = 0

  constructor(chat, line) {
    super()
    this.chat = chat
    this.line = line
    this.#owner = this.#ownerNow()
    line.addEventListener('change', () => this.flush())
    chat.addEventListener('message', ({ detail }) => this.#settle(detail))
    chat.addEventListener('gone', ({ detail }) => this.#forgetRoom(detail))
    chat.addEventListener('rooms', () => this.#follow())
    this.#restore()
  }

  // The unsent messages of a room, oldest first.
  of(room) {
    return [...this.entries.values()].filter((entry) => entry.room === room)
  }

  get waiting() {
    return [...this.entries.values()].filter((entry) => entry.state === 'pending').length
  }

  add(room, text, { uploads = [], reply_to = null } = {}) {
    const entry = { client_id: newId(), owner: this.#owner, room, text, uploads, reply_to, at: Date.now(), order: this.#sequence++, state: 'pending', code: null }
    this.entries.set(entry.client_id, entry)
    this.#keep(entry)
    this.#changed(room)
    this.flush()
    return entry
  }

  retry(id) {
    const entry = this.entries.get(id)
    if (!entry) return
    // The server knows the old id with other words.
    if (entry.code === 'client_id_reused') {
      this.remove(id)
      return this.add(entry.room, entry.text, entry)
    }
    Object.assign(entry, { state: 'pending', code: null })
    this.#keep(entry)
    this.#changed(entry.room)
    this.flush()
  }

  remove(id) {
    const entry = this.entries.get(id)
    if (!entry) return
    this.entries.delete(id)
    loading.then(({ outbox }) => outbox.remove(id)).catch(() => {})
    this.#changed(entry.room)
  }

  // Sends what is pending, if this tab may.
  async flush() {
    if (this.line.state !== 'open' || !this.waiting) return
    if (this.#draining) {
      this.#again = true
      return
    }
    this.#draining = true
    try {
      do {
        this.#again = false
        const drain = () => this.#drain()
        await (navigator.locks ? navigator.locks.request(`parlor-outbox:${this.#owner}`, drain) : drain())
      } while (this.#again && this.line.state === 'open')
    } finally {
      this.#draining = false
    }
  }

  async #drain() {
    await this.#restore()
    const rooms = new Set([...this.entries.values()].map((entry) => entry.room))
    await Promise.all([...rooms].map((room) => this.#drainRoom(room)))
  }

  async #drainRoom(room) {
    for (let entry; (entry = this.of(room).find(({ state }) => state === 'pending'));) {
      try {
        await this.line.ask(frameOf(entry))
        this.#sent(entry)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        if (error.retry === 'login' || error.code === 'offline') return
        const held = HELD.includes(error.code)
        if (held || error.retry === 'never' || error.code === 'timeout') this.#failed(entry, error.code)
        if (held) this.dispatchEvent(new CustomEvent('held', { detail: { entry, error } }))
        if (held || error.retry === 'never') continue
        // The whole room waits behind it, so that the order holds.
        setTimeout(() => this.flush(), (error.retryAfter ?? 2) * 1_000)
        return
      }
    }
  }

  // On disk at the server; the row stays until the message itself arrives.
  #sent(entry) {
    if (!this.entries.has(entry.client_id)) return
    entry.state = 'sent'
    loading.then(({ outbox }) => outbox.remove(entry.client_id)).catch(() => {})
    this.#changed(entry.room)
  }

  #failed(entry, code) {
    if (!this.entries.has(entry.client_id)) return
    Object.assign(entry, { state: 'failed', code })
    this.#keep(entry)
    this.#changed(entry.room)
  }

  #settle(message) {
    if (message.sender.id === this.chat.me.id) this.settle(message.client_id)
  }

  // The message is in the timeline.
  settle(id) {
    const entry = this.entries.get(id)
    if (!entry) return
    this.entries.delete(id)
    if (entry.state !== 'sent') loading.then(({ outbox }) => outbox.remove(id)).catch(() => {})
    this.#changed(entry.room)
  }

  #forgetRoom(room) {
    for (const entry of this.of(room)) this.remove(entry.client_id)
    drafts.set(this.chat.me.id, room, '')
    drafts.setReply(this.chat.me.id, room, null)
    drafts.setEdit(this.chat.me.id, room, null)
  }

  // Another life of the database: what was written for the old one is not sent into it.
  #follow() {
    if (this.#owner === this.#ownerNow()) return
    for (const entry of [...this.entries.values()]) this.remove(entry.client_id)
    this.#owner = this.#ownerNow()
  }

  #ownerNow() { return `${this.chat.me.id}:${this.chat.epoch}` }

  async #keep(entry) {
    try {
      await (await loading).outbox.put({ ...entry, owner: this.#owner })
      entry.kept = true
    } catch { /* without a database it lives as long as the page */ }
  }

  // Takes up what an earlier page or another tab left, and drops what another tab has sent.
  async #restore() {
    let kept
    try {
      kept = await (await loading).outbox.all(this.#owner)
    } catch {
      return
    }
    const ids = new Set(kept.map((entry) => entry.client_id))
    for (const entry of [...this.entries.values()]) {
      if (entry.kept && entry.state !== 'sent' && !ids.has(entry.client_id)) {
        this.entries.delete(entry.client_id)
        this.#changed(entry.room)
      }
    }
    const fresh = kept.filter((entry) => !this.entries.has(entry.client_id) && this.chat.get(entry.room))
    if (!fresh.length) return
    for (const entry of fresh) {
      if (Date.now() - entry.at > GIVE_UP) this.remove(entry.client_id)
      else this.entries.set(entry.client_id, { ...entry, kept: true })
    }
    const ordered = [...this.entries.values()].sort((a, b) => a.at - b.at || a.order - b.order)
    this.entries = new Map(ordered.map((entry) => [entry.client_id, entry]))
    for (const room of new Set(fresh.map((entry) => entry.room))) this.#changed(room)
    this.flush()
  }

  #changed(room) {
    this.dispatchEvent(new CustomEvent('change', { detail: room }))
  }
}

function frameOf({ client_id: id, room, text, uploads = [], reply_to: reply }) {
  const frame = { type: 'send', client_id: id, room, text }
  if (uploads.length) frame.uploads = uploads.map((upload) => upload.id)
  if (reply) frame.reply_to = reply.id
  return frame
}

export const drafts = {
  get(user, room) {
    try {
      return localStorage.getItem(`draft:${user}:${room}`) ?? ''
    } catch {
      return ''
    }
  },
  set(user, room, text) {
    try {
      if (text) localStorage.setItem(`draft:${user}:${room}`, text)
      else localStorage.removeItem(`draft:${user}:${room}`)
    } catch { /* full or forbidden: the draft lives as long as the page */ }
  },
  // The message that the draft answers, as { id, seq }; null if none.
  reply: (user, room) => kept(`draft:${user}:${room}:reply`),
  setReply: (user, room, reply) => keep(`draft:${user}:${room}:reply`, reply),
  // The message of mine that is edited, beside the draft: { id, room, text (as sent), uploads (how many), written }; null if none.
  edit: (user, room) => kept(`draft:${user}:${room}:edit`),
  setEdit: (user, room, edit) => keep(`draft:${user}:${room}:edit`, edit),
}

function kept(key) {
  try {
    return JSON.parse(localStorage.getItem(key))
  } catch {
    return null
  }
}

function keep(key, value) {
  try {
    if (value) localStorage.setItem(key, JSON.stringify(value))
    else localStorage.removeItem(key)
  } catch { /* as with drafts */ }
}
