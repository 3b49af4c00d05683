// What counts down in the open room: a chip in its head, on a phone a strip below it. It is the server's clock that counts, so
// everybody sees the same second.

import { api } from '../lib/api.js'
import { element, find, icon, setText, style, toast } from '../lib/dom.js'
import { errorText, t } from '../lib/words.js'

// Seconds in which it looks urgent.
const SOON = 10
// How long an end is shown, in ms.
const STAYS = 5_000

export function watch(app) {
  style('presets')
  return new Countdown(app)
}

// "04:32", with hours where there are some.
export function remaining(seconds) {
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  return [...hours ? [hours] : [], minutes, seconds % 60].map((part) => String(part).padStart(2, '0')).join(':')
}

class Countdown {
  #places = [find('#countdown'), find('#countdown-strip')]
  // The one that is shown.
  #running = null
  // What the chips were made of.
  #drawn = ''
  #timer = 0

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.chat.addEventListener('user', () => this.show())
    document.addEventListener('visibilitychange', () => this.#tick())
    this.show()
  }

  // A frame came; without one the state of all rooms is new.
  hear(frame) {
    const { room } = this.app
    if (!frame || frame.room !== room?.id) return this.show()
    if (frame.ends_at) {
      this.show()
      return this.#say(t('countdown-begins', { label: frame.label, time: remaining(this.#left()) }))
    }
    const ended = this.#running
    if (ended?.id !== frame.id) return this.show()
    this.#end()
    this.#say(frame.ended === 'stopped' ? t('countdown-stopped', { label: ended.label, name: frame.by.nickname }) : t('countdown-done', ended))
  }

  // The one of the open room, or none.
  show() {
    const running = this.chat.countdowns.get(this.app.room?.id) ?? null
    clearTimeout(this.#timer)
    this.#running = running
    for (const place of this.#places) {
      place.hidden = !running
      place.classList.remove('countdown-ended')
    }
    if (!running) return
    const drawn = `${running.id} ${this.chat.me.role}`
    if (drawn !== this.#drawn) for (const place of this.#places) place.replaceChildren(...this.#parts(running))
    this.#drawn = drawn
    this.#tick()
  }

  #parts({ id }) {
    const timer = element('span', { role: 'timer', 'aria-live': 'off' })
    if (this.chat.me.role !== 'admin') return [icon('timer', 'small'), timer]
    const stop = element('button', { class: 'icon-button', type: 'button', 'aria-label': t('countdown-stop'), title: t('countdown-stop'), onclick: () => this.#stop(id) }, icon('stop', 'small'))
    return [icon('timer', 'small'), timer, stop]
  }

  #left() {
    const [start, end] = [this.#running.started_at, this.#running.ends_at].map(Date.parse)
    // A word on the server's clock comes late, so that there may seem to be more than all.
    return Math.max(0, Math.ceil(Math.min(end - this.chat.now(), end - start) / 1_000))
  }

  #tick() {
    clearTimeout(this.#timer)
    if (!this.#running) return
    const left = this.#left()
    for (const place of this.#places) {
      setText(find('[role=timer]', place), t('countdown-left', { label: this.#running.label, time: remaining(left) }))
      place.classList.toggle('countdown-soon', left <= SOON)
    }
    // Just behind the next second; the end itself is told by the server.
    const next = (Date.parse(this.#running.ends_at) - this.chat.now()) % 1_000
    if (left && !document.hidden) this.#timer = setTimeout(() => this.#tick(), (next > 0 ? next : 1_000) + 5)
  }

  #end() {
    clearTimeout(this.#timer)
    const { label } = this.#running
    this.#running = null
    this.#drawn = ''
    for (const place of this.#places) {
      place.classList.remove('countdown-soon')
      place.classList.add('countdown-ended')
      place.replaceChildren(icon('timer', 'small'), element('span', {}, `${label} · ${t('countdown-ended')}`))
    }
    this.#timer = setTimeout(() => this.show(), STAYS)
  }

  async #stop(id) {
    try {
      await api.post(`admin/countdowns/${id}/stop`)
    } catch (error) {
      toast(errorText(error.code))
    }
  }

  #say(text) { setText(find('#announcer'), text) }
}
