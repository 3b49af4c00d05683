// Images in full: next and previous in the room, zoom, download; keys, wheel and fingers.

import { element, find, setText, style } from '../lib/dom.js'
import { clock, size, t } from '../lib/words.js'
import { copy } from './actions.js'
import { isGone } from './message.js'
import { Zoom } from './zoom.js'

let lightbox = null

export async function show(app, link) {
  await style('lightbox')
  lightbox ??= new Lightbox(app)
  lightbox.show(link)
}

class Lightbox {
  #images = []
  #index = 0
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
    this.zoom = new Zoom(this.stage, this.image, {
      onChange: (scale) => this.#onZoom(scale),
      onSwipe: (by) => { by ? this.#step(by) : this.dialog.close() },
    })
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
    this.zoom.reset()
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
    if (button?.dataset.zoom) return this.zoom.by(button.dataset.zoom === 'in' ? 1.5 : 1 / 1.5)
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
    if (this.zoom.onKey(event)) return
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!by || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    this.#step(by)
  }

  #onZoom(scale) {
    this.stage.classList.toggle('lightbox-zoomed', scale > 1)
    this.#disable('[data-zoom="out"]', this.zoom.isLeast)
    this.#disable('[data-zoom="in"]', this.zoom.isMost)
  }
}
