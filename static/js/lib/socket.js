// The live line: one socket that comes back by itself, and answers to what was asked over it. Where no socket can be opened, though
// the server answers, it takes a detour, and tries the socket again now and then.

import { Refusal, endSession } from './api.js'

const SILENCE = 45_000
const ANSWER = 15_000
const FIRST_WAIT = 5_000
const LONGEST_WAIT = 30_000
const SETTLED = 10_000
// How long hello may take; after this the way itself is in doubt.
const HELLO = 20_000
// A detour is left as soon as a better way is found; looked for after so long, and then ever less often.
const CLIMB = 60_000
const LONGEST_CLIMB = 600_000
const PROBE = 10_000
const OPEN = 1

// Events: `frame` (detail: what the server sent) and `change` (of `state`).
export class Line extends EventTarget {
  // 'connecting', 'open' (hello was heard) or 'waiting' (until `retryAt`, in ms of Date.now()).
  state = 'connecting'
  retryAt = 0
  lostAt = 0
  // 0 the socket, 1 a stream of events, 2 asking again and again.
  way = Number(sessionStorage.getItem('way')) || 0
  #socket = null
  #waiting = new Map()
  #timer = 0
  #failures = 0
  #openedAt = 0
  #heardAt = 0
  #tickAt = Date.now()
  // Of this way in a row, by a server that answers.
  #refusals = 0
  #attempt = null
  #climbing = 0
  #climbWait = CLIMB

  start() {
    addEventListener('online', () => { this.retry(); this.#climb() })
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
  get #canSend() { return this.state === 'open' && this.#socket.readyState === OPEN }

  #connect() {
    clearTimeout(this.#timer)
    this.#heardAt = Date.now()
    this.#set('connecting')
    if (!this.way) return this.#take(socket())
    const attempt = this.#attempt = {}
    detour(this.way).then(
      (socket) => (attempt === this.#attempt ? this.#take(socket) : socket.close()),
      () => { if (attempt === this.#attempt) this.#lost(0) },
    )
  }

  #take(socket) {
    this.#socket = socket
    this.way = socket.way ?? 0
    sessionStorage.setItem('way', this.way)
    socket.onmessage = (event) => { if (socket === this.#socket) this.#heard(JSON.parse(event.data)) }
    socket.onclose = (event) => { if (socket === this.#socket) this.#lost(event.code, event.reason) }
  }

  #heard(frame) {
    this.#heardAt = Date.now()
    if (frame.type === 'hello') {
      this.#openedAt = Date.now()
      this.lostAt = 0
      this.#refusals = 0
      this.#set('open')
      if (this.way) this.#climbLater()
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
    const hung = !opened && Date.now() - this.#heardAt >= HELLO
    const socket = this.#socket
    this.#socket = this.#attempt = null
    socket?.close()
    for (const ref of [...this.#waiting.keys()]) this.#answer({ ref, type: 'error', code: 'offline', retry: 'later' })
    if (code === 4001) return endSession()
    // An admin shut me out.
    if (code === 4003) return endSession(reason)
    // A refused upgrade does not say why: the session may have ended, or nothing but requests comes through.
    if (!opened && navigator.onLine) fetch('/api/v1/me').then((answer) => {
      if (answer.status === 401) endSession()
      else if (answer.ok && ![1008, 1012, 1013].includes(code)) this.#refused(hung ? 2 : 1)
    }, () => {})
    if (opened && Date.now() - this.#openedAt > SETTLED) this.#failures = 0
    const wait = this.#wait(code)
    this.#failures += 1
    this.retryAt = Date.now() + wait
    this.lostAt ||= Date.now()
    this.#timer = setTimeout(() => this.#connect(), wait)
    this.#set('waiting')
  }

  // Requests come through, and this way does not: the next one, after a second look.
  #refused(weight) {
    this.#refusals += weight
    if (this.state !== 'waiting' || (this.#refusals > 1 && this.way === 2)) return
    if (this.#refusals > 1) {
      this.way += 1
      this.#refusals = 0
    }
    clearTimeout(this.#timer)
    this.retryAt = Date.now() + Math.random() * 1_000
    this.#timer = setTimeout(() => this.#connect(), this.retryAt - Date.now())
  }

  #climbLater() {
    clearTimeout(this.#climbing)
    this.#climbing = setTimeout(() => this.#climb(), this.#climbWait)
    this.#climbWait = Math.min(LONGEST_CLIMB, this.#climbWait * 2)
  }

  // Back towards the socket, without leaving the detour before the better way stands.
  async #climb() {
    if (!this.way || this.state !== 'open') return
    this.#climbLater()
    for (let way = 0; way < this.way; way += 1) if (await this.#probe(way)) return
  }

  #probe(way) {
    return new Promise((resolve) => {
      Promise.resolve().then(() => (way ? detour(way) : socket())).then((better) => {
        const give = (up) => {
          clearTimeout(timer)
          if (up) better.close()
          resolve(!up)
        }
        const timer = setTimeout(() => give(true), PROBE)
        better.onclose = () => give(true)
        better.onmessage = ({ data }) => {
          const useful = this.state === 'open' && (better.way ?? 0) < this.way
          give(!useful)
          if (!useful) return
          const old = this.#socket
          this.#take(better)
          // Its answers are heard to the last.
          old.onclose = null
          old.onmessage = (event) => { if (JSON.parse(event.data).ref) this.#heard(JSON.parse(event.data)) }
          old.close()
          if (!this.way) this.#climbWait = CLIMB
          this.#heard(JSON.parse(data))
          this.dispatchEvent(new CustomEvent('change'))
        }
      }, () => resolve(false))
    })
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
    if (this.state !== 'waiting' && now - this.#heardAt > (this.state === 'connecting' ? HELLO : SILENCE)) this.#lost(0)
    if (slept) this.retry()
  }

  #set(state) {
    if (this.state === state) return
    this.state = state
    this.dispatchEvent(new CustomEvent('change'))
  }
}

function socket() {
  return new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws/chat/`)
}

const detour = async (way) => (await import('./detour.js')).detour(way)
