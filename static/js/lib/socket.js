// The live line: one socket that comes back by itself, and answers to what was asked over it.

import { Refusal, endSession } from './api.js'

const SILENCE = 45_000
const ANSWER = 15_000
const FIRST_WAIT = 5_000
const LONGEST_WAIT = 30_000
const SETTLED = 10_000

// Events: `frame` (detail: what the server sent) and `change` (of `state`).
export class Line extends EventTarget {
  // 'connecting', 'open' (hello was heard) or 'waiting' (until `retryAt`, in ms of Date.now()).
  state = 'connecting'
  retryAt = 0
  lostAt = 0
  #socket = null
  #waiting = new Map()
  #timer = 0
  #failures = 0
  #openedAt = 0
  #heardAt = 0
  #tickAt = Date.now()

  start() {
    addEventListener('online', () => this.retry())
    addEventListener('offline', () => this.#lost(0))
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.retry() })
    setInterval(() => this.#tick(), 5_000)
    this.#connect()
  }

  // Now, instead of at the end of the wait.
  retry() {
    if (this.state === 'waiting') this.#connect()
  }

  // Sends a frame that has no answer; lost where there is no line.
  tell(frame) {
    if (this.#canSend) this.#socket.send(JSON.stringify(frame))
  }

  // Sends a frame and waits for its answer, a frame too.
  ask(frame) {
    if (!this.#canSend) return Promise.reject(new Refusal({ code: 'offline', retry: 'later' }))
    const ref = frame.client_id ?? crypto.getRandomValues(new Uint32Array(2)).join('-')
    const body = frame.client_id ? frame : { ...frame, ref }
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#answer({ ref, type: 'error', code: 'timeout', retry: 'later' }), ANSWER)
      this.#waiting.set(ref, { resolve, reject, timer })
      this.#socket.send(JSON.stringify(body))
    })
  }

  // A socket that closes already takes frames and loses them.
  get #canSend() { return this.state === 'open' && this.#socket.readyState === WebSocket.OPEN }

  #connect() {
    clearTimeout(this.#timer)
    this.#heardAt = Date.now()
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/chat/`)
    this.#socket = socket
    this.#set('connecting')
    socket.onmessage = (event) => { if (socket === this.#socket) this.#heard(JSON.parse(event.data)) }
    socket.onclose = (event) => { if (socket === this.#socket) this.#lost(event.code, event.reason) }
  }

  #heard(frame) {
    this.#heardAt = Date.now()
    if (frame.type === 'hello') {
      this.#openedAt = Date.now()
      this.lostAt = 0
      this.#set('open')
    }
    if ((frame.type === 'ack' || frame.type === 'error') && frame.ref) this.#answer(frame)
    this.dispatchEvent(new CustomEvent('frame', { detail: frame }))
  }

  #answer(frame) {
    const asked = this.#waiting.get(frame.ref)
    if (!asked) return
    this.#waiting.delete(frame.ref)
    clearTimeout(asked.timer)
    if (frame.type === 'ack') return asked.resolve(frame)
    if (frame.retry === 'login') endSession()
    asked.reject(new Refusal(frame))
  }

  #lost(code, reason) {
    if (this.state === 'waiting') return
    const opened = this.state === 'open'
    const socket = this.#socket
    this.#socket = null
    socket?.close()
    for (const ref of [...this.#waiting.keys()]) this.#answer({ ref, type: 'error', code: 'offline', retry: 'later' })
    if (code === 4001) return endSession()
    // An admin shut me out.
    if (code === 4003) return endSession(reason)
    // A refused upgrade does not say why; a session that ended is the one reason worth knowing.
    if (!opened && navigator.onLine) fetch('/api/v1/me').then((answer) => { if (answer.status === 401) endSession() }, () => {})
    if (opened && Date.now() - this.#openedAt > SETTLED) this.#failures = 0
    const wait = this.#wait(code)
    this.#failures += 1
    this.retryAt = Date.now() + wait
    this.lostAt ||= Date.now()
    this.#timer = setTimeout(() => this.#connect(), wait)
    this.#set('waiting')
  }

  // Full jitter, so that everybody who was cut at once does not come back at once.
  #wait(code) {
    if (code === 1008 || code === 1013) return LONGEST_WAIT
    if (code === 1012) return Math.random() * 1_000
    return Math.random() * Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** this.#failures)
  }

  // Heads come every 20 s, so silence is a dead line. A tick that is late means the machine slept.
  #tick() {
    const now = Date.now()
    const slept = now - this.#tickAt > 30_000
    this.#tickAt = now
    if (this.state !== 'waiting' && now - this.#heardAt > SILENCE) this.#lost(0)
    if (slept) this.retry()
  }

  #set(state) {
    if (this.state === state) return
    this.state = state
    this.dispatchEvent(new CustomEvent('change'))
  }
}
