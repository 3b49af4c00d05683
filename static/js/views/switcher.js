// Ctrl+K: from anywhere to a room, a person or an act by typing a few letters.

import { api } from '../lib/api.js'
import { avatar, element, find, icon, setText, toast } from '../lib/dom.js'
import { isComposing, isEnter, onWords, step } from '../lib/keys.js'
import { errorText, plural, t } from '../lib/words.js'
import { talkTo } from './profile.js'

const SHOWN = 6

let switcher = null

export function show(app) {
  switcher ??= new Switcher(app)
  switcher.show()
}

class Switcher {
  #options = []
  #index = 0
  #asked = 0
  #timer = 0

  constructor(app) {
    this.app = app
    this.dialog = find('#dialog-switcher')
    this.input = find('input', this.dialog)
    this.list = find('[role="listbox"]', this.dialog)
    onWords(this.input, () => this.#search())
    this.input.addEventListener('keydown', (event) => this.#onKey(event))
    this.list.addEventListener('click', (event) => {
      const option = event.target.closest('[role="option"]')
      if (option) this.#run(this.#options[Number(option.dataset.index)])
    })
  }

  show() {
    if (this.dialog.open) return this.dialog.close()
    this.input.value = ''
    this.dialog.showModal()
    this.#search()
  }

  // What this page knows at once, what the server knows a moment later.
  #search() {
    const query = this.input.value.trim()
    this.#index = 0
    const asked = ++this.#asked
    const rooms = this.#rooms(query)
    this.#render(query, rooms, [], [])
    clearTimeout(this.#timer)
    if (!query) return
    this.#timer = setTimeout(async () => {
      const q = encodeURIComponent(query)
      const [found, people] = await Promise.all([
        api.get(`rooms/public?limit=${SHOWN}&q=${q}`).then((answer) => answer.rooms, () => []),
        api.get(`users?limit=${SHOWN}&q=${q}`).then((answer) => answer.users, () => []),
      ])
      if (asked !== this.#asked) return
      const mine = new Set(rooms.map((room) => room.id))
      this.#render(query, rooms, found.filter((room) => !mine.has(room.id) && !this.app.chat.get(room.id)), people.filter((user) => user.id !== this.app.chat.me.id))
    }, 150)
  }

  // Mine: unread first, then the newest.
  #rooms(query) {
    const { chat } = this.app
    const fits = (room) => `${chat.nameOf(room)} ${room.peer?.username ?? ''}`.toLowerCase().includes(query.toLowerCase())
    const rank = (room) => (chat.mentionsOf(room) ? 2 : chat.unreadOf(room) ? 1 : 0)
    const newest = (room) => room.last?.at ?? room.created_at
    return [...chat.rooms.values()].filter(fits).sort((a, b) => rank(b) - rank(a) || newest(b).localeCompare(newest(a))).slice(0, query ? SHOWN : 9)
  }

  #render(query, rooms, others, people) {
    const { app } = this
    const groups = [
      [t('rooms'), [...rooms.map((room) => this.#room(room)), ...others.map((room) => this.#other(room))]],
      [t('people'), people.map((user) => ({
        mark: avatar(user, 'small', user.online ? 'online' : undefined), name: user.nickname, note: `@${user.username}`, run: () => talkTo(app, user.id),
      }))],
      [t('actions'), this.#acts(query)],
    ]
    this.#options = []
    this.list.replaceChildren(...groups.filter(([, options]) => options.length).map(([label, options], group) => {
      const id = `switch-group-${group}`
      return element('div', { role: 'group', 'aria-labelledby': id },
        element('p', { class: 'suggest-label', id }, label),
        ...options.map((option) => this.#row(option)))
    }))
    this.#index = Math.max(0, Math.min(this.#index, this.#options.length - 1))
    this.#mark()
  }

  #room(room) {
    const { chat } = this.app
    const unread = chat.unreadOf(room)
    return {
      mark: room.peer ? avatar(room.peer, 'small', chat.presenceOf(room.peer)) : icon(room.kind === 'private' ? 'lock' : 'hash'),
      name: chat.nameOf(room),
      note: unread ? plural('jump-new', unread) : room.kind === 'private' ? t('private') : '',
      run: () => this.app.open(room.id),
    }
  }

  #other(room) {
    return {
      mark: icon('hash'), name: room.name, note: t('not-joined'),
      run: async () => {
        try {
          this.app.chat.addRoom((await api.post(`rooms/${room.id}/join`)).room)
          this.app.open(room.id)
        } catch (error) {
          toast(errorText(error.code))
        }
      },
    }
  }

  #acts(query) {
    const { app } = this
    const acts = [
      { mark: icon('search'), name: query ? t('search-named', { name: query }) : t('search-messages'), note: query ? '' : 'Ctrl Shift F', run: () => app.search(query || undefined) },
      { mark: icon('plus'), name: query ? t('create-named', { name: query }) : t('create-room'), note: '', run: () => app.dialog('create', query) },
    ]
    if (query) return acts
    return [
      ...acts,
      { mark: icon('globe'), name: t('browse-rooms'), note: '', run: () => app.dialog('browse') },
      { mark: icon('person-plus'), name: t('new-direct'), note: '', run: () => app.dialog('direct') },
      { mark: icon('people'), name: t('contacts'), note: '', run: () => app.dialog('contacts') },
      ...(app.room ? [{ mark: icon('calendar'), name: t('jump-date'), note: '', run: () => app.dialog('date') }] : []),
      { mark: icon('keyboard'), name: t('shortcuts'), note: 'Ctrl /', run: () => app.dialog('shortcuts') },
      { mark: icon('settings'), name: t('my-account'), note: '', run: () => location.assign('/account/') },
    ]
  }

  #row(option) {
    const index = this.#options.push(option) - 1
    return element('div', { class: 'suggest-option', role: 'option', id: `switch-${index}`, 'data-index': index, 'aria-selected': 'false' },
      element('span', { class: 'room-mark' }, option.mark), element('bdi', { class: 'truncate' }, option.name), element('span', { class: 'suggest-note' }, option.note))
  }

  #mark() {
    for (const [index] of this.#options.entries()) document.getElementById(`switch-${index}`).setAttribute('aria-selected', String(index === this.#index))
    const option = document.getElementById(`switch-${this.#index}`)
    this.input.setAttribute('aria-activedescendant', option?.id ?? '')
    option?.scrollIntoView({ block: 'nearest' })
    setText(find('#switcher-count'), plural('results', this.#options.length))
  }

  #onKey(event) {
    if (isComposing(event)) return
    if (isEnter(event)) {
      event.preventDefault()
      return this.#run(this.#options[this.#index])
    }
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    event.preventDefault()
    this.#index = step(event.key, this.#index, this.#options.length)
    this.#mark()
  }

  #run(option) {
    if (!option) return
    this.dialog.close()
    option.run()
  }
}
