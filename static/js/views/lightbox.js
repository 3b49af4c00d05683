// Images in full: next and previous in the room, zoom, download; keys, wheel and fingers.

import { element, find, setText, style } from '../lib/dom.js'
import { clock, size, t } from '../lib/words.js'
import { copy } from './actions.js'
import { isGone } from './message.js'

const MOST = 6
const SWIPE = 60

let lightbox = null

export async function show(app, link) {
  await style('lightbox')
  lightbox ??= new Lightbox(app)
  lightbox.show(link)
}

class Lightbox {
  #images = []
  #index = 0
  #zoom = { scale: 1, x: 0, y: 0 }
  #fingers = new Map()
  #start = null
  #from = null

  constructor(app) {
    this.app = app
    this.dialog = find('#lightbox')
    this.stage = find('.lightbox-picture', this.dialog)
    this.image = find('img', this.stage)
    this.dialog.addEventListener('keydown', (event) => this.#onKey(event))
    this.dialog.addEventListener('click', (event) => this.#onClick(event))
    this.dialog.addEventListener('close', () => this.#onClose())
    this.again = find('#lightbox-again')
    this.image.addEventListener('load', () => this.stage.classList.remove('lightbox-loading'))
    this.image.addEventListener('error', () => this.#fail())
    this.stage.addEventListener('wheel', (event) => { event.preventDefault(); this.#zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event) }, { passive: false })
    this.stage.addEventListener('dblclick', (event) => this.#zoomBy(this.#zoom.scale > 1 ? 0 : 2.5, event))
    this.stage.addEventListener('pointerdown', (event) => this.#onDown(event))
    this.stage.addEventListener('pointermove', (event) => this.#onMove(event))
    for (const type of ['pointerup', 'pointercancel']) this.stage.addEventListener(type, (event) => this.#onUp(event))
  }

  show(link) {
    const { timeline } = this.app.stream
    this.#from = link
    this.timeline = timeline
    this.#gather()
    this.#index = this.#images.findIndex(({ upload }) => upload.id === link.dataset.upload)
    if (this.#index < 0) return
    timeline.addEventListener('change', this.#onChange)
    this.dialog.showModal()
    this.#draw()
  }

  // Every image of what is known of the room.
  #gather() {
    this.#images = this.timeline.items.flatMap((message) => (isGone(message) ? [] : message.uploads.map((upload) => ({ upload, message }))))
  }

  // An image whose message was recalled is not looked at any longer.
  #onChange = () => {
    const { upload } = this.#images[this.#index]
    this.#gather()
    this.#index = this.#images.findIndex((image) => image.upload.id === upload.id)
    if (this.#index < 0) this.dialog.close()
    else this.#drawSides()
  }

  #onClose() {
    this.timeline.removeEventListener('change', this.#onChange)
    this.image.removeAttribute('src')
    const { upload } = this.#images[this.#index] ?? {}
    const link = upload && [...this.app.stream.list.querySelectorAll('[data-upload]')].find((node) => node.dataset.upload === upload.id)
    const back = link ?? this.#from
    if (back?.isConnected) back.focus({ preventScroll: Boolean(!link) })
    else this.app.composer.focus()
  }

  #draw() {
    const { upload, message } = this.#images[this.#index]
    this.#setZoom({ scale: 1, x: 0, y: 0 })
    const { image } = this
    this.stage.classList.add('lightbox-loading')
    image.style.backgroundColor = upload.color
    image.width = upload.width
    image.height = upload.height
    image.alt = t('image-named', { name: upload.name })
    image.hidden = false
    this.again.hidden = true
    image.src = upload.url
    setText(find('.lightbox-title', this.dialog), `${message.sender.nickname} · ${clock(new Date(message.created_at))}`)
    const place = message.uploads.indexOf(upload) + 1
    setText(find('.lightbox-note', this.dialog), [`${place} / ${message.uploads.length}`, upload.name, size(upload.bytes)].filter(Boolean).join(' · '))
    const download = find('#lightbox-download')
    download.href = `${upload.url}?download=1`
    this.#drawSides()
    const foot = find('.lightbox-foot', this.dialog)
    const thumbs = message.uploads.length > 1 ? message.uploads : []
    foot.replaceChildren(...thumbs.map((other, index) => element('button', {
      class: 'lightbox-thumb', type: 'button', 'data-id': other.id, 'aria-current': other === upload ? 'true' : null, 'aria-label': t('image-number', { number: index + 1 }),
    }, element('img', { src: other.thumb_url, width: 64, height: 48, alt: '' }))))
  }

  // The image cannot be loaded; the focus goes to what asks for it again.
  #fail() {
    if (!this.image.hasAttribute('src')) return
    this.image.hidden = true
    this.again.hidden = false
    this.again.focus()
  }

  #drawSides() {
    this.#disable('[data-step="-1"]', this.#index <= 0)
    this.#disable('[data-step="1"]', this.#index >= this.#images.length - 1)
  }

  // A disabled button would take the focus, and with it the keys, out of the dialog.
  #disable(css, off) {
    const button = find(css, this.dialog)
    if (off && button === document.activeElement) find('.lightbox-title', this.dialog).focus()
    button.disabled = off
  }

  #step(by) {
    const index = this.#index + by
    if (!this.#images[index]) return
    this.#index = index
    this.#draw()
  }

  #onClick(event) {
    const button = event.target.closest('button')
    if (button?.dataset.step) return this.#step(Number(button.dataset.step))
    if (button?.dataset.zoom) return this.#zoomBy(button.dataset.zoom === 'in' ? 1.5 : 1 / 1.5)
    if (button?.id === 'lightbox-copy') {
      const { message } = this.#images[this.#index]
      return copy(`${location.origin}/r/${message.room}/m/${message.seq}`)
    }
    if (button === this.again) {
      find('.lightbox-title', this.dialog).focus()
      return this.#draw()
    }
    if (!button?.dataset.id) return
    this.#index = this.#images.findIndex(({ upload }) => upload.id === button.dataset.id)
    this.#draw()
    find('[aria-current]', this.dialog)?.focus()
  }

  #onKey(event) {
    const acts = {
      ArrowRight: () => this.#step(1), ArrowLeft: () => this.#step(-1), '+': () => this.#zoomBy(1.5), '=': () => this.#zoomBy(1.5),
      '-': () => this.#zoomBy(1 / 1.5), 0: () => this.#zoomBy(0),
    }
    const act = !event.ctrlKey && !event.metaKey && acts[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }

  // ---- zoom and fingers ----

  // Larger or smaller by a factor (0: as at first), about a point of the screen.
  #zoomBy(factor, { clientX, clientY } = {}) {
    const { scale, x, y } = this.#zoom
    const next = Math.min(MOST, Math.max(1, factor ? scale * factor : 1))
    if (next === 1) return this.#setZoom({ scale: 1, x: 0, y: 0 })
    const box = this.stage.getBoundingClientRect()
    const fromX = (clientX ?? box.x + box.width / 2) - box.x - box.width / 2
    const fromY = (clientY ?? box.y + box.height / 2) - box.y - box.height / 2
    this.#setZoom({ scale: next, x: fromX - (fromX - x) * next / scale, y: fromY - (fromY - y) * next / scale })
  }

  #setZoom({ scale, x, y }) {
    const most = { x: this.stage.clientWidth * (scale - 1) / 2, y: this.stage.clientHeight * (scale - 1) / 2 }
    const within = (value, limit) => Math.min(limit, Math.max(-limit, value))
    this.#zoom = { scale, x: within(x, most.x), y: within(y, most.y) }
    this.image.style.transform = scale === 1 ? '' : `translate(${this.#zoom.x}px, ${this.#zoom.y}px) scale(${scale})`
    this.stage.classList.toggle('lightbox-zoomed', scale > 1)
    this.#disable('[data-zoom="out"]', scale <= 1)
    this.#disable('[data-zoom="in"]', scale >= MOST)
  }

  #onDown(event) {
    if (event.target.closest('button')) return
    this.#fingers.set(event.pointerId, event)
    this.stage.setPointerCapture(event.pointerId)
    this.#start = { ...this.#zoom, fingers: new Map(this.#fingers), spread: spread(this.#fingers) }
  }

  #onMove(event) {
    if (!this.#fingers.has(event.pointerId)) return
    this.#fingers.set(event.pointerId, event)
    if (this.#fingers.size === 2) {
      const factor = spread(this.#fingers) / (this.#start.spread || 1)
      return this.#setZoom({ ...this.#start, scale: Math.min(MOST, Math.max(1, this.#start.scale * factor)) })
    }
    if (this.#zoom.scale === 1) return
    const from = this.#start.fingers.get(event.pointerId)
    if (from) this.#setZoom({ scale: this.#zoom.scale, x: this.#start.x + event.clientX - from.clientX, y: this.#start.y + event.clientY - from.clientY })
  }

  #onUp(event) {
    const from = this.#start?.fingers.get(event.pointerId)
    const alone = this.#fingers.size === 1 && this.#start?.fingers.size === 1
    this.#fingers.delete(event.pointerId)
    if (!from || !alone || event.type !== 'pointerup' || this.#zoom.scale > 1) return
    const x = event.clientX - from.clientX
    const y = event.clientY - from.clientY
    if (y > SWIPE && y > Math.abs(x)) return this.dialog.close()
    if (Math.abs(x) > SWIPE && Math.abs(x) > Math.abs(y)) this.#step(x < 0 ? 1 : -1)
  }
}

function spread(fingers) {
  const [a, b] = [...fingers.values()]
  return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0
}
