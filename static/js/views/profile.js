// A person's card: who they are, and what can be done about them.

import { api } from '../lib/api.js'
import { element, find, icon, setAvatar, setText, toast } from '../lib/dom.js'
import { awayText, errorText, listTime, longDay, t } from '../lib/words.js'
import { befriend, drop } from '../models/contacts.js'
import { askToBlock, askToUnfriend, attempt, unblock } from './friends.js'
import { isSilenced, lift, maySilence, silences } from './silence.js'

let watched = null
let shown = null
let asked = 0

export async function show(app, id, anchor) {
  const card = find('#profile')
  const turn = ++asked
  let user
  try {
    user = (await api.get(`users/${id}`)).user
  } catch (error) {
    return toast(errorText(error.code))
  }
  // Another one was asked for meanwhile.
  if (turn !== asked) return
  if (!watched) {
    watched = app.chat
    app.chat.addEventListener('contacts', () => { if (card.open && shown) fillActions(app, card) })
    find('#profile-more', card).addEventListener('click', () => {
      const opens = find('#profile-menu', card).hidden
      if (opens) fillActions(app, card)
      fold(card, opens)
    })
  }
  shown = user
  if (user.contact && user.contact !== app.chat.contactOf(id)) app.chat.setContact({ user: cardOf(user), state: user.contact })
  fill(app, card, user)
  fold(card, false)
  fillActions(app, card)
  place(card, anchor)
}

function fill(app, card, user) {
  const online = user.id === app.chat.me.id || user.online
  setAvatar(find('.avatar', card), user, online && user.away === undefined ? 'online' : 'away', user.avatar_large_url ?? user.avatar_url)
  setText(find('#profile-name bdi', card), user.nickname)
  const chip = find('.chip', card)
  chip.hidden = user.role === 'member'
  if (!chip.hidden) setText(chip, t(`role-${user.role}`))
  const seen = user.last_seen_at && !online ? t('last-seen', { time: listTime(new Date(user.last_seen_at)) }) : user.away !== undefined ? awayText(user) : online ? t('online') : t('offline')
  setText(find('.profile-handle', card), `@${user.username} · ${seen}`)
  const bio = find('.profile-about', card)
  bio.hidden = !user.bio
  setText(bio, user.bio ?? '')
  const role = app.people?.members.get(user.id)?.role
  find('.facts', card).replaceChildren(
    element('dt', {}, t('here-since')), element('dd', {}, longDay(new Date(user.created_at))),
    ...(role ? [element('dt', {}, t('role-here')), element('dd', {}, t(`role-${role}`))] : []))
}

// What can be done, by what the person is to me.
function fillActions(app, card) {
  const { chat } = app
  const user = cardOf(shown)
  const self = user.id === chat.me.id
  const state = chat.contactOf(user.id)
  const write = find('#profile-write', card)
  write.hidden = self || state === 'blocked'
  write.onclick = () => {
    for (const dialog of document.querySelectorAll('dialog[open]')) dialog.close()
    talkTo(app, user.id)
  }
  find('#profile-edit', card).hidden = !self
  const mark = find('#profile-state', card)
  mark.hidden = self || !['friend', 'requested', 'incoming', 'blocked'].includes(state)
  if (!mark.hidden) setText(mark, t(`contact-${state}`))
  const friend = find('#profile-friend', card)
  const act = { none: ['person-plus', 'add', befriend], incoming: ['check', 'accept', befriend], requested: ['close', 'take-back', drop], blocked: ['block', 'unblock', null] }[state]
  friend.hidden = self || !act
  if (act) {
    const [sign, word, run] = act
    friend.replaceChildren(icon(sign), t(word))
    friend.onclick = () => (run ? attempt(() => run(chat, user)) : unblock(chat, user))
  }
  const entry = ([sign, word, run, danger]) => element('li', {},
    element('button', { class: danger ? 'sheet-action sheet-action-danger' : 'sheet-action', type: 'button', onclick: () => { fold(card, false); run() } }, icon(sign), word))
  const menu = find('#profile-menu', card)
  const silenceFor = () => {
    menu.replaceChildren(...silences(app, user).map(entry))
    fold(card, true)
    find('button', menu).focus()
  }
  const more = [
    state === 'incoming' && ['close', 'decline', () => attempt(() => drop(chat, user))],
    state === 'friend' && ['person-minus', 'unfriend', () => askToUnfriend(chat, user)],
    maySilence(app, user) && (isSilenced(app, user) ? ['check', 'silence-lift', () => lift(app, user)] : ['shield', 'silence', silenceFor]),
    state !== 'blocked' && ['block', 'block', () => askToBlock(chat, user), true],
  ].filter((entry) => entry && !self)
  find('#profile-more', card).hidden = !more.length
  if (!more.length) fold(card, false)
  menu.replaceChildren(...more.map(([sign, word, run, danger]) => entry([sign, t(word), run, danger])))
}

function fold(card, open) {
  find('#profile-menu', card).hidden = !open
  find('#profile-more', card).setAttribute('aria-expanded', String(open))
}

const cardOf = ({ id, username, nickname, role, avatar_url }) => ({ id, username, nickname, role, avatar_url })

// Opens the one private chat there is with a person, making it where it is missing.
export async function talkTo(app, id) {
  try {
    const { room } = await api.post('directs', { user: id })
    app.chat.addRoom(room)
    app.open(room.id)
  } catch (error) {
    toast(errorText(error.code))
  }
}

// Beside the person where there is room, a sheet on phones.
function place(card, anchor) {
  const phone = matchMedia('(max-width: 767px)').matches
  card.classList.toggle('sheet', phone)
  card.classList.toggle('profile-card', !phone)
  if (!card.open) card.showModal()
  card.style.removeProperty('inset-block-start')
  card.style.removeProperty('inset-inline-start')
  delete card.dataset.placed
  if (phone || !anchor?.isConnected || anchor.closest('dialog')) return
  card.dataset.placed = ''
  const at = anchor.getBoundingClientRect()
  const size = card.getBoundingClientRect()
  const start = at.left - size.width - 8 > 0 ? at.left - size.width - 8 : at.right + 8
  const fits = Math.min(start, innerWidth - size.width - 8)
  const rtl = document.dir === 'rtl'
  card.style.setProperty('inset-block-start', `${Math.max(8, Math.min(at.top, innerHeight - size.height - 8))}px`)
  card.style.setProperty('inset-inline-start', `${Math.max(8, rtl ? innerWidth - fits - size.width : fits)}px`)
}
