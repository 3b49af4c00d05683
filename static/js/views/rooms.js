// The list of rooms, what is unread in them, the page's title and who I am.

import { clone, find, reconcile, setAvatar, setIcon, setText } from '../lib/dom.js'
import { listTime, plural, t } from '../lib/words.js'
import { drafts } from '../models/outbox.js'

export function watch(app) {
  return new RoomList(app)
}

class RoomList {
  #rows = { rooms: new Map(), directs: new Map() }
  #held = false
  #face = ''
  #frame = 0

  constructor({ chat, line, room }) {
    Object.assign(this, { chat, line })
    this.current = room?.id ?? null
    this.side = find('#rooms')
    this.lists = { rooms: find('#room-list'), directs: find('#direct-list') }
    for (const list of Object.values(this.lists)) list.replaceChildren()
    chat.addEventListener('rooms', () => this.refresh())
    chat.addEventListener('people', () => this.refresh())
    chat.addEventListener('contacts', () => this.refresh())
    line.addEventListener('change', () => this.refresh())
    // The order does not change under the pointer.
    this.side.addEventListener('pointerenter', (event) => { this.#held = event.pointerType === 'mouse' })
    this.side.addEventListener('pointerleave', () => { this.#held = false; this.refresh() })
    this.render()
  }

  select(id) {
    this.current = id
    this.render()
  }

  // The room after or before the open one, as the list shows them.
  next(step, onlyUnread) {
    const ids = [...this.side.querySelectorAll('.room[data-room]')].map((link) => Number(link.dataset.room))
    const count = ids.length
    let index = ids.indexOf(this.current)
    if (index < 0 && step < 0) index = 0
    for (let tried = 0; tried < count; tried += 1) {
      index = (index + step + count) % count
      const room = this.chat.get(ids[index])
      if (!onlyUnread || (room && this.chat.unreadOf(room))) return ids[index]
    }
    return null
  }

  // Titles and badges change in hidden tabs too, where frames are not drawn.
  refresh() {
    this.#title()
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0
      this.render()
    })
  }

  render() {
    const rooms = [...this.chat.rooms.values()]
    this.#fill('rooms', rooms.filter((room) => room.kind !== 'direct'))
    this.#fill('directs', rooms.filter((room) => room.kind === 'direct'))
    find('#no-directs').hidden = this.lists.directs.childElementCount > 0
    const { me } = this.chat
    const face = `${me.nickname} ${me.avatar_url}`
    if (this.#face !== face) setAvatar(find('#me .avatar'), me, 'online')
    this.#face = face
    setText(find('#me-name'), me.nickname)
    setText(find('#me-status'), this.line.state === 'open' ? t('online') : t('offline'))
    find('#me .presence').classList.toggle('presence-away', this.line.state !== 'open')
    this.#title()
  }

  #fill(kind, rooms) {
    const rows = this.#rows[kind]
    const order = [...rows.keys()]
    const rank = (room) => (this.#held && rows.has(room.id) ? order.indexOf(room.id) : -1)
    rooms.sort((a, b) => rank(a) - rank(b) || this.#byNeed(a, b))
    reconcile(this.lists[kind], rows, rooms.map((room) => this.#row(room)))
    // Keeps the map in the order shown, for the next time the order is held.
    for (const room of rooms) {
      const row = rows.get(room.id)
      rows.delete(room.id)
      rows.set(room.id, row)
    }
  }

  // Mentions first, then the newest.
  #byNeed(a, b) {
    const meant = (room) => Number(!this.chat.isMuted(room) && this.chat.mentionsOf(room) > 0)
    const need = meant(b) - meant(a)
    return need || newest(b).localeCompare(newest(a)) || a.id - b.id
  }

  #row(room) {
    const { chat } = this
    const unread = chat.unreadOf(room)
    const muted = chat.isMuted(room)
    const mentions = muted ? 0 : chat.mentionsOf(room)
    const current = room.id === this.current
    const draft = !current && drafts.get(chat.me.id, room.id)
    const presence = room.peer ? (chat.isOnline(room.peer.id) ? 'online' : 'away') : ''
    const name = chat.nameOf(room)
    const last = draft ? t('draft', { text: draft }) : preview(chat, room)
    const time = room.last ? listTime(new Date(room.last.at)) : ''
    return {
      key: room.id,
      version: [name, room.kind, room.peer?.avatar_url, unread, mentions, muted, current, presence, last, time, Boolean(draft)].join('\u0001'),
      create: () => clone('room-row'),
      update: (row) => {
        const link = row.firstElementChild
        link.href = `/r/${room.id}`
        link.dataset.room = room.id
        link.classList.toggle('room-unread', unread > 0 && !muted)
        link.classList.toggle('room-muted', muted)
        if (current) link.setAttribute('aria-current', 'page')
        else link.removeAttribute('aria-current')
        const face = find('.avatar', link)
        const icon = find('.room-mark .icon', link)
        face.hidden = !room.peer
        icon.classList.toggle('room-mark-off', Boolean(room.peer))
        if (room.peer) setAvatar(face, room.peer, presence)
        else setIcon(icon, room.kind === 'private' ? 'lock' : 'hash')
        setText(find('.room-name', link), name)
        setText(find('.room-text', link), last)
        setText(find('.room-time', link), time)
        find('.room-hint', link).hidden = !draft
        find('.room-mute', link).hidden = !muted
        const badge = find('.badge', link)
        badge.hidden = !unread
        badge.classList.toggle('badge-mention', mentions > 0)
        badge.classList.toggle('badge-dot', muted)
        badge.classList.toggle('badge-muted', muted)
        const count = mentions || unread
        setText(badge.firstElementChild, muted ? '' : count > 99 ? '99+' : String(count))
        setText(badge.lastElementChild, muted ? t('unread-muted') : ` ${mentions && room.kind !== 'direct' ? plural('mentions', mentions) : plural('unread', unread)}`)
      },
    }
  }

  // "(3) room · site", "● room · site" where nothing is meant for me, and on phones what waits in other rooms.
  #title() {
    const { meant, unread, elsewhere } = this.chat.totals(this.current)
    const room = this.chat.get(this.current)
    const name = room ? `${this.chat.nameOf(room)} · ${this.chat.site}` : this.chat.site
    const title = meant ? `(${meant > 99 ? '99+' : meant}) ${name}` : unread ? `● ${name}` : name
    if (document.title !== title) document.title = title
    const back = find('#back')
    setText(find('span', back), elsewhere ? String(elsewhere > 99 ? '99+' : elsewhere) : '')
    back.setAttribute('aria-label', elsewhere ? plural('back-unread', elsewhere) : t('back'))
    if (navigator.setAppBadge) (meant ? navigator.setAppBadge(meant) : navigator.clearAppBadge()).catch(() => {})
  }
}

const newest = (room) => room.last?.at ?? room.created_at

function preview(chat, room) {
  if (!room.last) return room.topic
  if (chat.blocked.has(room.last.sender.id)) return plural('blocked-lines', 1)
  const { text: words, images, deleted, recalled } = room.last
  const said = [images ? t('image-mark') : '', words.replace(/\s+/g, ' ').slice(0, 120)].filter(Boolean).join(' ')
  const text = recalled ? t('recalled') : deleted ? t('deleted') : said || t('preview-gone')
  return room.kind === 'direct' ? text : `${room.last.sender.nickname}: ${text}`
}
