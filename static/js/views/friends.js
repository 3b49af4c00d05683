// Friends in the side list: who asks, who is here; and what is asked before somebody is blocked.

import { avatar, element, find, icon, reconcile, setAvatar, setText, toast } from '../lib/dom.js'
import { errorText, plural, t } from '../lib/words.js'
import { befriend, block, drop, listOf, lookAround } from '../models/contacts.js'
import { confirm } from './dialogs.js'
import { talkTo } from './profile.js'

export function watch(app) {
  return new Friends(app)
}

class Friends {
  #rows = { requests: new Map(), friends: new Map() }
  #frame = 0

  constructor(app) {
    this.app = app
    this.chat = app.chat
    this.lists = { requests: find('#request-list'), friends: find('#friend-list') }
    this.count = find('#request-count')
    for (const type of ['contacts', 'people']) this.chat.addEventListener(type, () => this.#refresh())
    this.lists.requests.addEventListener('click', (event) => this.#onRequest(event))
    this.lists.friends.addEventListener('click', ({ target }) => {
      const button = target.closest('[data-user]')
      if (button) talkTo(app, Number(button.dataset.user))
    })
    app.line.addEventListener('change', () => { if (app.line.state === 'open') this.#look() })
    this.#look()
    this.#refresh()
  }

  #look() { lookAround(this.chat).catch(() => {}) }

  #refresh() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.#render()
    })
  }

  #render() {
    const requests = listOf(this.chat, 'incoming')
    const friends = listOf(this.chat, 'friend', true)
    reconcile(this.lists.requests, this.#rows.requests, requests.map((user) => this.#request(user)))
    reconcile(this.lists.friends, this.#rows.friends, friends.map((user) => this.#friend(user)))
    this.lists.requests.hidden = !requests.length
    this.lists.friends.hidden = !friends.length
    find('#no-friends').hidden = requests.length + friends.length > 0
    this.count.hidden = !requests.length
    setText(this.count.firstElementChild, String(requests.length))
    setText(this.count.lastElementChild, ` ${plural('requests', requests.length)}`)
  }

  #request(user) {
    return {
      key: user.id,
      version: `${user.nickname} ${user.avatar_url}`,
      create: () => element('li', { class: 'person' }),
      update: (row) => row.replaceChildren(
        element('button', { class: 'person-open', type: 'button', 'data-show': user.id, 'aria-haspopup': 'dialog' },
          avatar(user, 'small'), element('bdi', { class: 'person-name' }, user.nickname)),
        element('span', { class: 'person-actions' },
          element('button', { class: 'icon-button', type: 'button', 'data-accept': user.id, 'aria-label': t('accept-name', { name: user.nickname }), title: t('accept') }, icon('check')),
          element('button', { class: 'icon-button', type: 'button', 'data-decline': user.id, 'aria-label': t('decline-name', { name: user.nickname }), title: t('decline') }, icon('close')))),
    }
  }

  #friend(user) {
    const presence = this.chat.isOnline(user.id) ? 'online' : 'away'
    return {
      key: user.id,
      version: `${user.nickname} ${user.avatar_url} ${presence}`,
      create: () => element('li', {}, element('button', { class: 'person', type: 'button', 'data-user': user.id },
        avatar(user, 'small'), element('span', { class: 'person-text' }, element('bdi', { class: 'person-name' })), element('span', { class: 'visually-hidden' }))),
      update: (row) => {
        const button = row.firstElementChild
        button.classList.toggle('person-away', presence === 'away')
        setAvatar(find('.avatar', button), user, presence)
        setText(find('.person-name', button), user.nickname)
        setText(button.lastElementChild, presence === 'online' ? t('online') : t('offline'))
      },
    }
  }

  #onRequest({ target }) {
    const button = target.closest('button')
    if (!button) return
    const { show, accept, decline } = button.dataset
    if (show) return this.app.profile(Number(show), button)
    const { user } = this.chat.contacts.get(Number(accept ?? decline)) ?? {}
    if (user) attempt(() => (accept ? befriend : drop)(this.chat, user))
  }
}

// Tells where it did not work.
export async function attempt(act) {
  try {
    await act()
    return true
  } catch (error) {
    toast(errorText(error.code))
    return false
  }
}

export async function askToBlock(chat, user) {
  if (!await confirm({ title: t('block-title', { name: user.nickname }), text: t('block-text'), action: t('block') })) return
  if (await attempt(() => block(chat, user))) toast(t('blocked-done', { name: user.nickname }))
}

export async function unblock(chat, user) {
  if (await attempt(() => drop(chat, user))) toast(t('unblocked-done', { name: user.nickname }))
}

export async function askToUnfriend(chat, user) {
  if (!await confirm({ title: t('unfriend-title', { name: user.nickname }), text: t('unfriend-text'), action: t('unfriend') })) return
  await attempt(() => drop(chat, user))
}
