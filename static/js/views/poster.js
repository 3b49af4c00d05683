// The announcement's dialog: the image to fit or in large, the text, who published it and when.

import { find, setAvatar, setText, style } from '../lib/dom.js'
import { isTouch } from '../lib/keys.js'
import { clock, dayName, fullTime, t } from '../lib/words.js'
import { Zoom } from './zoom.js'

let poster = null

export async function show(app) {
  await Promise.all([style('dialog'), style('announcement')])
  poster ??= new Poster(app)
  poster.show()
}

class Poster {
  #shown = null

  constructor(app) {
    this.app = app
    this.dialog = find('#dialog-announcement')
    this.stage = find('.announcement-stage', this.dialog)
    this.image = find('img', this.stage)
    this.button = find('#announcement-zoom')
    this.zoom = new Zoom(this.stage, this.image, {
      onChange: (scale) => this.stage.classList.toggle('zoomed', scale > 1),
      isOn: () => this.#isLarge,
    })
    this.button.addEventListener('click', () => this.#setLarge(!this.#isLarge))
    this.dialog.addEventListener('keydown', (event) => { if (this.#isLarge) this.zoom.onKey(event) })
    this.dialog.addEventListener('cancel', (event) => {
      if (!this.#isLarge) return
      // Escape leads back step by step.
      event.preventDefault()
      this.#setLarge(false)
    })
    this.dialog.addEventListener('close', () => this.#onClose())
    app.chat.addEventListener('announcement', () => { if (this.dialog.open) this.#draw() })
  }

  show() {
    if (!this.app.chat.announcement) return
    this.#draw()
    if (!this.dialog.open) this.dialog.showModal()
  }

  get #isLarge() { return this.dialog.classList.contains('announcement-large') }

  // What is in force; a version that comes while another is looked at takes its place.
  #draw() {
    const { announcement } = this.app.chat
    if (!announcement) return this.dialog.close()
    if (announcement.id === this.#shown?.id && this.dialog.open) return
    this.#shown = announcement
    this.#setLarge(false)
    const { title, text, alt, image, author, published_at: published } = announcement
    setText(find('#announcement-title'), title || t('announcement'))
    this.stage.hidden = this.button.hidden = !image
    if (image) {
      Object.assign(this.image, { src: image.url, width: image.width, height: image.height, alt: alt || title || t('announcement-image') })
    } else {
      this.image.removeAttribute('src')
    }
    const words = find('.announcement-text', this.dialog)
    words.hidden = !text
    setText(words, text)
    const [face, by] = find('.announcement-by', this.dialog).children
    const at = new Date(published)
    setAvatar(face, author)
    setText(by, t('announcement-published', { name: author.nickname, time: `${dayName(at)} ${clock(at)}` }))
    by.title = fullTime(at)
  }

  #setLarge(large) {
    this.zoom.reset()
    this.dialog.classList.toggle('announcement-large', large)
    // What stands there until the image does; in large it fills more than the image.
    this.image.style.backgroundColor = large ? '' : this.#shown?.image?.color ?? ''
    this.button.setAttribute('aria-pressed', String(large))
    setText(find('span', this.button), large ? t('announcement-fit') : t('announcement-zoom'))
  }

  #onClose() {
    this.#setLarge(false)
    if (this.#shown) this.app.announcement.close(this.#shown.id)
    this.#shown = null
    if (document.activeElement === document.body && !isTouch()) this.app.composer.focus()
  }
}
