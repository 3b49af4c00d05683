// One row of the stream: who wrote it, what it answers, text, images, reactions. The markup is the template's.

import { clone, element, find, icon, setAvatar, setIcon, setText, spans, style } from '../lib/dom.js'
import { clock, errorText, fullTime, plural, t } from '../lib/words.js'
import { mentions } from '../models/timeline.js'

// The box in which an image stands in the stream, in pixels; the template's filter `boxed` knows it too.
const BOX = { width: 420, height: 360 }

// The longer side of a thumbnail, as the server makes it, and how wide an image stands among so many, both in pixels.
const THUMB = 360
const WIDTHS = { 2: 208, 3: 280, 4: 208, many: 138 }

export const isGone = (message) => Boolean(message.deleted_at || message.recalled_at)

// Does it tell what its author does?
const acts = ({ spans: [first] }) => first?.type === 'action'

// What stands for a message in one line: a quote, a preview, a question.
export function oneLine(message) {
  if (message.recalled_at) return t('recalled')
  if (message.deleted_at) return t('deleted')
  const said = acts(message) ? message.text.replace(/^\S+/, message.sender.nickname) : message.text
  const text = said.replace(/\s+/g, ' ').slice(0, 200)
  return message.uploads?.length ? `${t('image-mark')} ${text}`.trim() : text
}

// Fills a row. `rest`: { first, me, room, quote, reactions, redo }: does it begin a group; my id; the room's id; the quoted
// message (undefined: not here yet, null: gone); the reactions to show; may a text I recalled be taken up again.
export function fillMessage(row, message, rest) {
  const { me, first } = rest
  const own = message.sender.id === me
  row.classList.toggle('message-first', first)
  row.classList.toggle('message-own', own)
  row.classList.toggle('message-mention', !own && mentions(message.spans, me))
  fillHead(row, message)
  fillQuote(row, message, rest)
  fillBody(row, message, own, rest)
  fillImages(row, message)
  fillReactions(row, rest)
}

function fillHead(row, { sender, created_at: at }) {
  setAvatar(find('.avatar', row), sender)
  setText(find('.message-author bdi', row), sender.nickname)
  const chip = find('.chip', row)
  // Guests are not told.
  chip.hidden = (sender.role ?? 'member') === 'member'
  chip.classList.toggle('chip-accent', sender.role === 'admin')
  if (!chip.hidden) setText(chip, sender.role === 'admin' ? t('role-admin') : t('role-bot'))
  const time = find('.message-time', row)
  const date = new Date(at)
  time.dateTime = at
  time.title = fullTime(date)
  setText(time, clock(date))
}

function fillQuote(row, message, { quote, room }) {
  let node = find('.message-quote', row)
  if (!message.reply_to) return node?.remove()
  if (!node) find('.message-body', row).before(node = clone('quote'))
  node.href = `/r/${room}/m/${message.reply_to.seq}`
  node.dataset.seq = message.reply_to.seq
  node.classList.toggle('message-quote-gone', quote === null || Boolean(quote && isGone(quote)))
  setText(find('bdi', node), quote?.sender.nickname ?? '')
  const words = quote?.folded ? plural('blocked-lines', 1) : quote && oneLine(quote)
  setText(find('.truncate', node), words ?? (quote === null ? t('quote-missing') : '…'))
  const thumb = find('img', node)
  const [upload] = (!quote?.folded && quote?.uploads) || []
  thumb.hidden = !upload
  if (upload) thumb.src = upload.thumb_url
  else thumb.removeAttribute('src')
}

function fillBody(row, message, own, { redo }) {
  const gone = isGone(message)
  const body = find('.message-body', row)
  body.classList.toggle('message-gone', gone)
  const preset = message.kind === 'preset' && !gone
  body.classList.toggle('preset', preset)
  body.classList.toggle('message-big-emoji', !preset && isBigEmoji(message.spans))
  body.hidden = !gone && !message.spans.length
  if (preset) {
    style('presets')
    body.replaceChildren(icon('megaphone'), element('div', {}, spans(message.spans)))
  } else if (!gone) body.replaceChildren(...acts(message) ? [element('bdi', { class: 'message-actor' }, message.sender.nickname), ' '] : [], spans(message.spans))
  else if (message.recalled_at) body.replaceChildren(redo === undefined ? t('recalled') : t('recalled-own'))
  else body.replaceChildren(own ? t('deleted-own') : t('deleted'))
  if (redo) body.append(' ', clone('redo'))
  if (message.edited_at && !gone) {
    body.append(' ', Object.assign(document.createElement('span'), { className: 'message-edited', textContent: t('edited'), title: fullTime(new Date(message.edited_at)) }))
  }
}

function fillImages(row, message) {
  const uploads = isGone(message) ? [] : message.uploads ?? []
  let list = find('.message-images', row)
  if (!uploads.length) return list?.remove()
  const ids = uploads.map((upload) => upload.id).join(' ')
  if (list?.dataset.ids === ids) return
  list?.remove()
  list = clone('images')
  list.dataset.ids = ids
  list.dataset.count = countOf(uploads.length)
  const blank = list.firstElementChild
  list.replaceChildren(...uploads.map((upload) => fillImage(blank.cloneNode(true), upload, uploads.length)))
  find('.message-body', row).after(list)
}

function fillImage(item, upload, count) {
  const alone = count === 1
  const link = item.firstElementChild
  const image = link.firstElementChild
  link.href = upload.url
  link.dataset.upload = upload.id
  // Known before anything is loaded, so nothing moves afterwards.
  image.width = alone ? boxed(upload) : upload.width
  image.height = alone ? Math.max(1, Math.round(image.width * upload.height / upload.width)) : upload.height
  // Without it the ratio is that of the file once it is there, which is rounded in another way.
  if (alone) image.style.aspectRatio = `${image.getAttribute('width')} / ${image.getAttribute('height')}`
  image.style.backgroundColor = upload.color
  image.alt = t('image-named', { name: upload.name })
  image.onerror = () => showBroken(link, upload, alone)
  const thumb = upload.width * Math.min(1, THUMB / Math.max(upload.width, upload.height))
  if (!upload.animated && thumb < upload.width) {
    // A phone spares its line: whatever its screen could show, the small one is dense enough for a pixel.
    image.sizes = `(max-width: 767px) 1px, ${alone ? image.getAttribute('width') : WIDTHS[count] ?? WIDTHS.many}px`
    image.srcset = `${upload.thumb_url} ${Math.round(thumb)}w, ${upload.url} ${upload.width}w`
  }
  image.src = upload.thumb_url
  return item
}

// In place of an image that cannot be loaded; a click asks for it again.
function showBroken(link, upload, alone) {
  const image = link.firstElementChild
  const tile = clone('image-broken')
  if (alone) {
    tile.style.inlineSize = `${image.getAttribute('width')}px`
    tile.style.aspectRatio = `${upload.width} / ${upload.height}`
  }
  setText(find('span', tile), image.alt)
  tile.onclick = () => {
    tile.replaceWith(link)
    link.focus({ preventScroll: true })
    image.src = upload.thumb_url
  }
  const focused = document.activeElement === link
  link.replaceWith(tile)
  if (focused) tile.focus({ preventScroll: true })
}

const boxed = ({ width, height }) => Math.max(1, Math.round(Math.min(width, BOX.width, BOX.height * width / height)))

// How the images of a message are laid out.
export const countOf = (count) => (count <= 4 ? String(count) : 'many')

function fillReactions(row, { reactions, me }) {
  let list = find('.reactions', row)
  if (!reactions.length) return list?.remove()
  if (!list) {
    list = clone('reactions')
    list.blank = list.firstElementChild
    list.replaceChildren(list.lastElementChild)
    row.append(list)
  }
  // A chip that stays keeps the focus.
  const known = new Map([...list.querySelectorAll('[data-emoji]')].map((chip) => [chip.dataset.emoji, chip.parentElement]))
  for (const [emoji, item] of known) if (!reactions.some((reaction) => reaction.emoji === emoji)) item.remove()
  for (const { emoji, count, users } of reactions) {
    const item = known.get(emoji) ?? list.blank.cloneNode(true)
    const chip = item.firstElementChild
    const mine = users.includes(me)
    chip.dataset.emoji = emoji
    // Who they are is asked for again.
    chip.removeAttribute('title')
    delete chip.dataset.named
    chip.setAttribute('aria-pressed', String(mine))
    chip.setAttribute('aria-label', `${plural('reaction', count, { emoji })}${mine ? t('reaction-mine') : ''}`)
    // The names that were told before may be others now.
    chip.removeAttribute('title')
    delete chip.dataset.named
    setText(chip.firstElementChild, emoji)
    setText(chip.lastElementChild, String(count))
    if (!item.isConnected) list.lastElementChild.before(item)
  }
}

// What becomes of a message of mine that is on its way; `open`: is there a line?
export function fillState(row, entry, open) {
  const failed = entry.state === 'failed'
  row.classList.toggle('message-pending', entry.state === 'pending')
  row.classList.toggle('message-failed', failed)
  let state = find('.message-state', row)
  if (entry.state === 'sent') return state?.remove()
  if (!state) row.append(state = clone('message-state'))
  state.classList.toggle('message-state-late', !failed)
  setIcon(find('.icon', state), failed ? 'alert' : 'clock')
  const waiting = open ? t('sending') : t('waiting')
  setText(find('span', state), failed ? t('failed', { reason: errorText(entry.code) }) : waiting)
  for (const button of state.querySelectorAll('button')) button.hidden = !failed
}

function isBigEmoji(list) {
  const emoji = list.filter((span) => span.type === 'emoji').length
  return emoji >= 1 && emoji <= 6 && list.every((span) => span.type === 'emoji' || (typeof span === 'string' && !span.trim()))
}
