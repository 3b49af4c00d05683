// Searching messages: beside the room on wide screens, over it on small ones. What was asked and found stays while the page
// does, so that Back from a message leads to it again.

import { api } from '../lib/api.js'
import { avatar, element, find, icon, setText, style } from '../lib/dom.js'
import { isComposing, isEnter, onWords } from '../lib/keys.js'
import { errorText, fullTime, listTime, plural, t } from '../lib/words.js'
import { isGone, oneLine } from './message.js'
import { Picker } from './picker.js'

const WAIT = 300
const WIDE = matchMedia('(min-width: 1200px)')

let search = null

// Opens the panel; `query` takes the place of what stands in it.
export async function show(app, query) {
  search ??= await Search.make(app)
  search.open(query)
}

class Search {
  // What is asked besides the words.
  #from = null
  #image = false
  #hits = []
  #before = null
  #timer = 0
  #asking = null
  #scroll = 0

  static async make(app) {
    await style('search')
    return new Search(app)
  }

  constructor(app) {
    this.app = app
    this.panel = find('#search')
    this.form = find('#search-form')
    this.input = find('input', this.form)
    this.room = find('#search-room')
    this.since = find('#search-since')
    this.until = find('#search-until')
    this.body = find('#search-body')
    this.list = find('#search-hits')
    this.more = find('#search-more')
    this.empty = find('#search-empty')
    this.retry = find('#search-retry')
    this.picker = new Picker(find('#search-people'), app, { onPick: (person) => this.#setFrom(person), withMe: true })
    this.#listen()
    this.#say('search-start', 'search-start-text')
  }

  get #shown() { return !this.panel.hidden && (WIDE.matches || this.panel.matches(':popover-open')) }

  open(query) {
    if (this.#shown && query === undefined && document.activeElement === this.input) return this.#leave()
    this.#fillRooms()
    this.#show()
    if (!WIDE.matches && history.state?.panel !== 'search') history.pushState({ ...history.state, panel: 'search' }, '', location.href)
    if (query !== undefined && query !== this.input.value) {
      this.input.value = query
      this.#ask()
    }
    this.input.focus()
    this.input.select()
  }

  #show() {
    this.panel.hidden = false
    if (WIDE.matches) this.panel.removeAttribute('popover')
    else {
      this.panel.popover = 'auto'
      if (!this.panel.matches(':popover-open')) this.panel.showPopover()
    }
    this.app.shell.dataset.panel = 'search'
    find('#search-open').setAttribute('aria-expanded', 'true')
    this.body.scrollTop = this.#scroll
  }

  #hide() {
    this.#scroll = this.body.scrollTop
    if (this.panel.popover && this.panel.matches(':popover-open')) this.panel.hidePopover()
    this.panel.hidden = true
    delete this.app.shell.dataset.panel
    find('#search-open').setAttribute('aria-expanded', 'false')
  }

  // By its own buttons and Escape: the step that opening made in the history goes too.
  #leave() {
    this.#hide()
    if (history.state?.panel === 'search') history.back()
    const button = find('#search-open')
    if (button.checkVisibility()) button.focus()
  }

  #listen() {
    onWords(this.input, () => this.#soon())
    this.input.addEventListener('keydown', (event) => {
      if (!isEnter(event)) return
      event.preventDefault()
      this.#ask()
    })
    this.form.addEventListener('submit', (event) => event.preventDefault())
    this.room.addEventListener('change', () => { mark(this.room, this.room.value); this.#ask() })
    for (const field of [this.since, this.until]) field.addEventListener('change', () => this.#setDates())
    find('#search-image').addEventListener('click', ({ currentTarget }) => {
      this.#image = !this.#image
      currentTarget.setAttribute('aria-pressed', String(this.#image))
      mark(currentTarget, this.#image)
      this.#ask()
    })
    find('#search-from').addEventListener('click', () => { if (this.#from) this.#setFrom(null); else this.#unfold('people') })
    find('#search-when').addEventListener('click', () => this.#unfold('dates'))
    find('#search-close').addEventListener('click', () => this.#leave())
    find('#search-back').addEventListener('click', () => this.#leave())
    this.more.addEventListener('click', () => this.#ask(this.#before))
    this.retry.addEventListener('click', () => this.#ask())
    this.list.addEventListener('click', (event) => this.#onHit(event))
    this.panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || isComposing(event)) return
      event.preventDefault()
      this.#leave()
    })
    // The people come back to their place.
    document.addEventListener('click', (event) => {
      if (!WIDE.matches || this.panel.hidden || !event.target.closest('#people-toggle')) return
      this.#hide()
      if (this.app.people?.shown) event.stopImmediatePropagation()
    }, { capture: true })
    // Closed by a touch outside.
    this.panel.addEventListener('toggle', ({ newState }) => { if (newState === 'closed' && !this.panel.hidden && !WIDE.matches) this.#giveWay() })
    this.#follow()
    addEventListener('popstate', ({ state }) => {
      if (state?.panel === 'search') this.#show()
      else if (!WIDE.matches && !this.panel.hidden) this.#hide()
    })
    WIDE.addEventListener('change', () => { if (!this.panel.hidden) this.#hide() })
  }

  // Closed by a touch outside, or by a dialog, which a step back would close.
  #giveWay() {
    if (!find('dialog:modal')) return this.#leave()
    this.#hide()
    history.replaceState({ ...history.state, panel: null }, '')
  }

  // What was found goes as its message or room does, and changes with it.
  #follow() {
    const { chat } = this.app
    chat.addEventListener('message', ({ detail }) => this.#onMessage(detail))
    chat.addEventListener('gone', ({ detail }) => this.#keep((hit) => hit.room.id !== detail))
    chat.addEventListener('reset', () => this.#clear())
    chat.addEventListener('contacts', () => this.#keep(() => true))
    chat.addEventListener('user', ({ detail }) => {
      for (const { message } of this.#hits) if (message.sender.id === detail.id) message.sender = detail
      this.#keep(() => true)
    })
  }

  #onMessage(message) {
    const hit = this.#hits.find((other) => other.message.id === message.id)
    if (!hit || message.rev <= hit.message.rev) return
    if (message.text !== hit.message.text) hit.snippet = [oneLine(message)]
    hit.message = message
    this.#keep((other) => other !== hit || !isGone(message))
  }

  #keep(fits) {
    if (!this.#hits.length) return
    this.#hits = this.#hits.filter(fits)
    this.#draw()
  }

  // Words of people I blocked are shown to who asks for theirs.
  get #visible() { return this.#hits.filter(({ message: { sender } }) => sender.id === this.#from?.id || !this.app.chat.blocked.has(sender.id)) }

  #fillRooms() {
    const { chat } = this.app
    const chosen = this.room.value
    const rooms = [...chat.rooms.values()].sort((a, b) => chat.nameOf(a).localeCompare(chat.nameOf(b)))
    this.room.replaceChildren(element('option', { value: '' }, t('search-anywhere')),
      ...rooms.map((room) => element('option', { value: room.id }, t('search-in-room', { room: chat.nameOf(room) }))))
    this.room.value = chat.get(Number(chosen)) ? chosen : ''
    mark(this.room, this.room.value)
  }

  // Opens what a condition is set with, or closes it again.
  #unfold(name, open = document.getElementById(`search-${name}`).hidden) {
    for (const [button, box] of [['search-from', 'people'], ['search-when', 'dates']]) {
      const shown = open && box === name
      document.getElementById(`search-${box}`).hidden = !shown
      document.getElementById(button).setAttribute('aria-expanded', String(shown))
    }
    if (open) find(`#search-${name} input`).focus()
    if (open && name === 'people') this.picker.search('')
  }

  #setFrom(person) {
    this.#from = person
    const button = find('#search-from')
    this.#unfold('people', false)
    setText(find('span', button), person ? t('search-from-name', { name: person.nickname }) : t('search-from'))
    if (person) button.setAttribute('aria-label', t('search-drop', { condition: t('search-from-name', { name: person.nickname }) }))
    else button.removeAttribute('aria-label')
    find('svg', button).replaceWith(icon(person ? 'close' : 'chevron-down'))
    mark(button, person)
    button.focus()
    this.#ask()
  }

  #setDates() {
    const [since, until] = [this.since.value, this.until.value]
    const button = find('#search-when')
    setText(find('span', button), since || until ? t('search-between', { since: since || '…', until: until || '…' }) : t('search-date'))
    mark(button, since || until)
    this.#ask()
  }

  #soon() {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#ask(), WAIT)
  }

  get #query() {
    const query = { limit: '30' }
    const words = this.input.value.trim()
    if (words) query.q = words
    if (this.room.value) query.room = this.room.value
    if (this.#from) query.from = this.#from.id
    if (this.since.value) query.since = new Date(`${this.since.value}T00:00:00`).toISOString()
    if (this.until.value) query.until = new Date(`${this.until.value}T23:59:59.999`).toISOString()
    if (this.#image) query.has = 'image'
    return query
  }

  // From the start, or what comes `before` the last hit. An answer that was overtaken is not shown.
  async #ask(before = null) {
    clearTimeout(this.#timer)
    this.#asking?.abort()
    const asking = this.#asking = new AbortController()
    const query = this.#query
    // All of a person, or all images, are found without a word.
    if (!query.q && !query.from && !query.has) return this.#clear()
    this.panel.setAttribute('aria-busy', 'true')
    try {
      let answer = { before }
      do {
        if (answer.before) query.before = answer.before
        answer = await api.get(`search?${new URLSearchParams(query)}`, { signal: asking.signal })
        // The server looks at so much at a time, and may find nothing there.
      } while (!answer.hits.length && answer.more)
      this.#take(answer, Boolean(before))
    } catch (error) {
      if (error.name === 'AbortError') return
      // As one types it is asked often; this was too often.
      if (error.code === 'rate_limited') {
        this.#timer = setTimeout(() => this.#ask(before), (error.retryAfter ?? 2) * 1_000)
        return
      }
      this.#fail(error, Boolean(before))
    }
    if (this.#asking === asking) this.panel.removeAttribute('aria-busy')
  }

  #clear() {
    this.#hits = []
    this.#before = null
    this.panel.removeAttribute('aria-busy')
    this.list.replaceChildren()
    this.more.hidden = true
    this.#say('search-start', 'search-start-text')
  }

  #take({ hits, more, before }, further) {
    this.#hits = further ? [...this.#hits, ...hits] : hits
    this.#before = more ? before : null
    this.#draw()
    if (!further) this.body.scrollTop = 0
  }

  #draw() {
    const count = this.#visible.length
    const focused = find(':focus', this.body)
    this.more.hidden = !this.#before
    this.#render()
    if (focused && !focused.checkVisibility()) (find(`[data-hit="${focused.dataset.hit}"]`, this.list) ?? this.body).focus()
    if (!count && !this.#before) return this.#say('search-none', 'search-none-text')
    this.empty.hidden = true
    setText(find('#search-count'), plural(this.#before ? 'search-hits-more' : 'search-hits', count))
  }

  #fail(error, further) {
    if (!further) {
      this.#hits = []
      this.list.replaceChildren()
      this.more.hidden = true
    }
    this.#say('search-failed', null, errorText(error.code))
    this.retry.hidden = further
  }

  // What stands in place of hits.
  #say(title, text, words = t(text)) {
    this.empty.hidden = false
    this.retry.hidden = true
    setText(find('#search-count'), '')
    setText(find('.empty-title', this.empty), t(title))
    setText(find('.empty-text', this.empty), words)
  }

  // By room, the room of the newest hit first.
  #render() {
    const groups = new Map()
    for (const hit of this.#visible) groups.set(hit.room.id, [...groups.get(hit.room.id) ?? [], hit])
    this.list.replaceChildren(...[...groups.values()].flatMap((hits) => [this.#label(hits[0].room), element('ul', {}, ...hits.map((hit) => this.#row(hit)))]))
  }

  #label(room) {
    const known = this.app.chat.get(room.id)
    return element('h3', { class: 'panel-label' }, icon(room.kind === 'private' ? 'lock' : room.kind === 'direct' ? 'person' : 'hash', 'small'),
      element('bdi', {}, known ? this.app.chat.nameOf(known) : room.name))
  }

  #row({ message, room, snippet }) {
    const at = new Date(message.created_at)
    const pictures = message.uploads?.length ? `[${plural('pictures', message.uploads.length)}] ` : null
    return element('li', {},
      element('a', { class: 'hit', href: `/r/${room.id}/m/${message.seq}`, 'data-hit': message.id },
        avatar(message.sender, 'small'),
        element('span', {},
          element('span', { class: 'hit-head' }, element('b', {}, element('bdi', {}, message.sender.nickname)), element('time', { datetime: message.created_at, title: fullTime(at) }, listTime(at))),
          element('span', { class: 'hit-text', dir: 'auto' }, pictures, ...snippet.map((part) => (typeof part === 'string' ? part : element('mark', {}, part.text)))))))
  }

  // To the message, in its surroundings; small screens come back here with Back.
  #onHit(event) {
    const link = event.target.closest('[data-hit]')
    const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey
    if (!link || !plain) return
    for (const other of this.list.querySelectorAll('[aria-current]')) other.removeAttribute('aria-current')
    link.setAttribute('aria-current', 'true')
    // The page itself follows links to messages.
    if (!WIDE.matches) this.#hide()
  }
}

const mark = (filter, on) => filter.classList.toggle('filter-on', Boolean(on))
