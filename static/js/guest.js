// A room as a guest reads it: times as they are here, older messages, and what is new, heard by a stream of events while the page is
// looked at, or else asked for. The page stands without this file, too; a link reads it again.

import { clone, element, find, reconcile } from './lib/dom.js'
import { dayKey, dayName } from './lib/words.js'
import { fillMessage } from './views/message.js'

// After something that failed, and at most after many times, in ms.
const PAUSE = 3_000
const LONGEST = 60_000

// How long one question may wait for something new, in seconds; and after how long a stream is tried again, in ms.
const WAIT = 25
const STREAM_AGAIN = 120_000

// A stream says something every 20 s.
const SILENCE = 45_000

// Who is so near to the end follows it, in pixels.
const NEAR = 80

const { room, epoch, at, page } = JSON.parse(find('#state').textContent)
const timeline = find('#timeline')
const list = find('ol', timeline)
const rows = new Map()
const known = new Map()
const quotes = new Map()
let items = []
let cursor = page.rev
let moreBefore = page.more_before
const moreAfter = page.more_after
let timer = 0
let failures = 0
let stream = null
let heardAt = 0
let noStreamBefore = 0
let question = null

start()

function start() {
  list.replaceChildren()
  take(page)
  draw()
  const found = at && rows.get(`m-${items.find((message) => message.seq === at)?.id}`)
  if (found) {
    found.classList.add('message-found')
    found.setAttribute('aria-current', 'true')
    found.scrollIntoView({ block: 'center' })
  } else {
    toEnd()
  }
  document.addEventListener('visibilitychange', () => (document.hidden ? rest() : listen()))
  document.addEventListener('click', onClick)
  setInterval(() => { if (stream && Date.now() - heardAt > SILENCE) stumble() }, 5_000)
  if (!document.hidden) listen()
}

/** Takes what an answer brings; what is older than the page, or beyond a hole, has no place here. */
function take({ messages, quotes: others = [], floor_seq: floor = 0 }, { older = false } = {}) {
  for (const message of others) keepQuote(message)
  const [first, last] = [items[0]?.seq ?? 0, items.at(-1)?.seq ?? Infinity]
  for (const message of messages) {
    keepQuote(message)
    const fits = known.has(message.id) || older || !items.length || (message.seq > first && !(moreAfter && message.seq > last))
    if (fits && !(known.get(message.id)?.rev >= message.rev)) known.set(message.id, message)
  }
  items = [...known.values()].filter(({ seq }) => seq > floor).sort((a, b) => a.seq - b.seq)
}

function keepQuote(message) {
  if (!(quotes.get(message.id)?.rev >= message.rev)) quotes.set(message.id, message)
}

function draw() {
  const wanted = []
  if (moreBefore && items.length) wanted.push(turn('older', items[0].seq))
  let before = null
  for (const message of items) {
    const day = dayKey(new Date(message.created_at))
    const isNewDay = !before || dayKey(new Date(before.created_at)) !== day
    if (isNewDay) wanted.push(dayLine(day, message))
    wanted.push(line(message, isNewDay || before.sender.id !== message.sender.id))
    before = message
  }
  if (moreAfter && items.length) wanted.push(turn('newer', items.at(-1).seq))
  reconcile(list, rows, wanted)
  const empty = find('#room-empty')
  if (empty) empty.hidden = items.length > 0
}

function line(message, first) {
  const quote = message.reply_to && (quotes.get(message.reply_to.id) ?? null)
  return {
    key: `m-${message.id}`,
    version: `${message.rev} ${first} ${quote?.rev}`,
    create: () => clone('message'),
    update: (row) => {
      row.id = `m-${message.seq}`
      fillMessage(row, message, { first, me: -1, room, quote, reactions: message.reactions })
      row.classList.remove('message-mention')
      // They are read here, not pressed.
      for (const chip of row.querySelectorAll('.reaction')) for (const name of ['aria-pressed', 'aria-label']) chip.removeAttribute(name)
    },
  }
}

function dayLine(day, { created_at: at }) {
  const date = new Date(at)
  return { key: `day-${day}`, version: dayName(date), create: () => element('li', { class: 'day-line' }, element('span')), update: (row) => { row.firstElementChild.textContent = dayName(date) } }
}

function turn(name, seq) {
  return { key: name, version: seq, create: () => clone(name), update: (row) => { find('a', row).href = `/r/${room}/m/${seq}` } }
}

function toEnd() {
  timeline.scrollTop = timeline.scrollHeight
}

// Nobody looks: nothing is held open.
function rest() {
  clearTimeout(timer)
  stream?.close()
  stream = null
  question?.abort()
}

function listen() {
  rest()
  if (Date.now() < noStreamBefore) return ask()
  heardAt = Date.now()
  stream = new EventSource(`/api/v1/events?room=${room}`)
  let greeted = false
  stream.onmessage = ({ data }) => {
    heardAt = Date.now()
    const frame = JSON.parse(data)
    if (frame.type === 'hello') greeted = true
    hear(frame)
  }
  // The room is closed to guests, or the server restarts.
  stream.addEventListener('bye', ({ data }) => (JSON.parse(data).code === 4001 ? location.reload() : stumble()))
  stream.onerror = () => {
    // Twice not even a word: streams do not come through here.
    if (!greeted && failures) noStreamBefore = Date.now() + STREAM_AGAIN
    stumble()
  }
}

// Once more in a while.
function stumble(wait = 0) {
  rest()
  failures += 1
  timer = setTimeout(listen, Math.max(wait, Math.random() * Math.min(LONGEST, PAUSE * 2 ** failures)))
}

function hear(frame) {
  switch (frame.type) {
    case 'hello':
      failures = 0
      if (frame.epoch !== epoch) return location.reload()
      return frame.rooms[0].rev > cursor ? catchUp() : undefined
    case 'heads': return frame.rooms[room] > cursor ? catchUp() : undefined
    case 'room_gone': return location.reload()
    case 'message': {
      const { rev, message } = frame
      if (rev <= cursor) return
      // What it quotes comes with what is asked for.
      if (rev > cursor + 1 || (message.reply_to && !quotes.has(message.reply_to.id))) return catchUp()
      cursor = rev
      return follow({ messages: [message] })
    }
  }
}

function follow(answer) {
  const follows = timeline.scrollHeight - timeline.clientHeight - timeline.scrollTop < NEAR
  take(answer)
  draw()
  if (follows && answer.messages.length) toEnd()
}

let catching = null

// Everything after the cursor; one question at a time, and once more if there is more by then.
function catchUp() {
  catching = (catching ?? Promise.resolve()).then(async () => {
    for (let more = true; more;) {
      const answer = await get(`changes?after=${cursor}&epoch=${epoch}`)
      if (answer.reset) return location.reload()
      cursor = Math.max(cursor, answer.rev)
      follow(answer)
      more = answer.more
    }
  }).catch((error) => stumble(error.wait))
  return catching
}

// Without a stream: asks, and waits for the answer until there is something new.
async function ask() {
  let tag = ''
  const asking = question = new AbortController()
  try {
    while (!asking.signal.aborted) {
      if (Date.now() > noStreamBefore) return listen()
      const response = await fetch(`/api/v1/sync?room=${room}&wait=${tag ? WAIT : 0}`, { headers: { 'if-none-match': tag }, cache: 'no-store', signal: asking.signal })
      if (response.status === 401) return location.reload()
      if (response.status === 304) continue
      if (!response.ok) throw Object.assign(new Error('sync'), { wait: Number(response.headers.get('retry-after')) * 1_000 })
      tag = response.headers.get('etag')
      const answer = await response.json()
      failures = 0
      if (answer.epoch !== epoch) return location.reload()
      if (answer.rooms[0].rev > cursor) await catchUp()
    }
  } catch (error) {
    if (!asking.signal.aborted) stumble(error.wait)
  }
}

async function get(path) {
  const response = await fetch(`/api/v1/rooms/${room}/${path}`)
  // Guests may read this no more: the page leads to the login.
  if (response.status === 401) location.reload()
  if (response.ok) return response.json()
  throw Object.assign(new Error(path), { wait: Number(response.headers.get('retry-after')) * 1_000 })
}

async function onClick(event) {
  const code = event.target.closest('[data-copy-code]')
  if (code) return navigator.clipboard.writeText(find('pre', code.parentElement).textContent).catch(() => {})
  const link = event.target.closest('[data-older]')
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return
  event.preventDefault()
  const older = await get(`messages?before=${items[0].seq}&limit=50`).catch(() => null)
  if (!older) return
  const height = timeline.scrollHeight
  take(older, { older: true })
  moreBefore = older.more_before
  draw()
  timeline.scrollTop += timeline.scrollHeight - height
}
