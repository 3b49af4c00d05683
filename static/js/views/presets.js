// The chips above an admin's composer: each sends a preset message with one click.

import { api } from '../lib/api.js'
import { element, find, icon, style, toast } from '../lib/dom.js'
import { errorText, t } from '../lib/words.js'
import { newId } from '../models/outbox.js'

export function watch(app) {
  style('presets')
  return new Presets(app)
}

class Presets {
  #row = find('#presets')
  // The names of presses that no answer came to, by room and preset: the same press again is stored once.
  #open = new Map()
  #lost = false

  constructor(app) {
    this.app = app
    this.chat = app.chat
    if (!this.#row) {
      this.#row = element('form', { class: 'preset-row', id: 'presets', 'aria-label': t('presets'), hidden: true })
      find('#composer').before(this.#row)
      this.#fetch()
    }
    this.#row.addEventListener('submit', (event) => { event.preventDefault(); this.#press(event.submitter) })
    this.chat.addEventListener('presets', ({ detail }) => this.#draw(detail))
    this.chat.addEventListener('countdown', () => this.show())
    this.chat.addEventListener('user', () => this.show())
    app.line.addEventListener('change', () => this.#onLine(app.line.state))
    this.show()
  }

  // Chips that would start a second countdown in the open room say so.
  show() {
    const busy = this.chat.countdowns.has(this.app.room?.id)
    const chips = this.#row.querySelectorAll('button')
    this.#row.hidden = !chips.length || this.chat.me.role !== 'admin'
    for (const chip of chips) chip.setAttribute('aria-disabled', String(busy && 'counts' in chip.dataset))
  }

  #draw(presets) {
    const focused = document.activeElement?.value
    const chips = presets.map(({ id, label, icon: sign, countdown_seconds: seconds }) =>
      element('button', { class: 'preset-button', type: 'submit', value: id, 'data-counts': seconds !== null }, icon(sign, 'small'), element('bdi', {}, label)))
    const had = this.#row.contains(document.activeElement)
    this.#row.replaceChildren(...chips)
    if (had) chips.find((chip) => chip.value === focused)?.focus()
    this.show()
  }

  // What changed while there was no line is asked for.
  #onLine(state) {
    if (state === 'open' && this.#lost) this.#fetch()
    this.#lost = state !== 'open'
  }

  async #fetch() {
    const answer = await api.get('admin/presets').catch(() => null)
    if (answer) this.#draw(answer.chips)
  }

  async #press(chip) {
    const { room } = this.app
    if (!room || chip.getAttribute('aria-busy') === 'true') return
    if (chip.getAttribute('aria-disabled') === 'true') return this.#first(room)
    const key = `${room.id}:${chip.value}`
    if (!this.#open.has(key)) this.#open.set(key, newId())
    chip.setAttribute('aria-busy', 'true')
    try {
      await api.post(`admin/presets/${chip.value}/send`, { room: room.id, client_id: this.#open.get(key) })
      this.#open.delete(key)
      if (room.id === this.app.room?.id) this.app.stream.toEnd()
    } catch (error) {
      if (error.retry !== 'later') this.#open.delete(key)
      if (error.code === 'countdown_running') this.#first(room)
      else toast(errorText(error.code))
    } finally {
      chip.removeAttribute('aria-busy')
    }
  }

  // Who was first.
  async #first(room) {
    const known = this.chat.countdowns.get(room.id)
    const running = known ?? (await api.get('admin/countdowns').catch(() => null))?.countdowns.find((one) => one.room === room.id)
    toast(running ? t('countdown-first', { name: running.started_by.nickname, label: running.label }) : errorText('countdown_running'))
  }
}
