// The dialog of everybody I have to do with: friends, requests both ways, the blocked; and, by a few letters, everybody else.

import { api } from '../lib/api.js'
import { avatar, element, find, icon, setText } from '../lib/dom.js'
import { onWords } from '../lib/keys.js'
import { listTime, t } from '../lib/words.js'
import { befriend, drop, listOf } from '../models/contacts.js'
import { askToUnfriend, attempt, unblock } from './friends.js'
import { talkTo } from './profile.js'

const WAIT = 250

let contacts = null

export function show(app, tab = 'all') {
  contacts ??= new Contacts(app)
  contacts.show(tab)
}

class Contacts {
  #tab = 'all'
  #others = []
  #asked = 0
  #version = ''
  #timer = 0

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.dialog = find('#dialog-contacts')
    this.input = find('input[type=search]', this.dialog)
    this.body = find('#contacts-body')
    this.tabs = [...this.dialog.querySelectorAll('.segments button')]
    for (const tab of this.tabs) tab.addEventListener('click', () => this.#select(tab.value))
    onWords(this.input, () => this.#soon())
    for (const type of ['contacts', 'people']) this.chat.addEventListener(type, () => { if (this.dialog.open) this.#render() })
    this.body.addEventListener('click', (event) => this.#onClick(event))
  }

  show(tab) {
    this.input.value = ''
    this.#others = []
    this.#select(tab)
    if (!this.dialog.open) this.dialog.showModal()
  }

  #select(tab) {
    this.#tab = tab
    for (const button of this.tabs) button.setAttribute('aria-pressed', String(button.value === tab))
    this.#render()
  }

  #soon() {
    this.#render()
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#search(), WAIT)
  }

  // People who are nothing to me yet.
  async #search() {
    const asked = ++this.#asked
    const query = this.input.value.trim()
    const { users } = query ? await api.get(`users?limit=20&q=${encodeURIComponent(query)}`).catch(() => ({ users: [] })) : { users: [] }
    if (asked !== this.#asked) return
    this.#others = users
    for (const user of users) if (user.online) this.chat.online.set(user.id, user)
    this.#render()
  }

  #render() {
    const focused = document.activeElement?.closest('#contacts-body [data-act]')?.dataset
    const query = this.input.value.trim().toLowerCase()
    const fits = (user) => `${user.nickname} ${user.username}`.toLowerCase().includes(query)
    const of = (state, here) => listOf(this.chat, state, here).filter(fits)
    const online = (user) => this.#tab !== 'online' || this.chat.isOnline(user.id)
    const shown = {
      incoming: ['all', 'requests'].includes(this.#tab) ? of('incoming') : [],
      requested: ['all', 'requests'].includes(this.#tab) ? of('requested') : [],
      friend: ['all', 'online'].includes(this.#tab) ? of('friend', true).filter(online) : [],
      blocked: this.#tab === 'blocked' ? of('blocked') : [],
      none: query ? this.#others.filter((user) => user.id !== this.chat.me.id && this.chat.contactOf(user.id) === 'none') : [],
    }
    const groups = Object.entries(shown).filter(([, users]) => users.length)
    // Rows that did not change stay: a press must end where it began.
    const version = JSON.stringify(groups.map(([state, users]) => [state, users.map((user) => [user, this.chat.isOnline(user.id), this.chat.lastSeen.get(user.id)])]))
    if (version !== this.#version) this.body.replaceChildren(...groups.flatMap(([state, users]) => [
      element('h3', { class: 'panel-label' }, t(`contacts-${state}`, { count: users.length })),
      element('ul', {}, ...users.map((user) => this.#row(user, state))),
    ]))
    this.#version = version
    const nobody = find('#contacts-none')
    nobody.hidden = groups.length > 0
    setText(find('.empty-title', nobody), t(query ? 'contacts-not-found' : this.#tab === 'blocked' ? 'contacts-none-blocked' : 'contacts-none-yet'))
    const requests = listOf(this.chat, 'incoming').length
    const badge = find('.badge', this.dialog)
    badge.hidden = !requests
    setText(badge, String(requests))
    // What was in use stays in use.
    if (focused) find(`[data-act="${focused.act}"][data-id="${focused.id}"]`, this.body)?.focus()
  }

  #row(user, state) {
    const online = this.chat.isOnline(user.id)
    const seen = this.chat.lastSeen.get(user.id)
    const about = online ? t('online') : seen ? t('last-seen', { time: listTime(new Date(seen)) }) : state === 'requested' ? t('request-sent') : `@${user.username}`
    return element('li', { class: 'person person-tall' },
      element('button', { class: 'person-open', type: 'button', 'data-act': 'show', 'data-id': user.id, 'aria-haspopup': 'dialog' },
        avatar(user, '', state === 'friend' ? (online ? 'online' : 'away') : undefined),
        element('span', { class: 'person-text' }, element('bdi', { class: 'person-name' }, user.nickname), element('span', { class: 'person-note' }, about))),
      element('span', { class: 'person-actions' }, ...ACTS[state].map((act) => button(act, user))))
  }

  #onClick({ target }) {
    const pressed = target.closest('[data-act]')
    if (!pressed) return
    const { act, id } = pressed.dataset
    const user = this.chat.contacts.get(Number(id))?.user ?? this.#others.find((other) => other.id === Number(id))
    const { chat, app } = this
    // Gone before the list was drawn anew.
    if (!user) return
    if (act === 'show') return app.profile(user.id, pressed)
    if (act === 'write') {
      this.dialog.close()
      return talkTo(app, user.id)
    }
    if (act === 'unfriend') return askToUnfriend(chat, user)
    if (act === 'unblock') return unblock(chat, user)
    return attempt(() => (act === 'accept' || act === 'add' ? befriend : drop)(chat, user))
  }
}

const ACTS = {
  incoming: ['accept', 'decline'],
  requested: ['take-back'],
  friend: ['write', 'unfriend'],
  blocked: ['unblock'],
  none: ['write', 'add'],
}

const SIGNS = { write: 'message', unfriend: 'person-minus' }

function button(act, user) {
  const label = t(`${act}-name`, { name: user.nickname })
  const common = { type: 'button', 'data-act': act, 'data-id': user.id, 'aria-label': label }
  if (SIGNS[act]) return element('button', { class: 'icon-button', title: label, ...common }, icon(SIGNS[act]))
  return element('button', { class: `button button-small${act === 'accept' || act === 'add' ? ' button-primary' : ''}`, ...common }, t(act))
}
