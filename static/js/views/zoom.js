// A picture on its stage, larger and smaller by keys, wheel, double click and fingers.

const MOST = 6
const SWIPE = 60

// `onChange` hears the scale, `onSwipe` of a finger that drew the picture at its first size aside (-1, 1) or down (0); `isOn`
// says whether the stage listens at all.
export class Zoom {
  #zoom = { scale: 1, x: 0, y: 0 }
  #fingers = new Map()
  #start = null

  constructor(stage, image, { onChange = () => {}, onSwipe = () => {}, isOn = () => true } = {}) {
    Object.assign(this, { stage, image, onChange, onSwipe, isOn })
    const on = (type, act, options) => stage.addEventListener(type, (event) => { if (isOn()) act(event) }, options)
    on('wheel', (event) => { event.preventDefault(); this.by(event.deltaY < 0 ? 1.2 : 1 / 1.2, event) }, { passive: false })
    on('dblclick', (event) => this.by(this.#zoom.scale > 1 ? 0 : 2.5, event))
    on('pointerdown', (event) => this.#onDown(event))
    on('pointermove', (event) => this.#onMove(event))
    for (const type of ['pointerup', 'pointercancel']) stage.addEventListener(type, (event) => this.#onUp(event))
  }

  get isLeast() { return this.#zoom.scale <= 1 }
  get isMost() { return this.#zoom.scale >= MOST }

  reset() {
    this.#set({ scale: 1, x: 0, y: 0 })
  }

  // Larger or smaller by a factor (0: as at first), about a point of the screen.
  by(factor, { clientX, clientY } = {}) {
    const { scale, x, y } = this.#zoom
    const next = Math.min(MOST, Math.max(1, factor ? scale * factor : 1))
    if (next === 1) return this.reset()
    const box = this.stage.getBoundingClientRect()
    const fromX = (clientX ?? box.x + box.width / 2) - box.x - box.width / 2
    const fromY = (clientY ?? box.y + box.height / 2) - box.y - box.height / 2
    this.#set({ scale: next, x: fromX - (fromX - x) * next / scale, y: fromY - (fromY - y) * next / scale })
  }

  // Plus, minus and 0; says whether the key was one of them.
  onKey(event) {
    const factor = { '+': 1.5, '=': 1.5, '-': 1 / 1.5, 0: 0 }[event.key]
    if (factor === undefined || event.ctrlKey || event.metaKey) return false
    event.preventDefault()
    this.by(factor)
    return true
  }

  #set({ scale, x, y }) {
    const most = { x: this.stage.clientWidth * (scale - 1) / 2, y: this.stage.clientHeight * (scale - 1) / 2 }
    const within = (value, limit) => Math.min(limit, Math.max(-limit, value))
    this.#zoom = { scale, x: within(x, most.x), y: within(y, most.y) }
    this.image.style.transform = scale === 1 ? '' : `translate(${this.#zoom.x}px, ${this.#zoom.y}px) scale(${scale})`
    this.onChange(scale)
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
      return this.#set({ ...this.#start, scale: Math.min(MOST, Math.max(1, this.#start.scale * factor)) })
    }
    if (this.#zoom.scale === 1) return
    const from = this.#start.fingers.get(event.pointerId)
    if (from) this.#set({ scale: this.#zoom.scale, x: this.#start.x + event.clientX - from.clientX, y: this.#start.y + event.clientY - from.clientY })
  }

  #onUp(event) {
    const from = this.#start?.fingers.get(event.pointerId)
    const alone = this.#fingers.size === 1 && this.#start?.fingers.size === 1
    this.#fingers.delete(event.pointerId)
    if (!from || !alone || event.type !== 'pointerup' || this.#zoom.scale > 1) return
    const x = event.clientX - from.clientX
    const y = event.clientY - from.clientY
    if (y > SWIPE && y > Math.abs(x)) return this.onSwipe(0)
    if (Math.abs(x) > SWIPE && Math.abs(x) > Math.abs(y)) this.onSwipe(x < 0 ? 1 : -1)
  }
}

function spread(fingers) {
  const [a, b] = [...fingers.values()]
  return b ? Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY) : 0
}
