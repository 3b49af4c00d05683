// Images on their way to the server, by room, until the message that carries them is sent. No DOM here.

import { endSession } from '../lib/api.js'

const AT_ONCE = 2

// Events: `change` (detail: room id).
export class Uploads extends EventTarget {
  // By room: { room, file, url (of the preview), name, bytes, state: 'waiting' | 'busy' | 'done' | 'failed', progress (0–1),
  // code, upload }.
  #items = new Map()

  constructor(chat) {
    super()
    this.chat = chat
    // Sends the files as they are, where the server allows it.
    this.original = false
    addEventListener('beforeunload', (event) => { if (this.#all.some(isActive)) event.preventDefault() })
    chat.addEventListener('gone', ({ detail }) => this.clear(detail))
  }

  of(room) { return this.#items.get(room) ?? [] }

  get #all() { return [...this.#items.values()].flat() }

  // Takes files for a room; how many found no place.
  add(room, files) {
    const list = this.of(room)
    const free = Math.max(0, this.chat.limits.uploads - list.length)
    for (const file of files.slice(0, free)) {
      list.push({ room, file, url: URL.createObjectURL(file), name: file.name, bytes: file.size, state: 'waiting', progress: 0, code: null, upload: null })
    }
    this.#items.set(room, list)
    this.#changed(room)
    this.#next()
    return files.length - Math.min(free, files.length)
  }

  // Takes back what is finished already: the images of a message that was refused.
  restore(room, uploads) {
    const list = [...this.of(room), ...uploads.map((upload) => ({
      room, file: null, url: upload.thumb_url, name: upload.name, bytes: upload.bytes, state: 'done', progress: 1, code: null, upload,
    }))]
    this.#items.set(room, list)
    this.#changed(room)
  }

  retry(item) {
    Object.assign(item, { state: 'waiting', progress: 0, code: null })
    this.#changed(item.room)
    this.#next()
  }

  remove(item) {
    item.request?.abort()
    this.#drop(item)
    if (item.upload) fetch(`/api/v1/uploads/${item.upload.id}`, { method: 'DELETE' }).catch(() => {})
  }

  // The finished images of a room; they belong to a message from now on.
  take(room) {
    const list = this.of(room)
    for (const item of [...list]) this.#drop(item)
    return list.map((item) => item.upload)
  }

  clear(room) {
    for (const item of [...this.of(room)]) this.remove(item)
  }

  #drop(item) {
    const rest = this.of(item.room).filter((other) => other !== item)
    if (rest.length) this.#items.set(item.room, rest)
    else this.#items.delete(item.room)
    if (item.file) URL.revokeObjectURL(item.url)
    this.#changed(item.room)
    this.#next()
  }

  #next() {
    const all = this.#all
    const free = AT_ONCE - all.filter((item) => item.state === 'busy').length
    for (const item of all.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free))) this.#send(item)
  }

  async #send(item) {
    item.state = 'busy'
    this.#changed(item.room)
    try {
      const tooLarge = item.file.size > this.chat.limits.upload_bytes
      const body = tooLarge ? null : await readable(item.file)
      if (item.state !== 'busy' || !this.of(item.room).includes(item)) return
      if (!body) throw { code: tooLarge ? 'too_large' : 'unsupported_media' }
      item.upload = await this.#post(item, body)
      Object.assign(item, { state: 'done', progress: 1 })
    } catch (error) {
      if (error.code === 'aborted') return
      Object.assign(item, { state: 'failed', code: error.code ?? 'unknown' })
    } finally {
      item.request = null
      this.#changed(item.room)
      this.#next()
    }
  }

  // Fetch tells nothing of what is on its way; this does.
  #post(item, file) {
    return new Promise((resolve, reject) => {
      const request = item.request = new XMLHttpRequest()
      const form = new FormData()
      form.append('file', file, file.name)
      request.open('POST', `/api/v1/uploads${this.original && this.chat.limits.original_bytes >= file.size ? '?original=1' : ''}`)
      request.upload.onprogress = ({ loaded, total }) => {
        item.progress = total ? loaded / total : 0
        this.#changed(item.room)
      }
      request.onload = () => {
        if (request.status === 401) endSession()
        const answer = parsed(request.responseText)
        if (request.status < 300 && answer.upload) resolve(answer.upload)
        else reject({ code: answer.code ?? BY_STATUS[request.status] ?? 'unknown' })
      }
      request.onerror = () => reject({ code: 'offline' })
      request.onabort = () => reject({ code: 'aborted' })
      request.send(form)
    })
  }

  #changed(room) {
    this.dispatchEvent(new CustomEvent('change', { detail: room }))
  }
}

// Where a proxy answers in the server's place.
const BY_STATUS = { 413: 'too_large', 415: 'unsupported_media', 422: 'bad_image', 429: 'rate_limited' }

export const isActive = ({ state }) => state === 'waiting' || state === 'busy'

function parsed(text) {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

// The file in a form the server reads. Pictures of Apple's phones (HEIC) are drawn anew where the browser can, else null.
async function readable(file) {
  if (!/^image\/hei[cf]/.test(file.type) && !/\.hei[cf]$/i.test(file.name)) return file
  try {
    const picture = await createImageBitmap(file)
    const canvas = new OffscreenCanvas(picture.width, picture.height)
    canvas.getContext('2d').drawImage(picture, 0, 0)
    const blob = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 })
    return new File([blob], file.name.replace(/\.\w+$/, '.jpg'), { type: 'image/jpeg' })
  } catch {
    return null
  }
}
