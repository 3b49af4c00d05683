// The names that fit what follows an @, while it is typed.

import { api } from '../lib/api.js'
import { avatar, element, find } from '../lib/dom.js'
import { isComposing, step } from '../lib/keys.js'
import { t } from '../lib/words.js'

const SHOWN = 8

export class Mentions {
  #options = []
  #index = 0
  #range = null
  #asked = 0

  constructor(composer) {
    this.composer = composer
    this.text = composer.text
    this.list = find('#mention-list')
    this.text.setAttribute('aria-autocomplete', 'list')
    this.text.setAttribute('aria-controls', 'mention-list')
    // Before the composer's own keys.
    this.text.addEventListener('keydown', (event) => this.#onKey(event), { capture: true })
    this.text.addEventListener('input', () => this.update())
    this.text.addEventListener('blur', () => this.close())
    this.list.addEventListener('pointerdown', (event) => {
      event.preventDefault()
      const option = event.target.closest('[role="option"]')
      if (option) this.#accept(Number(option.dataset.index))
    })
  }

  async update() {
    const end = this.text.selectionStart
    const match = /(?:^|[\s([{])@([\p{L}\p{N}_]{0,20})$/u.exec(this.text.value.slice(0, end))
    if (!match || !this.composer.room) return this.close()
    const query = match[1].toLowerCase()
    this.#range = [end - match[1].length - 1, end]
    const asked = ++this.#asked
    const people = await this.#people(query)
    if (asked !== this.#asked) return
    this.#options = people.slice(0, SHOWN)
    this.#index = 0
    this.#show()
  }

  close() {
    this.#asked += 1
    this.#options = []
    this.#show()
  }

  // Members, those who spoke last first.
  async #people(query) {
    const { room, chat, stream } = this.composer
    const path = `rooms/${room.id}/members?limit=50${query ? `&q=${encodeURIComponent(query)}` : ''}`
    const { members } = await api.get(path).catch(() => ({ members: [] }))
    const spoke = stream.timeline?.items.map((message) => message.sender.id) ?? []
    const rank = (user) => spoke.lastIndexOf(user.id)
    const fits = (user) => `${user.username} ${user.nickname}`.toLowerCase().includes(query)
    return members.map(({ user }) => user).filter((user) => user.id !== chat.me.id && fits(user)).sort((a, b) => rank(b) - rank(a))
  }

  #show() {
    this.list.hidden = !this.#options.length
    this.list.replaceChildren(...this.#options.map((user, index) => element('li', {
      class: 'suggest-option', role: 'option', id: `mention-${index}`, 'data-index': index, 'aria-selected': String(index === this.#index),
    }, avatar(user, 'small'), element('bdi', { class: 'truncate' }, user.nickname), element('span', { class: 'suggest-note' }, `@${user.username}`))))
    if (this.#options.length) this.text.setAttribute('aria-activedescendant', `mention-${this.#index}`)
    else this.text.removeAttribute('aria-activedescendant')
    if (this.#options.length) this.list.setAttribute('aria-label', t('mention-someone'))
  }

  #onKey(event) {
    if (!this.#options.length || isComposing(event)) return
    if (event.key === 'Escape') this.close()
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') this.#accept(this.#index)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      this.#index = step(event.key, this.#index, this.#options.length)
      this.#show()
    } else return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  #accept(index) {
    const user = this.#options[index]
    this.text.setRangeText(`@${user.username} `, ...this.#range, 'end')
    this.close()
    // The composer measures and saves what is written; the caret is past the name, so nothing is suggested.
    this.text.dispatchEvent(new Event('input'))
    this.text.focus()
  }
}
