// The chat page: makes the parts, lets them know each other, and opens rooms.

import { find, setIcon, setText, style, toast } from './lib/dom.js'
import { isCommand, isField, isText, isTouch } from './lib/keys.js'
import { Line } from './lib/socket.js'
import { errorText, plural, t } from './lib/words.js'
import { Chat } from './models/chat.js'
import { Outbox } from './models/outbox.js'
import { Composer } from './views/composer.js'
import { Stream } from './views/stream.js'

const state = JSON.parse(find('#state').textContent)
const line = new Line()
const chat = new Chat(state, line)
chat.site = state.site_name
const outbox = new Outbox(chat, line)
const app = { chat, line, outbox, open, close, shell: find('#app') }
const stream = app.stream = new Stream(app)
const composer = app.composer = new Composer(app)

// What is not needed for the first look is loaded when it is.
const part = (name) => import(`./views/${name}.js`).catch(() => { toast(errorText('offline')) })
app.dialog = async (name, ...args) => (await part('dialogs'))?.show(app, name, ...args)
app.profile = async (user, anchor) => (await part('profile'))?.show(app, user, anchor)
app.search = async (query) => (await part('search'))?.show(app, query)

// The path of what is shown.
let here = location.pathname

start()

function start() {
  forgetOthers()
  if (state.room) {
    const timeline = chat.timeline(state.room)
    timeline.replace(state)
    timeline.keepQuotes(state.quotes)
  }
  listen()
  line.start()
  const wanted = app.shell.dataset.view === 'chat' ? state.room : isPhone() ? null : favourite()
  if (wanted) open(wanted, state.at ? { stay: true, at: state.at } : { replace: true })
  else close()
  style('dialog')
  if (chat.countdowns.size) count()
  press()
  import('./lib/worker.js').then(({ register }) => register(), () => {})
  const parts = ['rooms', 'reading', 'hands', 'banner', 'people', 'friends', 'barrier', 'notices', 'announcement']
  // Whoever drives the page by a script acts on it when every part of it listens.
  Promise.all(parts.map(async (name) => { app[name] = (await part(name))?.watch(app) })).then(() => { app.shell.dataset.ready = '' })
}

function listen() {
  addEventListener('popstate', ({ state }) => {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
    // A step that opened or closed a panel; the page is where it was.
    if (location.pathname === here) return
    here = location.pathname
    const [id, at] = place(here)
    if (id) open(id, { stay: true, at: at ?? state?.at })
    else close({ stay: true })
  })
  document.addEventListener('click', onClick)
  document.addEventListener('keydown', onKey)
  chat.addEventListener('rooms', showHead)
  line.addEventListener('change', showHead)
  chat.addEventListener('people', showHead)
  chat.addEventListener('gone', ({ detail }) => { if (detail === app.room?.id) lose() })
  chat.addEventListener('reset', reopen)
  chat.addEventListener('countdown', ({ detail }) => count(detail))
  chat.addEventListener('user', press)
  chat.addEventListener('stranger', async () => {
    await (await import('./lib/store.js')).wipe()
    location.reload()
  })
}

// What is in few rooms, and for few people, is loaded when there is any.
async function count(frame) {
  if (!frame && !chat.countdowns.size && !app.countdown) return
  const module = app.countdown ? null : await part('countdown')
  app.countdown ??= module?.watch(app)
  app.countdown?.hear(frame)
}

async function press() {
  if (app.presets || chat.me.role !== 'admin') return
  const module = await part('presets')
  app.presets ??= module?.watch(app)
}

function isPhone() {
  return matchMedia('(max-width: 767px)').matches
}

// Where to start without an address: the room last open here, else the lobby.
function favourite() {
  const rooms = [...chat.rooms.values()]
  const last = rooms.find((room) => room.id === Number(sessionStorage.getItem('room')))
  return (last ?? rooms.find((room) => room.lobby) ?? rooms[0])?.id
}

// Room and message that a path names.
function place(path) {
  const [, room, at] = path.match(/^\/r\/(\d+)(?:\/m\/(\d+))?\/?$/) ?? []
  return [Number(room), Number(at) || null]
}

// Goes to a path: a new step in the history, which knows what was read before it, or this one anew.
function go(path, replace = false) {
  if (path === location.pathname) return
  if (!replace) history.replaceState({ ...history.state, at: stream.readingSeq }, '')
  history[replace ? 'replaceState' : 'pushState']({}, '', path)
  here = path
}

// Opens a room: `replace` or `stay` (as the address is) instead of a new step in the history; `at` the message of this seq.
async function open(id, { replace = false, stay = false, at = null } = {}) {
  const room = chat.get(id)
  const path = at ? `/r/${id}/m/${at}` : `/r/${id}`
  if (!room) return location.assign(path)
  if (!stay) go(path, replace)
  if (app.room?.id === id && app.shell.dataset.view === 'chat') return at ? stream.jump(at).catch((error) => toast(errorText(error.code))) : stream.toEnd()
  sessionStorage.setItem('room', id)
  app.room = room
  app.shell.dataset.view = 'chat'
  find('#no-room').hidden = true
  find('#room').hidden = false
  find('#room-failed').hidden = true
  app.rooms?.select(id)
  showHead()
  composer.open(room)
  app.people?.open(room)
  app.barrier?.open()
  app.countdown?.show()
  app.presets?.show()
  if (isTouch()) find('#room-title').focus({ preventScroll: true })
  try {
    await stream.open(room, at)
  } catch (error) {
    if (error.status === 404) chat.removeRoom(id)
    else find('#room-failed').hidden = app.room?.id !== id
  }
}

// The same room from the start.
function reopen() {
  const id = app.room?.id
  app.room = null
  if (id) open(id, { stay: true })
}

// Back to the list; on wide screens an empty place beside it.
function close({ stay = false } = {}) {
  if (!stay) go('/', true)
  stream.leave()
  composer.close()
  app.room = null
  app.shell.dataset.view = 'list'
  find('#no-room').hidden = false
  find('#room').hidden = true
  app.rooms?.select(null)
}

function lose() {
  toast(t('room-gone'))
  close()
  if (!isPhone()) open(favourite(), { replace: true })
}

function showHead() {
  const { room } = app
  if (!room) return
  const name = chat.nameOf(room)
  setIcon(find('#room-title .icon'), room.kind === 'private' ? 'lock' : room.kind === 'direct' ? 'person' : 'hash')
  setText(find('#room-title bdi'), name)
  setText(find('#page-title'), `${name} · ${chat.site}`)
  const about = room.kind === 'direct' ? [`@${room.peer?.username}`, chat.isOnline(room.peer?.id) ? t('online') : t('offline')]
    : [plural('members', room.member_count), room.topic]
  if (line.state === 'open' && line.way) about.push(t(line.way === 1 ? 'way-events' : 'way-asking'))
  setText(find('#room-about'), about.filter(Boolean).join(' · '))
  find('#timeline').setAttribute('aria-label', t('messages-of', { room: name }))
  composer.room && composer.rename()
}

function onClick(event) {
  const link = event.target.closest('a[href]')
  const plain = !event.defaultPrevented && event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
  const [room, at] = link && plain && link.origin === location.origin ? place(link.pathname) : []
  if (room && chat.get(room)) {
    event.preventDefault()
    return open(room, { at })
  }
  if (plain && event.target.closest('[data-search]')) {
    event.preventDefault()
    return app.search()
  }
  if (link && plain && link.id === 'back') {
    event.preventDefault()
    return close()
  }
  const dialog = event.target.closest('dialog[open]')
  if (dialog && (event.target.closest('[data-close]') || isOutside(dialog, event))) return dialog.close()
  const button = event.target.closest('[data-dialog]')
  if (button) return app.dialog(button.dataset.dialog)
  if (event.target.closest('#room-reload')) reopen()
}

// A click on the ground behind a dialog; a pick in a select has no place of its own.
function isOutside(dialog, { target, clientX: x, clientY: y }) {
  if (target !== dialog || (!x && !y)) return false
  const { left, right, top, bottom } = dialog.getBoundingClientRect()
  return x < left || x > right || y < top || y > bottom
}

function onKey(event) {
  if (event.defaultPrevented || event.isComposing) return
  const inDialog = document.querySelector('dialog[open]')
  if (isCommand(event) && event.key.toLowerCase() === 'k') {
    event.preventDefault()
    return app.dialog('switcher')
  }
  if (inDialog) return
  if (isCommand(event) && event.shiftKey && event.key.toLowerCase() === 'f') {
    event.preventDefault()
    return app.search()
  }
  if (isCommand(event) && event.key === '/' || event.key === '?' && !isField(event.target)) {
    event.preventDefault()
    return app.dialog('shortcuts')
  }
  if (event.altKey && (event.key === 'ArrowUp' || event.key === 'ArrowDown')) {
    event.preventDefault()
    const id = app.rooms?.next(event.key === 'ArrowUp' ? -1 : 1, event.shiftKey)
    return id && open(id)
  }
  if (event.key === 'Escape') {
    stream.dropLine()
    return stream.toEnd()
  }
  if (event.shiftKey && event.key === 'PageUp') {
    event.preventDefault()
    return stream.toLine()
  }
  if (isText(event) && app.room && !isField(event.target) && !event.target.closest('button, a')) composer.focus()
}

// Another person used this browser: nothing of theirs stays.
async function forgetOthers() {
  const known = localStorage.getItem('person')
  if (known && known !== String(chat.me.id)) await (await import('./lib/store.js')).wipe()
  localStorage.setItem('person', chat.me.id)
}
