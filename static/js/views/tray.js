// The images that go with the next message: picked, pasted or dropped; each with its preview and what became of it.

import { clone, element, find, icon, setText, style, toast } from '../lib/dom.js'
import { errorText, size, t } from '../lib/words.js'
import { Uploads, isActive } from '../models/uploads.js'

export class Tray {
  #tiles = new Map()
  #list = null

  constructor(composer) {
    this.composer = composer
    this.chat = composer.chat
    this.uploads = new Uploads(this.chat)
    this.box = find('#tray')
    style('tray')
    this.uploads.addEventListener('change', ({ detail }) => {
      if (detail !== composer.room?.id) return
      this.show()
      composer.measure()
    })
  }

  get room() { return this.composer.room }

  // Files from anywhere; what is no picture is refused with words.
  add(files) {
    if (!this.room) return
    const pictures = [...files].filter((file) => file.type.startsWith('image/') || /\.hei[cf]$/i.test(file.name))
    if (pictures.length < files.length) toast(t('only-images'))
    const left = this.uploads.add(this.room.id, pictures)
    if (left) toast(t('too-many-images', { count: this.chat.limits.uploads }))
    this.composer.focus()
  }

  // 'none', 'busy', 'failed' or 'ready'.
  get state() {
    const items = this.room ? this.uploads.of(this.room.id) : []
    if (!items.length) return 'none'
    if (items.some(isActive)) return 'busy'
    return items.some((item) => item.state === 'failed') ? 'failed' : 'ready'
  }

  // Takes back the images of a message that was refused; is there place for them?
  restore(room, uploads) {
    const most = this.chat.limits.uploads
    const fits = this.uploads.of(room).length + uploads.length <= most
    if (fits) this.uploads.restore(room, uploads)
    else toast(t('too-many-images', { count: most }))
    return fits
  }

  take() { return this.uploads.take(this.room.id) }

  show() {
    const items = this.room ? this.uploads.of(this.room.id) : []
    this.box.hidden = !items.length
    if (!items.length) {
      this.#list = null
      this.#tiles.clear()
      return this.box.replaceChildren()
    }
    if (!this.#list) this.#build()
    for (const [item, tile] of this.#tiles) {
      if (items.includes(item)) continue
      tile.remove()
      this.#tiles.delete(item)
    }
    for (const item of items) {
      if (!this.#tiles.has(item)) this.#tiles.set(item, this.#tile(item))
      const tile = this.#tiles.get(item)
      fill(tile, item)
      if (!tile.isConnected) this.#list.lastElementChild.before(tile)
    }
    this.#list.lastElementChild.hidden = items.length >= this.chat.limits.uploads
  }

  #build() {
    const add = element('li', {}, element('button', {
      class: 'tray-add', type: 'button', 'aria-label': t('add-images'), title: t('add-images'), onclick: () => find('#files').click(),
    }, icon('plus')))
    this.#list = element('ul', { class: 'tray', 'aria-label': t('images-to-send') }, add)
    this.box.replaceChildren(this.#list)
    const bytes = this.chat.limits.original_bytes
    if (!bytes) return
    const original = element('input', { type: 'checkbox', onchange: () => { this.uploads.original = original.checked } })
    original.checked = this.uploads.original
    this.box.append(element('label', { class: 'tray-original' }, original, t('send-original', { size: size(bytes) })))
  }

  #tile(item) {
    const tile = clone('tray-tile')
    const picture = find('img', tile)
    picture.src = item.url
    // Not every browser shows what it may send.
    picture.onerror = () => { picture.hidden = true }
    setText(find('.tray-name', tile), item.name)
    find('progress', tile).setAttribute('aria-label', t('upload-progress', { name: item.name }))
    const remove = find('.tray-remove', tile)
    remove.setAttribute('aria-label', t('take-out', { name: item.name }))
    remove.onclick = () => { this.uploads.remove(item); this.composer.focus() }
    find('.tray-note button', tile).onclick = () => {
      if (item.state === 'failed') return this.uploads.retry(item)
      this.uploads.remove(item)
      this.composer.focus()
    }
    return tile
  }
}

// What is wrong with the file itself, and stays so.
const FINAL = ['unsupported_media', 'bad_image']

function fill(tile, item) {
  const failed = item.state === 'failed'
  const active = isActive(item)
  tile.classList.toggle('tray-busy', active)
  tile.classList.toggle('tray-failed', failed)
  const progress = find('progress', tile)
  progress.hidden = !active
  progress.value = item.progress
  const words = failed ? errorText(item.code) : active ? `${Math.round(item.progress * 100)} %` : size(item.bytes)
  const note = find('.tray-note', tile)
  setText(note.firstElementChild, words)
  note.firstElementChild.title = words
  const button = note.lastElementChild
  button.hidden = !active && !(failed && item.file && !FINAL.includes(item.code))
  setText(button, failed ? t('retry') : t('cancel'))
}
