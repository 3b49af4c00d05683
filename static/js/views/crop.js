// Cutting a square out of a picture: drag it, zoom with the slider, the wheel or two fingers, or use the keys. The words and
// controls stand in the page (`templates/account/_crop.html`).

const RESULT = 512
const STEP = 8

let open = null

// Resolves to the square as a file, or null where it was given up. Rejects what is no picture.
export async function crop(file) {
  const picture = await createImageBitmap(file)
  open ??= new Crop(document.querySelector('#crop'))
  return open.ask(picture, file.name)
}

class Crop {
  // The point of the picture in the middle of the square, and how much larger than needed it is drawn.
  #x = 0
  #y = 0
  #zoom = 1
  #fingers = new Map()
  #apart = 0
  #done = null

  constructor(dialog) {
    this.dialog = dialog
    this.canvas = dialog.querySelector('canvas')
    this.brush = this.canvas.getContext('2d')
    this.slider = dialog.querySelector('input[type=range]')
    this.slider.addEventListener('input', () => this.#setZoom(Number(this.slider.value)))
    dialog.querySelector('[data-use]').addEventListener('click', () => this.#finish())
    for (const button of dialog.querySelectorAll('[data-close]')) button.addEventListener('click', () => dialog.close())
    dialog.addEventListener('close', () => { this.#done?.(null); this.#done = null })
    this.canvas.addEventListener('keydown', (event) => this.#onKey(event))
    this.canvas.addEventListener('wheel', (event) => { event.preventDefault(); this.#setZoom(this.#zoom * Math.exp(-event.deltaY / 500)) }, { passive: false })
    this.canvas.addEventListener('pointerdown', (event) => this.#onDown(event))
    this.canvas.addEventListener('pointermove', (event) => this.#onMove(event))
    for (const type of ['pointerup', 'pointercancel']) this.canvas.addEventListener(type, ({ pointerId }) => this.#fingers.delete(pointerId))
  }

  ask(picture, name) {
    this.picture = picture
    this.name = name
    this.#x = picture.width / 2
    this.#y = picture.height / 2
    this.dialog.showModal()
    this.#setZoom(1)
    this.canvas.focus()
    return new Promise((resolve) => { this.#done = resolve })
  }

  // Side of the square in pixels of the picture.
  get #side() { return Math.min(this.picture.width, this.picture.height) / this.#zoom }

  #setZoom(zoom) {
    this.#zoom = Math.min(4, Math.max(1, zoom))
    this.slider.value = this.#zoom
    this.#move(0, 0)
  }

  // By pixels of the screen; the square stays within the picture.
  #move(right, down) {
    const scale = this.#side / Math.max(1, this.canvas.getBoundingClientRect().width)
    const half = this.#side / 2
    const within = (value, size) => Math.min(size - half, Math.max(half, value))
    this.#x = within(this.#x - right * scale, this.picture.width)
    this.#y = within(this.#y - down * scale, this.picture.height)
    this.#draw(this.brush, this.canvas.width)
  }

  #draw(brush, size) {
    const side = this.#side
    brush.fillStyle = '#ffffff'
    brush.fillRect(0, 0, size, size)
    brush.imageSmoothingQuality = 'high'
    brush.drawImage(this.picture, this.#x - side / 2, this.#y - side / 2, side, side, 0, 0, size, size)
  }

  #onKey(event) {
    const move = { ArrowLeft: [STEP, 0], ArrowRight: [-STEP, 0], ArrowUp: [0, STEP], ArrowDown: [0, -STEP] }[event.key]
    const zoom = { '+': 1.1, '=': 1.1, '-': 1 / 1.1 }[event.key]
    if (move) this.#move(...move)
    else if (zoom) this.#setZoom(this.#zoom * zoom)
    else if (event.key === 'Enter') this.#finish()
    else return
    event.preventDefault()
  }

  #onDown(event) {
    this.canvas.setPointerCapture(event.pointerId)
    this.#fingers.set(event.pointerId, event)
    this.#apart = this.#distance()
  }

  #onMove(event) {
    const before = this.#fingers.get(event.pointerId)
    if (!before) return
    this.#fingers.set(event.pointerId, event)
    if (this.#fingers.size === 1) return this.#move(event.clientX - before.clientX, event.clientY - before.clientY)
    const apart = this.#distance()
    if (this.#apart) this.#setZoom(this.#zoom * apart / this.#apart)
    this.#apart = apart
  }

  #distance() {
    const [one, two] = this.#fingers.values()
    return two ? Math.hypot(one.clientX - two.clientX, one.clientY - two.clientY) : 0
  }

  #finish() {
    const canvas = document.createElement('canvas')
    canvas.width = canvas.height = RESULT
    this.#draw(canvas.getContext('2d'), RESULT)
    canvas.toBlob((blob) => {
      const file = blob && new File([blob], this.name.replace(/\.\w*$/, '') + '.jpg', { type: 'image/jpeg' })
      const done = this.#done
      this.#done = null
      this.dialog.close()
      done?.(file)
    }, 'image/jpeg', 0.92)
  }
}
