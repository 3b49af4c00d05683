// Reaching for a message: the toolbar that goes with pointer and focus, keys in the list, a finger that rests on a row.

import { find } from '../lib/dom.js'
import { isField } from '../lib/keys.js'
import { act } from './actions.js'

const LONG_PRESS = 500

export function watch(app) {
  return new Hands(app)
}

class Hands {
  constructor(app) {
    this.app = app
    this.stream = app.stream
    this.tools = find('#message-tools')
    const { box, list } = this.stream
    list.addEventListener('pointerover', (event) => this.#show(event.target.closest('.message')))
    list.addEventListener('focusin', (event) => this.#show(event.target.closest('.message')))
    box.addEventListener('pointerleave', () => this.#hide())
    box.addEventListener('keydown', (event) => this.#onKey(event))
    list.addEventListener('pointerdown', (event) => this.#onPress(event))
    list.addEventListener('click', (event) => this.#onClick(event))
    this.stream.addEventListener('leaving', () => this.#put())
    // Where a keyboard on the screen covers the page instead of shrinking it, the page shrinks by itself.
    window.visualViewport?.addEventListener('resize', () => {
      app.shell.style.setProperty('--keyboard', `${Math.max(0, innerHeight - visualViewport.height * visualViewport.scale)}px`)
    })
  }

  #show(row) {
    const message = row?.dataset.id && !row.dataset.client ? this.stream.messageOf(row) : null
    if (!message || message.deleted_at) return this.#hide()
    if (this.tools.parentElement === row) return
    find('[data-act="edit"]', this.tools).hidden = message.sender.id !== this.app.chat.me.id
    row.append(this.tools)
    this.tools.hidden = false
  }

  #hide() {
    if (this.tools.contains(document.activeElement) || find('[aria-expanded="true"]', this.tools)) return
    this.#put()
  }

  // Back to where it waits.
  #put() {
    this.tools.hidden = true
    document.body.append(this.tools)
  }

  #onClick(event) {
    const copy = event.target.closest('[data-copy-code]')
    if (copy) return act(this.app, 'copy-code', copy.previousElementSibling.textContent)
    const button = event.target.closest('[data-act]')
    const row = button?.closest('.message')
    if (row) act(this.app, button.dataset.act, row, button)
  }

  // ↑ and ↓ walk through the rows, Enter opens what can be done with one.
  #onKey(event) {
    if (isField(event.target) || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return
    const row = event.target.closest('.message')
    if (event.key === 'Enter' && row && event.target === row) {
      event.preventDefault()
      return act(this.app, 'menu', row, row)
    }
    if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return
    const rows = [...this.stream.list.querySelectorAll('.message')]
    const index = row ? rows.indexOf(row) + (event.key === 'ArrowUp' ? -1 : 1) : rows.length - 1
    if (!rows[index]) return
    event.preventDefault()
    rows[index].focus({ preventScroll: true })
    rows[index].scrollIntoView({ block: 'nearest' })
  }

  #onPress(event) {
    const row = event.target.closest('.message')
    if (event.pointerType !== 'touch' || !row || event.target.closest('a, button')) return
    const done = new AbortController()
    const { signal } = done
    const timer = setTimeout(() => {
      done.abort()
      swallowClick()
      act(this.app, 'sheet', row, row)
    }, LONG_PRESS)
    const cancel = () => { clearTimeout(timer); done.abort() }
    for (const type of ['pointerup', 'pointercancel', 'pointerleave']) row.addEventListener(type, cancel, { signal })
    this.stream.box.addEventListener('scroll', cancel, { signal, passive: true })
    row.addEventListener('contextmenu', (menu) => menu.preventDefault(), { once: true })
  }
}

// The finger that opened a sheet is lifted over it; that is no tap on what lies there now.
function swallowClick() {
  const done = new AbortController()
  const { signal } = done
  const swallow = (event) => { event.preventDefault(); event.stopPropagation() }
  document.addEventListener('click', swallow, { capture: true, signal })
  document.addEventListener('pointerdown', () => done.abort(), { capture: true, signal })
}
