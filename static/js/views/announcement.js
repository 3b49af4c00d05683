// The announcement in the chat: the button above it with a dot while it is new, the picture behind the messages, and when the
// dialog opens by itself: once a version, here or on another device, and never in the way of somebody who is doing something.

import { api } from '../lib/api.js'
import { find, style } from '../lib/dom.js'
import { isComposing, isField } from '../lib/keys.js'

// Who typed within this time is about to type on, in ms.
const PAUSE = 8_000

// How often it looks whether somebody is still busy, in ms.
const GLANCE = 300

const CLOSED = 'setting:announcement'

export function watch(app) {
  return new Announcement(app)
}

class Announcement {
  #timer = 0
  #typedAt = 0
  #composing = false

  constructor(app) {
    this.app = app
    this.button = find('#announcement-open')
    this.dot = find('.badge-dot', this.button)
    this.ground = find('#announcement-ground')
    this.button.addEventListener('click', (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
      event.preventDefault()
      this.open()
    })
    document.addEventListener('input', (event) => {
      this.#typedAt = Date.now()
      this.#composing = isComposing(event)
    }, true)
    document.addEventListener('compositionend', () => { this.#composing = false }, true)
    document.addEventListener('visibilitychange', () => this.#wait())
    app.chat.addEventListener('announcement', () => this.#draw())
    this.#draw()
  }

  async open() {
    (await import('./poster.js')).show(this.app)
  }

  // The dialog was closed on this version: it does not open by itself any more, whether or not there is a line now.
  close(id) {
    try {
      localStorage.setItem(CLOSED, this.#name(id))
    } catch { /* the server remembers it */ }
    this.app.chat.seeAnnouncement(id)
    this.#tell(id)
  }

  #tell(id) {
    api.put(`announcement/${id}/seen`).catch(() => {})
  }

  // Another life of the database counts anew.
  #name(id) {
    return `${this.app.chat.epoch}:${id}`
  }

  async #draw() {
    const { announcement } = this.app.chat
    if (announcement) await style('announcement')
    if (announcement !== this.app.chat.announcement) return
    if (announcement && !announcement.seen && this.#wasClosed(announcement.id)) {
      announcement.seen = true
      this.#tell(announcement.id)
    }
    this.button.hidden = !announcement
    this.dot.hidden = !announcement || announcement.seen
    this.#drawGround(announcement)
    this.#wait()
  }

  #drawGround(announcement) {
    const { ground } = this
    const url = announcement?.background ? announcement.image.url : null
    ground.hidden = !url
    if (!url) ground.removeAttribute('src')
    else if (ground.getAttribute('src') !== url) ground.src = url
  }

  #wasClosed(id) {
    try {
      return localStorage.getItem(CLOSED) === this.#name(id)
    } catch {
      return false
    }
  }

  // Opens it as soon as it is in nobody's way.
  #wait() {
    clearTimeout(this.#timer)
    const { announcement } = this.app.chat
    if (!announcement || announcement.seen || document.hidden) return
    if (this.#isBusy()) this.#timer = setTimeout(() => this.#wait(), GLANCE)
    else this.open()
  }

  #isBusy() {
    const field = document.activeElement
    const typing = this.#composing || (isField(field) && Boolean(field.value) && Date.now() - this.#typedAt < PAUSE)
    return typing || document.querySelector('dialog[open], :popover-open:not(#toast)') !== null
  }
}
