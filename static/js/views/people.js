// The pane beside the messages: who is in the room, and who of them is here.

import { api } from '../lib/api.js'
import { avatar, element, find, reconcile, setAvatar, setText } from '../lib/dom.js'
import { awayText, t } from '../lib/words.js'

const PAGE = 200
const WIDE = matchMedia('(min-width: 1200px)')
const isWide = () => WIDE.matches

export function watch(app) {
  const people = new People(app)
  if (app.room) people.open(app.room)
  return people
}

class People {
  room = null
  // By user id: { user, role }.
  members = new Map()
  #rows = { here: new Map(), away: new Map() }
  #more = false
  #total = 0
  #visit = 0
  // The list, or its first page, is there; until then news of single members would pass for it.
  #loaded = false
  #frame = 0
  #touched = false

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.pane = find('#people')
    this.button = find('#people-toggle')
    this.lists = { here: find('#people-here'), away: find('#people-away') }
    this.button.addEventListener('click', () => this.#toggle())
    find('#people-close').addEventListener('click', () => { this.#show(false); this.button.focus() })
    find('#people-more').addEventListener('click', () => this.#load())
    this.pane.addEventListener('click', (event) => this.#onClick(event))
    this.pane.addEventListener('toggle', (event) => { if (!isWide()) this.#shown(event.newState === 'open') })
    WIDE.addEventListener('change', () => this.#show(isWide()))
    for (const type of ['people', 'contacts']) this.chat.addEventListener(type, () => this.#refresh())
    this.chat.addEventListener('member', ({ detail }) => this.#onMember(detail))
    this.chat.addEventListener('user', ({ detail }) => {
      const member = this.members.get(detail.id)
      if (member) member.user = detail
      this.#refresh()
    })
    this.app.line.addEventListener('change', () => { if (this.app.line.state === 'open' && this.room) this.#load(true) })
    this.#show(isWide() && localStorage.getItem('setting:people') !== 'closed')
  }

  get shown() { return this.app.shell.dataset.people === 'open' }

  open(room) {
    this.room = room
    this.members.clear()
    this.#visit += 1
    this.#loaded = false
    this.#more = false
    if (!isWide()) this.#show(false)
    find('#people-add').hidden = !canManage(room)
    if (this.shown) this.#load(true)
    else this.#render()
  }

  async #load(again = false) {
    const visit = again ? ++this.#visit : this.#visit
    this.#touched = false
    const last = again ? 0 : Math.max(0, ...this.members.keys())
    const answer = await api.get(`rooms/${this.room.id}/members?limit=${PAGE}${last ? `&after=${last}` : ''}`).catch(() => null)
    if (!answer || visit !== this.#visit) return
    // Somebody came or went while the answer was made.
    if (this.#touched) return this.#load(again)
    if (again) this.members.clear()
    for (const member of answer.members) {
      this.members.set(member.user.id, member)
      if (member.online) this.chat.online.set(member.user.id, member.user)
    }
    this.#loaded = true
    this.#more = answer.more
    this.#total = answer.total
    this.#render()
  }

  #onMember({ room, user, role, member_count: count }) {
    if (room !== this.room?.id) return
    this.#touched = true
    this.#total = count
    if (!this.#loaded) return
    if (role) this.members.set(user.id, { ...this.members.get(user.id), user, role })
    else this.members.delete(user.id)
    this.#refresh()
  }

  // A member as the server answered.
  update(member) {
    if (this.members.has(member.user.id)) this.members.set(member.user.id, member)
    this.#refresh()
  }

  #refresh() {
    if (!this.shown) return
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#render()
    })
  }

  #render() {
    const members = [...this.members.values()].sort((a, b) => a.user.nickname.localeCompare(b.user.nickname))
    const here = members.filter(({ user }) => this.chat.isOnline(user.id))
    const away = members.filter(({ user }) => !this.chat.isOnline(user.id))
    this.#fill('here', here)
    this.#fill('away', away)
    setText(find('#people-here-label'), t('people-here', { count: here.length }))
    setText(find('#people-away-label'), t('people-away', { count: Math.max(away.length, this.#total - here.length) }))
    find('#people-away-label').hidden = !away.length
    find('#people-more').hidden = !this.#more
  }

  #fill(kind, members) {
    reconcile(this.lists[kind], this.#rows[kind], members.map(({ user, role, silenced_until: silenced }) => ({
      key: user.id,
      version: `${user.nickname} ${user.avatar_url} ${user.away} ${user.role} ${role} ${silenced} ${this.chat.contactOf(user.id)}`,
      create: () => element('li', {},
        element('button', { class: 'person', type: 'button', 'data-user': user.id, 'aria-haspopup': 'dialog' },
          avatar(user, 'small', this.chat.presenceOf(user)),
          element('span', { class: 'person-text' }, element('bdi', { class: 'person-name' }), element('bdi', { class: 'person-note truncate' })))),
      update: (row) => {
        const button = row.firstElementChild
        button.classList.toggle('person-away', kind === 'away')
        setAvatar(find('.avatar', button), user, this.chat.presenceOf(user))
        setText(find('.person-name', button), user.nickname)
        setText(find('.person-note', button), user.away === undefined ? '' : awayText(user))
        for (const chip of button.querySelectorAll('.chip')) chip.remove()
        button.append(...this.#chips(user, role, silenced))
      },
    })))
  }

  #chips(user, role, silenced) {
    const chips = []
    if (role === 'owner' || role === 'moderator') chips.push(element('span', { class: 'chip' }, t(`role-${role}`)))
    if (user.role !== 'member') chips.push(element('span', { class: 'chip chip-accent' }, t(`role-${user.role}`)))
    if (Date.parse(silenced ?? 0) > this.chat.now()) chips.push(element('span', { class: 'chip' }, t('silenced-chip')))
    const state = this.chat.contactOf(user.id)
    if (state === 'friend' || state === 'blocked') chips.push(element('span', { class: 'chip' }, t(`contact-${state}`)))
    if (user.id === this.chat.me.id) chips.push(element('span', { class: 'chip' }, t('me')))
    return chips
  }

  #onClick(event) {
    const button = event.target.closest('[data-user]')
    if (button) this.app.profile(Number(button.dataset.user), button)
    else if (event.target.closest('#people-add')) this.app.dialog('settings', 'members')
  }

  #toggle() {
    this.#show(!this.shown)
    if (isWide()) localStorage.setItem('setting:people', this.shown ? 'open' : 'closed')
  }

  // Beside the messages on wide screens; else a sheet over them, which Escape, Back and a click outside close.
  #show(shown) {
    const wide = isWide()
    if (wide) this.pane.removeAttribute('popover')
    else this.pane.popover = 'auto'
    if (!wide) this.pane.togglePopover(shown)
    this.#shown(shown)
  }

  #shown(shown) {
    this.app.shell.dataset.people = shown ? 'open' : 'closed'
    this.button.setAttribute('aria-pressed', String(shown))
    if (shown && this.room && !this.#loaded) this.#load(true)
    else this.#refresh()
  }
}

export function canManage(room) {
  return room.kind !== 'direct' && (room.my?.role === 'owner' || room.my?.role === 'moderator')
}

