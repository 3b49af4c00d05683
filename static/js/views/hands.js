// Reaching for a message: the toolbar that goes with pointer and focus, keys in the list, a finger that rests on a row or
// draws it aside, images, quotes, reactions, and files that are dropped.

import { find, toast } from '../lib/dom.js'
import { isField } from '../lib/keys.js'
import { errorText } from '../lib/words.js'
import { act } from './actions.js'
import { isGone } from './message.js'

const LONG_PRESS = 500
const SWIPE = 56

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
    list.addEventListener('pointerover', (event) => this.#onHover(event.target.closest('.reaction[data-emoji]')))
    list.addEventListener('focusin', (event) => this.#onHover(event.target.closest('.reaction[data-emoji]')))
    this.#takeDrops()
    // Beside the room the browser would leave the page for the file.
    for (const type of ['dragover', 'drop']) {
      document.addEventListener(type, (event) => { if (event.dataTransfer?.types.includes('Files')) event.preventDefault() })
    }
    // The pointer may have come before us.
    this.#show(find('.message:hover', list))
    this.#onHover(find('.reaction[data-emoji]:is(:hover, :focus)', list))
    this.stream.addEventListener('leaving', () => this.#put())
    // Where a keyboard on the screen covers the page instead of shrinking it, the page shrinks by itself.
    window.visualViewport?.addEventListener('resize', () => {
      app.shell.style.setProperty('--keyboard', `${Math.max(0, innerHeight - visualViewport.height * visualViewport.scale)}px`)
    })
  }

  #show(row) {
    const message = row?.dataset.id && !row.dataset.client ? this.stream.messageOf(row) : null
    if (!message || isGone(message)) return this.#hide()
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
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    const image = plain && event.target.closest('[data-upload]')
    const quote = plain && event.target.closest('.message-quote')
    if (image || quote) event.preventDefault()
    if (image) return this.#look(image)
    if (quote) return this.stream.jump(Number(quote.dataset.seq)).catch((error) => toast(errorText(error.code)))
    const button = event.target.closest('[data-act]')
    const row = button?.closest('.message, .fold-line')
    if (row) return act(this.app, button.dataset.act, row, button)
    const face = event.target.closest('.message > .avatar, .message-author')
    if (face) act(this.app, 'profile', face.closest('.message'), face)
  }

  // Images of messages that are still on their way are not looked at in full.
  async #look(link) {
    if (link.closest('.message').dataset.id) (await import('./lightbox.js')).show(this.app, link)
  }

  // Who reacted, told where the pointer rests.
  async #onHover(chip) {
    const row = chip?.closest('.message')
    if (row) (await import('./reactions.js')).name(this.app, this.stream.messageOf(row), chip)
  }

  // Files that are dropped anywhere on the room.
  #takeDrops() {
    const pane = find('#room')
    const target = find('#drop-target')
    const hasFiles = (event) => event.dataTransfer?.types.includes('Files') && this.app.room
    let depth = 0
    const show = (by) => { depth = Math.max(0, depth + by); target.hidden = depth === 0 }
    pane.addEventListener('dragenter', (event) => { if (hasFiles(event)) { event.preventDefault(); show(1) } })
    pane.addEventListener('dragover', (event) => { if (hasFiles(event)) event.preventDefault() })
    pane.addEventListener('dragleave', (event) => { if (hasFiles(event)) show(-1) })
    pane.addEventListener('drop', (event) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      show(-depth)
      this.app.composer.attach([...event.dataTransfer.files])
    })
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
    if (event.pointerType !== 'touch' || !row || event.target.closest('a:not(.message-quote, [data-upload]), .message-body button, .message-state')) return
    const chip = event.target.closest('.reaction')
    const done = new AbortController()
    const { signal } = done
    const message = this.stream.messageOf(row)
    const timer = setTimeout(async () => {
      end()
      swallowClick()
      if (chip?.dataset.emoji && message) return (await import('./reactions.js')).show(this.app, message)
      act(this.app, 'sheet', row, row)
    }, LONG_PRESS)
    const end = () => {
      clearTimeout(timer)
      done.abort()
      row.style.transform = ''
      row.classList.remove('message-swiped')
    }
    // To the reading side's end: answer.
    const onMove = ({ clientX, clientY, pointerId }) => {
      if (pointerId !== event.pointerId) return
      const far = (clientX - event.clientX) * (getComputedStyle(row).direction === 'rtl' ? -1 : 1)
      if (Math.abs(clientY - event.clientY) > 12 && far < 12) return end()
      if (far < 12 || !message || isGone(message)) return
      clearTimeout(timer)
      row.style.transform = `translateX(${Math.min(SWIPE * 1.3, clientX - event.clientX)}px)`
      row.classList.toggle('message-swiped', far >= SWIPE)
    }
    const onUp = () => {
      const swiped = row.classList.contains('message-swiped')
      end()
      if (swiped) act(this.app, 'reply', row, row)
    }
    row.addEventListener('pointermove', onMove, { signal })
    row.addEventListener('pointerup', onUp, { signal })
    row.addEventListener('pointercancel', end, { signal })
    this.stream.box.addEventListener('scroll', end, { signal, passive: true })
    // It comes after the finger was felt; a later press of a mouse is another one.
    const mute = (menu) => menu.preventDefault()
    row.addEventListener('contextmenu', mute)
    document.addEventListener('pointerdown', () => row.removeEventListener('contextmenu', mute), { once: true, capture: true })
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
