// The ways around a socket that cannot be opened: a stream of events, or asking again and again. Both look like a WebSocket to the
// line: what it sends is asked for by request, and the answer comes back as the frame a socket would have brought.

import { Refusal, api, endSession } from './api.js'

// A browser opens six connections to a host: so many of all tabs may be held open.
const HELD = 3
const WAIT = 25
// Between two questions where no connection may be held, in ms.
const PAUSE = 3_000
// Rooms of which every change is asked for at once; of the others the head is told.
const ROOMS = 8

// As of a WebSocket.
const OPEN = 1
const CLOSED = 3

// Where the last stream was whole.
let cursor = ''

const acts = {
  send: ({ room, client_id, text, uploads, reply_to }) => api.post(`rooms/${room}/messages`, { client_id, text, uploads, reply_to }),
  edit: ({ id, text }) => api.patch(`messages/${id}`, { text }),
  recall: ({ id }) => api.post(`messages/${id}/recall`),
  delete: ({ id }) => api.remove(`messages/${id}`),
  react: ({ id, emoji, on }) => api[on ? 'put' : 'remove'](`messages/${id}/reactions/${encodeURIComponent(emoji)}`),
  read: async ({ room, seq }) => ({ message: { room, seq: (await api.post(`rooms/${room}/read`, { seq })).read_seq } }),
  // After hello every timeline that is behind asks by itself.
  resume: async () => ({ fetch: [] }),
}

class Detour {
  readyState = OPEN
  onmessage = null
  onclose = null

  async send(text) {
    const frame = JSON.parse(text)
    const act = acts[frame.type]
    // Typing is told by sockets alone.
    if (!act) return
    const ref = frame.client_id ?? frame.ref
    try {
      const { message: { id, room, seq, rev, created_at } = {}, fetch } = await act(frame)
      this.tell({ type: 'ack', ref, id, room, seq, rev, created_at, fetch })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, message, retry, retryAfter } = error
      this.tell({ type: 'error', ref, code, message, retry, retry_after: retryAfter })
    }
  }

  // What is under way is answered still.
  close() {
    this.readyState = CLOSED
    this.stop()
  }

  tell(frame) { this.onmessage?.({ data: JSON.stringify(frame) }) }

  lose(code = 0, reason = '') {
    if (this.readyState === CLOSED) return
    this.close()
    this.onclose?.({ code, reason })
  }
}

class Events extends Detour {
  way = 1
  #source = null

  constructor() {
    super()
    const source = this.#source = new EventSource(`/api/v1/events?cursor=${encodeURIComponent(cursor)}`)
    source.onmessage = (event) => {
      cursor = event.lastEventId || cursor
      this.onmessage?.(event)
    }
    source.addEventListener('bye', (event) => {
      const { code, reason } = JSON.parse(event.data)
      this.lose(code, reason)
    })
    source.onerror = () => this.lose()
  }

  stop() { this.#source.close() }
}

class Asking extends Detour {
  way = 2
  #stop = new AbortController()
  #revs = new Map()
  #reads = new Map()
  #named = new Map()
  #state = ''
  #me = 0
  #epoch = ''

  constructor(held) {
    super()
    this.#run(held).catch((error) => this.lose(error.status === 429 ? 1013 : 0))
  }

  stop() { this.#stop.abort() }

  async #run(held) {
    let tag = ''
    for (let wait = 0; this.readyState === OPEN; wait = held ? WAIT : 0) {
      const answer = await this.#ask(wait, tag)
      if (answer.status === 200) {
        tag = answer.headers.get('etag')
        await this.#hear(await answer.json())
      } else if (answer.status === 304) {
        // A sign of life.
        this.tell({ type: 'heads', rooms: {} })
      } else if (answer.status === 429 && wait) {
        // No place to wait in: it asks again and again instead.
        held = false
      } else {
        if (answer.status === 401) endSession()
        throw Object.assign(new Error('sync'), { status: answer.status })
      }
      if (!held) await new Promise((resolve) => { setTimeout(resolve, PAUSE) })
    }
  }

  #ask(wait, tag) {
    return fetch(`/api/v1/sync?presence=1&state=1&wait=${wait}`, { headers: { 'if-none-match': tag }, cache: 'no-store', signal: this.#stop.signal })
  }

  async #hear({ rooms, state, online, online_count: count }) {
    const moved = rooms.filter(({ id, rev }) => rev > this.#revs.get(id))
    for (const { id, rev } of moved.splice(ROOMS)) this.#head(id, rev)
    for (const { id, rev } of moved) await this.#changes(id, rev)
    if (state !== this.#state || rooms.some(({ id }) => !this.#revs.has(id))) await this.#begin(state, rooms)
    this.#presence(online, count)
    for (const { id, read_seq: seq } of rooms) {
      if (seq > (this.#reads.get(id) ?? 0)) this.tell({ type: 'read', room: id, user: this.#me, seq })
      this.#reads.set(id, seq)
    }
  }

  // Something changed that has no number: all of it anew.
  async #begin(state, rooms) {
    const hello = await api.get('hello')
    this.#state = state
    this.#me = hello.me.id
    this.#named = new Map(hello.online.map((user) => [user.id, user]))
    const known = hello.epoch === this.#epoch ? this.#revs : new Map()
    this.#epoch = hello.epoch
    // What changes in rooms that are known comes as frames.
    this.#revs = new Map(hello.rooms.map(({ id, rev }) => [id, known.get(id) ?? rev]))
    this.#reads = new Map(rooms.map(({ id, read_seq: seq }) => [id, seq]))
    this.tell(hello)
  }

  #presence(online, count) {
    const named = new Map(online.map((user) => [user.id, user]))
    const came = online.filter(({ id }) => !this.#named.has(id))
    const gone = [...this.#named.keys()].filter((id) => !named.has(id))
    this.#named = named
    const at = new Date().toISOString()
    if (came.length || gone.length) this.tell({ type: 'presence', online: came, offline: gone.map((user) => ({ user, last_seen: at })), online_count: count })
  }

  async #changes(id, head) {
    let answer
    try {
      answer = await api.get(`rooms/${id}/changes?after=${this.#revs.get(id)}&limit=100&epoch=${this.#epoch}`)
    } catch (error) {
      // Not mine any more: the next answer says so.
      if (error.status === 404 || error.status === 403) return
      throw error
    }
    if (answer.reset || answer.more) return this.#head(id, head)
    for (const message of answer.messages) this.tell({ type: 'message', room: id, rev: message.rev, message })
    this.#head(id, answer.rev)
  }

  #head(id, rev) {
    this.#revs.set(id, rev)
    this.tell({ type: 'heads', rooms: { [id]: rev } })
  }
}

// A connection may be held open as long as one of a few names is free, for all tabs together; the socket's name is nobody's.
async function hold() {
  if (!navigator.locks) return true
  for (let place = 1; place <= HELD; place += 1) {
    const mine = await new Promise((resolve) => {
      navigator.locks.request(`parlor-held-${place}`, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock))
        // Until the page goes.
        return lock && new Promise(() => {})
      }).catch(() => resolve(true))
    })
    if (mine) return true
  }
  return false
}

let holding = null

// The detour of this number: 1 a stream, 2 asking.
export async function detour(number) {
  holding ??= hold()
  const held = await holding
  return number === 1 && held ? new Events() : new Asking(held)
}
