// What tells of a message when nobody looks at its room: the sign of the tab, a notice of the system, a sound. Of several tabs
// one speaks for all: the one that holds the lock, unless another says that its reader has the room in sight.

import { element, find, setText, toast } from '../lib/dom.js'
import { t } from '../lib/words.js'
import { isMeant } from '../models/notices.js'

// How long the other tabs may take to say that the message is being read.
const OBJECTION = 400
const SIGN = 64
const ICON = document.querySelector('link[rel=apple-touch-icon]').href

let notices = null
let speaker = null

export function watch(app) {
  notices = new Notices(app)
  return notices
}

// The dialog in which they are switched on.
export function show(app) {
  notices ??= new Notices(app)
  notices.showDialog()
}

const setting = {
  get(name) {
    try {
      return localStorage.getItem(`setting:${name}`) === 'on'
    } catch {
      return false
    }
  },
  set: (name, on) => localStorage.setItem(`setting:${name}`, on ? 'on' : 'off'),
}

class Notices {
  #leads = false
  // Ids of messages somebody has in sight in another tab.
  #seen = new Set()
  // What this tab told of and nobody has read yet, by message: { room, seq }.
  #told = new Map()
  // Notices without a worker, by message.
  #shown = new Map()
  #signs = new Map()
  #sign = ''

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.icon = find('link[rel=icon]')
    this.plain = this.icon.href
    this.channel = new BroadcastChannel('notices')
    this.channel.onmessage = ({ data }) => {
      this.#seen.add(data.seen)
      setTimeout(() => this.#seen.delete(data.seen), 10 * OBJECTION)
    }
    this.chat.addEventListener('fresh', ({ detail }) => this.#onFresh(detail))
    this.chat.addEventListener('message', ({ detail }) => { if (detail.recalled_at || detail.deleted_at) this.#close(detail.id) })
    this.chat.addEventListener('rooms', () => { this.#showSign(); this.#closeRead() })
    navigator.serviceWorker?.addEventListener('message', ({ data }) => { if (data.open) this.#open(data.open.room, data.open.seq) })
    // Browsers allow sound only after the page was touched.
    addEventListener('pointerdown', () => { if (setting.get('sound')) loudspeaker()?.resume() }, { once: true })
    this.#lead()
    this.#showSign()
  }

  // Holds the lock until the tab closes; then the next one gets it.
  #lead() {
    if (!navigator.locks) { this.#leads = true; return }
    navigator.locks.request('notices', () => { this.#leads = true; return new Promise(() => {}) }).catch(() => {})
  }

  #onFresh(message) {
    const room = this.chat.get(message.room)
    if (!room || this.chat.blocked.has(message.sender.id) || !isMeant(this.chat, room, message)) return
    if (this.#isSeen(room)) return this.channel.postMessage({ seen: message.id })
    if (!this.#leads) return
    setTimeout(() => {
      if (this.#seen.delete(message.id)) return
      const known = this.chat.timeline(room.id).find(message.id)
      if (known?.recalled_at || known?.deleted_at) return
      this.#tell(room, message)
    }, OBJECTION)
  }

  #isSeen(room) {
    return !document.hidden && document.hasFocus() && this.app.room?.id === room.id && this.app.shell.dataset.view === 'chat'
  }

  #tell(room, message) {
    if (setting.get('sound')) beep()
    if (!this.chat.limits.push || !setting.get('notices') || globalThis.Notification?.permission !== 'granted') return
    this.#told.set(message.id, message)
    const name = message.sender.nickname
    const title = room.kind === 'direct' ? name : t('notice-in', { name, room: this.chat.nameOf(room) })
    this.#show(title, { body: message.text || t('notice-image'), tag: `message-${message.id}`, data: { room: room.id, seq: message.seq } }, message.id)
  }

  // By the worker where there is one: phones know no other way, and its notices outlive the tab.
  async #show(title, options, id) {
    const worker = await navigator.serviceWorker?.getRegistration().catch(() => null)
    const full = { icon: ICON, lang: document.documentElement.lang, silent: true, ...options }
    if (worker?.active) {
      try {
        await worker.showNotification(title, full)
        return
      } catch { /* an older way is left */ }
    }
    const notice = new Notification(title, full)
    notice.onclick = () => { notice.close(); window.focus(); if (options.data) this.#open(options.data.room, options.data.seq) }
    if (id) this.#shown.set(id, notice)
  }

  // Notices of what was read meanwhile, here or elsewhere, or is gone with its room.
  #closeRead() {
    for (const [id, { room, seq }] of this.#told) {
      if (seq <= (this.chat.get(room)?.my.read_seq ?? Infinity)) this.#close(id)
    }
  }

  async #close(id) {
    this.#told.delete(id)
    this.#shown.get(id)?.close()
    this.#shown.delete(id)
    if (!this.#leads) return
    const worker = await navigator.serviceWorker?.getRegistration().catch(() => null)
    for (const notice of await worker?.getNotifications?.({ tag: `message-${id}` }) ?? []) notice.close()
  }

  #open(room, seq) {
    this.app.open(room, { at: seq })
  }

  // ---- the sign of the tab ----

  #showSign() {
    const { meant, unread } = this.chat.totals(null)
    const sign = meant ? 'meant' : unread ? 'unread' : ''
    if (sign === this.#sign) return
    this.#sign = sign
    if (!sign) this.icon.href = this.plain
    else this.#draw(sign).then((url) => { if (this.#sign === sign && url) this.icon.href = url })
  }

  // Drawn once for each state.
  #draw(sign) {
    if (!this.#signs.has(sign)) this.#signs.set(sign, drawSign(this.plain, sign).catch(() => null))
    return this.#signs.get(sign)
  }

  // ---- the dialog ----

  showDialog() {
    this.dialog ??= this.#wire()
    this.#showState()
    this.dialog.showModal()
  }

  #wire() {
    const dialog = find('#dialog-notices')
    find('#notices-desktop').addEventListener('change', ({ target }) => this.#switch(target))
    find('#notices-sound').addEventListener('change', ({ target }) => {
      setting.set('sound', target.checked)
      if (target.checked) beep()
    })
    find('#notices-test').addEventListener('click', () => this.#test())
    return dialog
  }

  // The browser's own question comes after this click and no earlier.
  async #switch(box) {
    let on = box.checked
    if (on && Notification.permission === 'default') on = await Notification.requestPermission() === 'granted'
    setting.set('notices', on)
    this.#showState()
  }

  #showState() {
    const permission = this.chat.limits.push ? globalThis.Notification?.permission ?? 'none' : 'site'
    const box = find('#notices-desktop')
    const on = permission === 'granted' && setting.get('notices')
    box.checked = on
    box.disabled = ['denied', 'none', 'site'].includes(permission)
    const word = { site: 'notices-site', none: 'notices-none', denied: 'notices-denied', default: 'notices-ask' }[permission] ?? (on ? 'notices-on' : 'notices-off')
    setText(find('#notices-state'), t(word))
    find('#notices-sound').checked = setting.get('sound')
  }

  async #test() {
    if (setting.get('sound')) beep()
    if (setting.get('notices') && globalThis.Notification?.permission === 'granted') await this.#show(t('notices-test'), { body: t('notices-test-text'), tag: 'test' })
    else toast(t('notices-test'))
  }
}

const loudspeaker = () => (speaker ??= window.AudioContext ? new AudioContext() : null)

// Two soft notes.
function beep() {
  const audio = loudspeaker()
  if (!audio) return
  audio.resume().catch(() => {})
  for (const [start, pitch] of [[0, 660], [0.09, 880]]) {
    const at = audio.currentTime + start
    const tone = audio.createOscillator()
    const loudness = audio.createGain()
    tone.frequency.value = pitch
    loudness.gain.setValueAtTime(0, at)
    loudness.gain.linearRampToValueAtTime(0.12, at + 0.01)
    loudness.gain.exponentialRampToValueAtTime(0.001, at + 0.18)
    tone.connect(loudness).connect(audio.destination)
    tone.start(at)
    tone.stop(at + 0.2)
  }
}

async function drawSign(logo, sign) {
  const picture = new Image()
  picture.src = logo
  await picture.decode()
  const canvas = element('canvas', { width: SIGN, height: SIGN })
  const brush = canvas.getContext('2d')
  brush.drawImage(picture, 0, 0, SIGN, SIGN)
  const dot = (radius, color) => {
    brush.beginPath()
    brush.arc(SIGN - 17, 17, radius, 0, 2 * Math.PI)
    brush.fillStyle = color
    brush.fill()
  }
  dot(17, '#ffffff')
  dot(14, sign === 'meant' ? '#c22e22' : '#1f9d5b')
  return canvas.toDataURL('image/png')
}
