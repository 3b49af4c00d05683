// Finding people by name: a field, the people that fit, and, where several may be picked, those that are.

import { api } from '../lib/api.js'
import { avatar, element, find, icon, setText } from '../lib/dom.js'
import { isComposing, isEnter, onWords, step } from '../lib/keys.js'
import { t } from '../lib/words.js'

const WAIT = 200

export class Picker {
  people = []
  #found = []
  #index = -1
  #asked = 0
  #timer = 0

  // `root` holds an input and a list; `several` keeps what is picked as tokens, else `onPick` hears of it.
  constructor(root, app, { several = false, onPick = null, without = () => false, withMe = false }) {
    Object.assign(this, { app, several, onPick, without, withMe })
    this.input = find('input', root)
    this.list = find('[role="listbox"]', root)
    this.box = find('.token-box', root)
    this.none = find('.field-hint', root)
    onWords(this.input, () => {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.search(this.input.value.trim()), WAIT)
    })
    this.input.addEventListener('keydown', (event) => this.#onKey(event))
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role="option"]')
      if (option) this.#pick(this.#found[Number(option.dataset.index)])
    })
  }

  clear() {
    this.people = []
    this.input.value = ''
    this.#show([])
    this.#showTokens()
  }

  async search(query) {
    const asked = ++this.#asked
    if (this.several && !query) return this.#show([])
    const { users } = await api.get(`users?limit=20${query ? `&q=${encodeURIComponent(query)}` : ''}`).catch(() => ({ users: [] }))
    if (asked !== this.#asked) return
    const taken = new Set([this.withMe ? 0 : this.app.chat.me.id, ...this.people.map((person) => person.id)])
    this.#show(users.filter((user) => !taken.has(user.id) && !this.without(user)), query)
  }

  #show(users, query = '') {
    this.#found = users
    this.#index = users.length && query ? 0 : -1
    this.list.replaceChildren(...users.map((user, index) => personOption(user, `${this.list.id}-${index}`, index)))
    this.list.hidden = !users.length
    this.input.setAttribute('aria-expanded', String(users.length > 0))
    this.none.hidden = !query || users.length > 0
    this.#mark()
  }

  #mark() {
    for (const [index, option] of [...this.list.children].entries()) option.setAttribute('aria-selected', String(index === this.#index))
    const option = this.list.children[this.#index]
    if (option) this.input.setAttribute('aria-activedescendant', option.id)
    else this.input.removeAttribute('aria-activedescendant')
    option?.scrollIntoView({ block: 'nearest' })
  }

  #onKey(event) {
    if (isComposing(event)) return
    if (event.key === 'Backspace' && !this.input.value && this.people.length) return this.#drop(this.people.at(-1))
    if (isEnter(event)) {
      event.preventDefault()
      return this.#found[this.#index] && this.#pick(this.#found[this.#index])
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    this.#index = step(event.key, this.#index, this.#found.length)
    this.#mark()
  }

  #pick(person) {
    clearTimeout(this.#timer)
    if (this.several) {
      this.people.push(person)
      this.#showTokens()
    }
    this.input.value = ''
    this.#show([])
    this.input.focus()
    this.onPick?.(person)
  }

  #drop(person) {
    this.people = this.people.filter((other) => other.id !== person.id)
    this.#showTokens()
    this.input.focus()
  }

  #showTokens() {
    if (!this.box) return
    for (const token of this.box.querySelectorAll('.token')) token.remove()
    this.input.before(...this.people.map((person) => element('span', { class: 'token' },
      avatar(person, 'tiny'), element('bdi', {}, person.nickname),
      element('button', { type: 'button', 'aria-label': t('take-out', { name: person.nickname }), onclick: () => this.#drop(person) }, icon('close')))))
  }
}

export function personOption(user, id, index) {
  const presence = user.online ? 'online' : undefined
  const option = element('li', { class: 'suggest-option', role: 'option', id, 'data-index': index, 'aria-selected': 'false' },
    avatar(user, 'small', presence), element('bdi', { class: 'truncate' }, user.nickname), element('span', { class: 'suggest-note' }))
  setText(option.lastElementChild, `@${user.username}`)
  return option
}
