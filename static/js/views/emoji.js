// Picking an emoji: groups, search, skin tone, those picked last. One dialog for the composer and for reactions.

import { element, find, icon, setText, style, toast } from '../lib/dom.js'
import { isComposing, onWords } from '../lib/keys.js'
import { errorText, locale, t } from '../lib/words.js'
import { chooseTone, chosenTone, load, recent, remember, search, toneSample, toned } from '../models/emoji.js'

const COLUMNS = 8
const ICONS = ['smile', 'people', 'leaf', 'cup', 'ball', 'car', 'bulb', 'heart', 'flag']

let picker = null

// Opens beside `anchor` (or in the middle); `onPick` hears of what is picked.
export async function pick(anchor, onPick) {
  await style('emoji')
  picker ??= new EmojiPicker()
  try {
    await picker.open(anchor, onPick)
  } catch {
    toast(errorText('offline'))
  }
}

class EmojiPicker {
  #group = 0
  #asked = 0
  #entries = []

  constructor() {
    this.dialog = find('#emoji-picker')
    this.input = find('input', this.dialog)
    this.scroll = find('.emoji-scroll', this.dialog)
    this.tabs = find('.emoji-tabs', this.dialog)
    this.tabs.append(...ICONS.map((name, group) => element('button', {
      type: 'button', 'aria-pressed': 'false', 'aria-label': t(`emoji-${name}`), title: t(`emoji-${name}`), onclick: () => this.#open(group),
    }, icon(name))))
    find('.emoji-tones', this.dialog).append(...[0, 1, 2, 3, 4, 5].map((tone) => element('button', {
      type: 'button', role: 'radio', 'data-tone': tone, 'aria-label': t('tone', { number: tone }), onclick: () => this.#choose(tone),
    }, toneSample(tone))))
    this.#showTones()
    onWords(this.input, () => this.#search())
    this.scroll.addEventListener('click', (event) => this.#pick(event.target.closest('button')))
    for (const type of ['pointerover', 'focusin']) this.scroll.addEventListener(type, (event) => this.#preview(event.target.closest('button')))
    this.dialog.addEventListener('keydown', (event) => this.#onKey(event))
    this.dialog.addEventListener('close', () => this.anchor?.setAttribute('aria-expanded', 'false'))
  }

  async open(anchor, onPick) {
    Object.assign(this, { anchor, onPick })
    this.#entries = await load(locale)
    if (this.dialog.open) return
    this.input.value = ''
    this.dialog.showModal()
    anchor?.setAttribute('aria-expanded', 'true')
    this.#place(anchor)
    this.#open(0)
    if (matchMedia('(pointer: coarse)').matches) find('button', this.tabs).focus()
    else this.input.focus()
  }

  // Above or below what opened it, within the window; a phone shows it at its lower edge.
  #place(anchor) {
    const { style: look } = this.dialog
    look.insetBlockStart = look.insetInlineStart = ''
    this.dialog.classList.toggle('emoji-placed', Boolean(anchor) && innerWidth >= 768)
    if (!anchor || innerWidth < 768) return
    const at = anchor.getBoundingClientRect()
    const { width, height } = this.dialog.getBoundingClientRect()
    const top = at.top - height - 8 >= 8 ? at.top - height - 8 : Math.min(at.bottom + 8, innerHeight - height - 8)
    look.insetBlockStart = `${Math.max(8, top)}px`
    look.insetInlineStart = `${Math.max(8, Math.min(at.right - width, innerWidth - width - 8))}px`
  }

  #open(group) {
    // What is searched for comes too late.
    this.#asked += 1
    this.#group = group
    this.input.value = ''
    const last = recent()
    const inGroup = this.#entries.filter((entry) => entry.group === group)
    const sections = [[t(`emoji-${ICONS[group]}`), inGroup]]
    if (group === 0 && last.length) {
      sections.unshift([t('emoji-recent'), last.slice(0, 2 * COLUMNS).map((emoji) => this.#entries.find((entry) => entry.emoji === emoji) ?? { emoji, names: {}, codes: [] })])
    }
    this.#draw(sections)
  }

  async #search() {
    const query = this.input.value.trim()
    const asked = ++this.#asked
    if (!query) return this.#open(this.#group)
    const found = await search(query, locale).catch(() => [])
    if (asked === this.#asked) this.#draw([[t('emoji-found'), found]])
  }

  #draw(sections) {
    const shown = sections.filter(([, entries]) => entries.length)
    for (const [index, tab] of [...this.tabs.children].entries()) tab.setAttribute('aria-pressed', String(index === this.#group && !this.input.value))
    find('.emoji-none', this.dialog).hidden = shown.length > 0
    this.scroll.replaceChildren(...shown.flatMap(([name, entries]) => {
      const rows = []
      for (let start = 0; start < entries.length; start += COLUMNS) {
        rows.push(element('div', { class: 'emoji-row', role: 'row' }, ...entries.slice(start, start + COLUMNS).map(cell)))
      }
      return [element('h3', { class: 'emoji-label' }, name), element('div', { role: 'grid', 'aria-label': name }, ...rows)]
    }))
    const first = find('button', this.scroll)
    if (first) first.tabIndex = 0
    this.scroll.scrollTop = 0
    this.#preview(first)
  }

  #preview(button) {
    if (!button) return
    const foot = find('.emoji-foot', this.dialog)
    setText(foot.children[0], button.textContent)
    setText(foot.children[1], button.title)
  }

  #pick(button) {
    if (!button) return
    remember(button.dataset.emoji)
    const { onPick } = this
    this.dialog.close()
    onPick(button.textContent)
  }

  // Arrows walk through the grid; from the field ↓ enters it and Enter takes the first.
  #onKey(event) {
    if (isComposing(event)) return
    const buttons = [...this.scroll.querySelectorAll('button')]
    const inField = event.target === this.input
    if (inField && event.key === 'Enter') {
      event.preventDefault()
      return this.#pick(buttons[0])
    }
    const index = buttons.indexOf(document.activeElement)
    const row = document.activeElement.closest?.('[role="row"]')
    let next = null
    if (inField && event.key === 'ArrowDown') next = buttons[0]
    else if (index < 0) return
    else if (event.key === 'ArrowRight') next = buttons[index + 1]
    else if (event.key === 'ArrowLeft') next = buttons[index - 1]
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') next = beside(this.scroll, row, event.key === 'ArrowDown' ? 1 : -1) ?? (event.key === 'ArrowUp' ? this.input : null)
    else if (event.key === 'Home') next = find('button', row)
    else if (event.key === 'End') next = row.lastElementChild.firstElementChild
    else return
    event.preventDefault()
    if (!next) return
    for (const button of buttons) button.tabIndex = button === next ? 0 : -1
    next.focus()
    next.scrollIntoView?.({ block: 'nearest' })
  }

  #choose(tone) {
    chooseTone(tone)
    this.#showTones()
    for (const button of this.scroll.querySelectorAll('button')) setText(button, toned(button.entry))
    find(`[data-tone="${tone}"]`, this.dialog).focus()
  }

  #showTones() {
    for (const button of this.dialog.querySelectorAll('[data-tone]')) button.setAttribute('aria-checked', String(Number(button.dataset.tone) === chosenTone()))
  }
}

function cell(entry) {
  const name = entry.names[locale.startsWith('zh') ? 'zh' : 'en'] ?? entry.names.en ?? entry.emoji
  const button = element('button', { type: 'button', tabindex: '-1', 'data-emoji': entry.emoji, 'aria-label': name, title: entry.codes.length ? `${name} :${entry.codes[0]}:` : name }, toned(entry))
  button.entry = entry
  return element('span', { role: 'gridcell' }, button)
}

// The emoji under or over the focused one.
function beside(root, row, step) {
  const rows = [...root.querySelectorAll('[role="row"]')]
  const column = [...row.children].indexOf(document.activeElement.parentElement)
  const next = rows[rows.indexOf(row) + step]
  return next?.children[Math.min(column, next.children.length - 1)].firstElementChild
}
