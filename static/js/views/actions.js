// What can be done with one message: copy, edit, delete; and with one that was not sent: retry, copy, delete.

import { element, find, icon, toast } from '../lib/dom.js'
import { step } from '../lib/keys.js'
import { errorText, t } from '../lib/words.js'
import { confirm } from './dialogs.js'

export function act(app, name, row, anchor) {
  if (name === 'copy-code') return copy(row)
  const entry = app.stream.entryOf(row)
  if (entry) return actOnEntry(app, name, entry)
  const message = app.stream.messageOf(row)
  if (!message || message.deleted_at) return
  if (name === 'edit') return app.composer.edit(message)
  if (name === 'sheet') return openSheet(app, row, message)
  if (name === 'menu') return matchMedia('(hover: none)').matches ? openSheet(app, row, message) : openMenu(app, row, message, anchor)
}

function actOnEntry(app, name, entry) {
  if (name === 'retry') app.outbox.retry(entry.client_id)
  if (name === 'copy') copy(entry.text)
  if (name === 'discard') {
    app.outbox.remove(entry.client_id)
    app.composer.focus()
  }
}

// What the reader may do, in the order of the menu.
function choices(app, row, message) {
  const own = message.sender.id === app.chat.me.id
  return [
    { name: t('copy-text'), icon: 'copy', run: () => copy(message.text) },
    own && { name: t('edit'), icon: 'edit', key: '↑', run: () => app.composer.edit(message) },
    own && { name: t('delete'), icon: 'trash', danger: true, run: () => remove(app, row, message) },
  ].filter(Boolean)
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
  for (const choice of choices(app, row, message)) {
    if (choice.danger) menu.append(element('div', { class: 'menu-line', role: 'separator' }))
    menu.append(element('button', {
      class: choice.danger ? 'menu-item menu-item-danger' : 'menu-item', role: 'menuitem', type: 'button', tabindex: '-1',
      onclick: () => { close(false); choice.run() },
    }, icon(choice.icon), choice.name, choice.key ? element('kbd', {}, choice.key) : null))
  }
  menu.addEventListener('keydown', (event) => {
    const items = [...menu.querySelectorAll('[role="menuitem"]')]
    const index = step(event.key, items.indexOf(document.activeElement), items.length)
    if (event.key === 'Escape' || event.key === 'Tab') close(true)
    else if (index !== items.indexOf(document.activeElement)) items[index].focus()
    else return
    event.preventDefault()
    event.stopPropagation()
  })
  document.addEventListener('pointerdown', (event) => { if (!menu.contains(event.target)) close(false) }, { signal: stop.signal })
  app.stream.box.addEventListener('scroll', () => close(false), { signal: stop.signal, passive: true })
  if (anchor !== row) anchor.setAttribute('aria-expanded', 'true')
  row.append(menu)
  if (menu.getBoundingClientRect().bottom > app.stream.box.getBoundingClientRect().bottom) menu.classList.add('menu-above')
  find('[role="menuitem"]', menu).focus({ preventScroll: true })
}

function openSheet(app, row, message) {
  const sheet = find('#message-sheet')
  find('b', sheet).textContent = message.sender.nickname
  find('blockquote span', sheet).textContent = message.text
  const list = find('ul', sheet)
  list.replaceChildren(...choices(app, row, message).map((choice) => element('li', {},
    element('button', {
      class: choice.danger ? 'sheet-action sheet-action-danger' : 'sheet-action', type: 'button',
      onclick: () => { sheet.close(); choice.run() },
    }, icon(choice.icon), choice.name))))
  sheet.showModal()
}

async function remove(app, row, message) {
  const sure = await confirm({ title: t('delete-title'), text: t('delete-text'), quote: message.text, action: t('delete') })
  if (!sure) return row.focus({ preventScroll: true })
  try {
    await app.line.ask({ type: 'delete', id: message.id })
  } catch (error) {
    return toast(errorText(error.code))
  }
  const next = row.nextElementSibling ?? row
  next.focus({ preventScroll: true })
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
    toast(t('copied'))
  } catch {
    toast(t('copy-failed'))
  }
}
