// The names that fit what follows an @, the emoji that fit what follows a colon, and the commands that fit what follows a slash,
// while it is typed.

import { api } from '../lib/api.js'
import { avatar, element, find, icon } from '../lib/dom.js'
import { isComposing, step } from '../lib/keys.js'
import { locale, plural, t } from '../lib/words.js'

const SHOWN = 9
const WAIT = 150
const NAME = /(?:^|[\s([{])@([\p{L}\p{N}_]{0,20})$/u
const COMMAND = /^\/([\p{L}-]*)$/u
const CODE = /(?:^|[\s([{\p{Extended_Pictographic}\p{Emoji_Modifier}\uFE0F])[:：]([a-z0-9_+-]{2,32}|[\p{Script=Han}]{1,8})([:：]?)$/iu

export class Mentions {
  #options = []
  #index = 0
  #range = null
  #asked = 0
  // { room, answer }
  #page = null

  constructor(composer) {
    this.composer = composer
    this.text = composer.text
    this.list = find('#mention-list')
    this.text.setAttribute('aria-autocomplete', 'list')
    this.text.setAttribute('aria-controls', 'mention-list')
    // Before the composer's own keys.
    this.text.addEventListener('keydown', (event) => this.#onKey(event), { capture: true })
    this.composer.chat.addEventListener('member', () => { this.#page = null })
    this.text.addEventListener('blur', () => this.close())
    this.list.addEventListener('pointerdown', (event) => {
      event.preventDefault()
      const option = event.target.closest('[role="option"]')
      if (option) this.#accept(Number(option.dataset.index))
    })
  }

  async update() {
    const end = this.text.selectionStart
    const before = this.text.value.slice(0, end)
    const [name, code, command] = [NAME.exec(before), CODE.exec(before), COMMAND.exec(before)]
    if (!(name || code || command) || !this.composer.room || (command && this.composer.editing)) return this.close()
    const query = (name ?? code ?? command)[1]
    this.#range = [end - query.length - 1 - (code?.[2].length ?? 0), end]
    const asked = ++this.#asked
    // What was offered for fewer letters stays as far as it fits: it may be picked before the answer comes.
    const letters = query.toLowerCase()
    this.#offer(this.#options.filter(({ words }) => name && words?.includes(letters)))
    const options = await (name ? this.#names(letters, asked) : code ? this.#emoji(query, Boolean(code[2])) : this.#commands(letters))
    if (asked !== this.#asked) return
    this.#offer(options)
    // A whole `:code:` needs no list.
    if (code?.[2]) return this.#options.length ? this.#accept(0) : this.close()
  }

  #offer(options) {
    this.#options = options.slice(0, SHOWN)
    this.#index = 0
    this.#show()
  }

  close() {
    this.#asked += 1
    this.#options = []
    this.#show()
  }

  // Members, those who spoke last first; before them everybody, for those who may call them.
  async #names(query, asked) {
    const { room, chat, stream } = this.composer
    const members = await this.#members(room, query, asked).catch(() => [])
    const spoke = stream.timeline?.items.map((message) => message.sender.id) ?? []
    const rank = (user) => spoke.lastIndexOf(user.id)
    const words = (user) => `${user.username} ${user.nickname}`.toLowerCase()
    const people = members.map(({ user }) => user).filter((user) => user.id !== chat.me.id && words(user).includes(query)).sort((a, b) => rank(b) - rank(a))
    const options = people.map((user) => ({ words: words(user), mark: avatar(user, 'small'), name: user.nickname, note: `@${user.username}`, text: `@${user.username} ` }))
    const all = room.kind !== 'direct' && chat.moderates(room) && ['all', '所有人'].some((word) => word.startsWith(query))
    return all ? [{ mark: icon('people'), name: `@${t('all')}`, note: plural('notify-all', room.member_count), text: `@${t('all')} ` }, ...options] : options
  }

  // Those on the room's first page, which is asked for once; where there are more, those that fit by the server's word, after a
  // pause in the writing.
  async #members({ id }, query, asked) {
    if (this.#page?.room !== id) {
      const page = this.#page = { room: id, answer: api.get(`rooms/${id}/members?limit=200`) }
      page.answer.catch(() => { if (this.#page === page) this.#page = null })
    }
    const { members, more } = await this.#page.answer
    if (!more || !query) return members
    await new Promise((resolve) => { setTimeout(resolve, WAIT) })
    if (asked !== this.#asked) return []
    return (await api.get(`rooms/${id}/members?limit=50&q=${encodeURIComponent(query)}`)).members
  }

  async #commands(query) {
    const { list } = await import('./commands.js')
    const fits = ({ name, chinese }) => name.startsWith(query) || chinese.startsWith(query)
    return (await list().catch(() => [])).filter(fits).map(({ name, chinese, shown, usage, about }) => ({
      mark: icon('slash'), name: `/${shown} ${usage}`.trim(), note: about, text: `/${shown} `, whole: [name, chinese].includes(query),
    }))
  }

  async #emoji(query, whole) {
    const { byCode, search, toned } = await import('../models/emoji.js')
    const found = whole ? [await byCode(query, locale)].filter(Boolean) : await search(query, locale, SHOWN).catch(() => [])
    const language = locale.startsWith('zh') ? 'zh' : 'en'
    return found.map((entry) => ({
      mark: element('span', { class: 'emoji', 'aria-hidden': 'true' }, toned(entry)), name: entry.names[language] ?? entry.names.en,
      note: entry.codes.length ? `:${entry.codes[0]}:` : '', text: toned(entry),
    }))
  }

  #show() {
    this.list.hidden = !this.#options.length
    this.list.replaceChildren(...this.#options.map(({ mark, name, note }, index) => element('li', {
      class: 'suggest-option', role: 'option', id: `mention-${index}`, 'data-index': index, 'aria-selected': String(index === this.#index),
    }, element('span', { class: 'room-mark' }, mark), element('bdi', { class: 'truncate' }, name), element('span', { class: 'suggest-note truncate' }, note))))
    if (this.#options.length) this.text.setAttribute('aria-activedescendant', `mention-${this.#index}`)
    else this.text.removeAttribute('aria-activedescendant')
    if (this.#options.length) this.list.setAttribute('aria-label', t('suggestions'))
  }

  #onKey(event) {
    if (!this.#options.length || isComposing(event)) return
    // A command that is written out is given, not offered.
    if (event.key === 'Enter' && this.#options[this.#index].whole) return this.close()
    if (event.key === 'Escape') this.close()
    else if ((event.key === 'Enter' && !event.shiftKey) || event.key === 'Tab') this.#accept(this.#index)
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      this.#index = step(event.key, this.#index, this.#options.length)
      this.#show()
      this.list.children[this.#index].scrollIntoView({ block: 'nearest' })
    } else return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  #accept(index) {
    const { text } = this.#options[index]
    this.text.setRangeText(text, ...this.#range, 'end')
    this.close()
    // The composer measures and saves what is written; the caret is past the name, so nothing is suggested.
    this.text.dispatchEvent(new Event('input'))
    this.text.focus()
  }
}
