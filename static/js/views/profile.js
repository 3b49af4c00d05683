// A person's card: who they are, and a way to talk to them.

import { api } from '../lib/api.js'
import { element, find, setAvatar, setText, toast } from '../lib/dom.js'
import { errorText, listTime, longDay, t } from '../lib/words.js'

export async function show(app, id, anchor) {
  const card = find('#profile')
  let user
  try {
    user = (await api.get(`users/${id}`)).user
  } catch (error) {
    return toast(errorText(error.code))
  }
  const online = id === app.chat.me.id || user.online
  setAvatar(find('.avatar', card), user, online ? 'online' : 'away')
  setText(find('#profile-name bdi', card), user.nickname)
  const chip = find('.chip', card)
  chip.hidden = user.role === 'member'
  if (!chip.hidden) setText(chip, t(`role-${user.role}`))
  const seen = user.last_seen_at && !online ? t('last-seen', { time: listTime(new Date(user.last_seen_at)) }) : online ? t('online') : t('offline')
  setText(find('.profile-handle', card), `@${user.username} · ${seen}`)
  const bio = find('.profile-about', card)
  bio.hidden = !user.bio
  setText(bio, user.bio ?? '')
  find('.facts', card).replaceChildren(element('dt', {}, t('here-since')), element('dd', {}, longDay(new Date(user.created_at))))
  const write = find('#profile-write', card)
  write.hidden = id === app.chat.me.id
  write.onclick = () => { card.close(); talkTo(app, id) }
  find('#profile-edit', card).hidden = id !== app.chat.me.id
  place(card, anchor)
}

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
  card.showModal()
  card.style.removeProperty('inset-block-start')
  card.style.removeProperty('inset-inline-start')
  delete card.dataset.placed
  if (phone || !anchor) return
  card.dataset.placed = ''
  const at = anchor.getBoundingClientRect()
  const size = card.getBoundingClientRect()
  const start = at.left - size.width - 8 > 0 ? at.left - size.width - 8 : at.right + 8
  const rtl = document.dir === 'rtl'
  card.style.setProperty('inset-block-start', `${Math.max(8, Math.min(at.top, innerHeight - size.height - 8))}px`)
  card.style.setProperty('inset-inline-start', `${Math.max(8, rtl ? innerWidth - start - size.width : start)}px`)
}
