// What can be done with one message: answer, react, copy, edit, recall, delete; and with one that was not sent: retry, copy,
// delete.

import { element, find, icon, setText, toast } from '../lib/dom.js'
import { step } from '../lib/keys.js'
import { errorText, plural, t } from '../lib/words.js'
import { confirm } from './dialogs.js'
import { isGone, oneLine } from './message.js'

const SEEN_BY = 50
// What sending again does not cure: the message goes back to where it was written.
const HOPELESS = ['bad_upload', 'gone', 'invalid', 'too_long', 'words']
export const QUICK = ['👍', '❤️', '😂', '🎉', '🙏', '👀']

export function act(app, name, row, anchor) {
  if (name === 'copy-code') return copy(row)
  if (name === 'unfold') return app.stream.unfold(row)
  const entry = app.stream.entryOf(row)
  if (entry) return actOnEntry(app, name, entry)
  const message = app.stream.messageOf(row)
  if (name === 'profile') return message && app.profile(message.sender.id, anchor)
  if (name === 'redo') return app.composer.write(app.stream.recalled.get(message.id) ?? '')
  if (!message || isGone(message)) return
  if (name === 'react') return react(app, message, anchor.dataset.emoji)
  if (name === 'emoji') return pickReaction(app, message, anchor)
  if (name === 'reply') return app.composer.reply(message)
  if (name === 'edit') return app.composer.edit(message)
  if (name === 'sheet') return openSheet(app, row, message)
  if (name === 'menu') return matchMedia('(hover: none)').matches ? openSheet(app, row, message) : openMenu(app, row, message, anchor)
}

async function actOnEntry(app, name, entry) {
  if (name === 'retry' && HOPELESS.includes(entry.code)) return app.composer.takeBack(entry)
  if (name === 'retry') app.outbox.retry(entry.client_id)
  if (name === 'copy') copy(entry.text)
  if (name === 'discard') {
    app.outbox.remove(entry.client_id)
    app.composer.focus()
  }
}

// Puts my reaction on or takes it back, here at once and there a moment later.
export async function react(app, message, emoji) {
  const timeline = app.chat.timeline(message.room)
  const me = app.chat.me.id
  const shown = timeline.reactions(message, me)
  const on = !shown.find((reaction) => reaction.emoji === emoji)?.users.includes(me)
  if (on && shown.length >= app.chat.limits.reactions && !shown.some((reaction) => reaction.emoji === emoji)) return toast(t('reactions-full'))
  timeline.mark(message.id, emoji, on)
  try {
    const { rev } = await app.line.ask({ type: 'react', id: message.id, emoji, on })
    timeline.mark(message.id, emoji, on, rev)
  } catch (error) {
    timeline.mark(message.id, emoji, null)
    toast(error.code === 'too_many' ? t('reactions-full') : errorText(error.code))
  }
}

async function pickReaction(app, message, anchor) {
  const { pick } = await import('./emoji.js')
  pick(anchor, (emoji) => react(app, message, emoji))
}

// Milliseconds in which I may still recall a message; Infinity without an end.
function recallable(app, message) {
  const room = app.chat.get(message.room)
  if (app.chat.moderates(room)) return Infinity
  if (message.sender.id !== app.chat.me.id) return 0
  return Math.max(0, Date.parse(message.created_at) + app.chat.recallSeconds(room) * 1_000 - app.chat.now())
}

// What the reader may do, in the order of the menu.
function choices(app, row, message) {
  const own = message.sender.id === app.chat.me.id
  const room = app.chat.get(message.room)
  const left = recallable(app, message)
  return [
    { name: t('reply'), icon: 'reply', run: () => app.composer.reply(message) },
    message.text && { name: t('copy-text'), icon: 'copy', run: () => copy(message.text) },
    { name: t('copy-link'), icon: 'link', run: () => copy(`${location.origin}/r/${message.room}/m/${message.seq}`) },
    room.member_count <= SEEN_BY && { name: t('seen-by'), icon: 'eye', run: async () => (await import('./readers.js')).show(app, message) },
    message.reactions.length > 0 && { name: t('who-reacted'), icon: 'smile', run: async () => (await import('./reactions.js')).show(app, message) },
    !own && { name: t('profile'), icon: 'person', run: () => app.profile(message.sender.id, row) },
    !own && { name: t('report'), icon: 'flag', run: () => app.dialog('report', message, row) },
    own && { name: t('edit'), icon: 'edit', key: '↑', run: () => app.composer.edit(message) },
    left > 0 && { name: t('recall'), icon: 'recall', danger: true, until: left, run: () => recall(app, row, message) },
    own && { name: t('delete'), icon: 'trash', danger: true, run: () => remove(app, row, message), after: left > 0 },
  ].filter(Boolean)
}

// The button of a choice. Recalling counts down and gives way to deleting.
function choiceButton(choice, { item, danger, note }, attributes) {
  const button = element('button', { class: choice.danger ? `${item} ${danger}` : item, type: 'button', ...attributes }, icon(choice.icon), choice.name,
    choice.key || choice.until < Infinity ? element(note.tag, { class: note.class || null }, choice.key ?? '') : null)
  button.hidden = Boolean(choice.after)
  return button
}

// Counts down until `signal` ends; then the button of recalling gives way to the next one.
function countDown(list, buttons, signal) {
  const index = list.findIndex((choice) => choice.until < Infinity)
  if (index < 0) return
  const end = performance.now() + list[index].until
  const tick = () => {
    const left = Math.ceil((end - performance.now()) / 1_000)
    setText(buttons[index].lastElementChild, plural('seconds-left', left))
    if (left > 0) return
    const focused = buttons[index] === document.activeElement
    buttons[index].hidden = true
    const next = buttons[index + 1]
    if (next) next.hidden = false
    if (focused) (next ?? buttons[0]).focus()
    clearInterval(timer)
  }
  const timer = setInterval(tick, 250)
  signal.addEventListener('abort', () => clearInterval(timer))
  tick()
}

function openMenu(app, row, message, anchor) {
  const menu = element('div', { class: 'menu', role: 'menu', 'aria-label': t('more-actions') })
  const close = (refocus) => {
    stop.abort()
    menu.remove()
    anchor.removeAttribute?.('aria-expanded')
    if (refocus) row.focus({ preventScroll: true })
  }
  const stop = new AbortController()
  const list = choices(app, row, message)
  const look = { item: 'menu-item', danger: 'menu-item-danger', note: { tag: 'kbd' } }
  const buttons = list.map((choice) => choiceButton(choice, look, { role: 'menuitem', tabindex: '-1', onclick: () => { close(true); choice.run() } }))
  const first = list.findIndex((choice) => choice.danger)
  if (first >= 0) menu.append(...buttons.slice(0, first), element('div', { class: 'menu-line', role: 'separator' }), ...buttons.slice(first))
  else menu.append(...buttons)
  countDown(list, buttons, stop.signal)
  menu.addEventListener('keydown', (event) => {
    const items = buttons.filter((button) => !button.hidden)
    const index = step(event.key, items.indexOf(document.activeElement), items.length)
    if (event.key === 'Escape' || event.key === 'Tab') close(true)
    else if (index !== items.indexOf(document.activeElement)) items[index].focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  document.addEventListener('pointerdown', (event) => { if (!menu.contains(event.target)) close(false) }, { signal: stop.signal })
  // Who scrolls is done with it; what comes meanwhile may move the row, as long as it is in view.
  const { box } = app.stream
  for (const type of ['wheel', 'touchmove']) box.addEventListener(type, () => close(true), { signal: stop.signal, passive: true })
  box.addEventListener('scroll', () => { if (!isWithin(row, box)) close(true) }, { signal: stop.signal, passive: true })
  if (anchor !== row) anchor.setAttribute('aria-expanded', 'true')
  row.append(menu)
  if (menu.getBoundingClientRect().bottom > app.stream.box.getBoundingClientRect().bottom) menu.classList.add('menu-above')
  find('[role="menuitem"]', menu).focus({ preventScroll: true })
}

function isWithin(row, box) {
  const [{ top, bottom }, view] = [row.getBoundingClientRect(), box.getBoundingClientRect()]
  return bottom > view.top && top < view.bottom
}

function openSheet(app, row, message) {
  const sheet = find('#message-sheet')
  const stop = new AbortController()
  find('b', sheet).textContent = message.sender.nickname
  find('blockquote span', sheet).textContent = oneLine(message)
  fillQuick(app, message, sheet)
  const list = choices(app, row, message)
  const look = { item: 'sheet-action', danger: 'sheet-action-danger', note: { tag: 'span', class: 'sheet-action-note' } }
  const buttons = list.map((choice) => choiceButton(choice, look, { onclick: () => { sheet.close(); choice.run() } }))
  find('ul', sheet).replaceChildren(...buttons.map((button) => element('li', {}, button)))
  countDown(list, buttons, stop.signal)
  sheet.addEventListener('close', () => stop.abort(), { once: true })
  sheet.showModal()
}

function fillQuick(app, message, sheet) {
  const me = app.chat.me.id
  const shown = app.stream.timeline.reactions(message, me)
  const mine = (emoji) => Boolean(shown.find((reaction) => reaction.emoji === emoji)?.users.includes(me))
  find('.sheet-emoji', sheet).replaceChildren(
    ...QUICK.map((emoji) => element('button', {
      type: 'button', 'aria-pressed': String(mine(emoji)), 'aria-label': emoji, onclick: () => { sheet.close(); react(app, message, emoji) },
    }, emoji)),
    element('button', { type: 'button', 'aria-label': t('add-reaction'), onclick: () => { sheet.close(); pickReaction(app, message, null) } }, icon('plus')))
}

async function recall(app, row, message) {
  try {
    await app.line.ask({ type: 'recall', id: message.id })
  } catch (error) {
    return toast(errorText(error.code))
  }
  if (message.sender.id === app.chat.me.id) app.stream.keepRecalled(message.id, message.text || null)
  app.stream.refresh()
  row.focus({ preventScroll: true })
}

async function remove(app, row, message) {
  const sure = await confirm({ title: t('delete-title'), text: t('delete-text'), quote: oneLine(message), action: t('delete') })
  if (!sure) return row.focus({ preventScroll: true })
  try {
    await app.line.ask({ type: 'delete', id: message.id })
  } catch (error) {
    return toast(errorText(error.code))
  }
  const next = row.nextElementSibling ?? row
  next.focus({ preventScroll: true })
}

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('copied'))
  } catch {
    toast(t('copy-failed'))
  }
}
