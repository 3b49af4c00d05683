// A room's settings: its name and topic, its members, and the ways out of it.

import { api } from '../lib/api.js'
import { avatar, element, find, icon, setText, toast } from '../lib/dom.js'
import { duration, errorText, t } from '../lib/words.js'
import { clearErrors, confirm, showRefusal } from './dialogs.js'
import { canManage } from './people.js'
import { Picker } from './picker.js'

// Seconds after sending in which a message can be recalled.
const RECALL = [0, 30, 120, 600, 3_600, 86_400]
// Seconds that a member waits between messages.
const SLOW = [0, 2, 5, 10, 30, 60, 300, 900, 3_600]

let settings = null

export function show(app, tab = 'overview') {
  if (!app.room) return
  settings ??= new Settings(app)
  settings.show(app.room, tab)
}

class Settings {
  #members = new Map()
  #more = false

  constructor(app) {
    this.app = app
    this.dialog = find('#dialog-settings')
    this.form = find('#settings-form')
    this.rules = find('#rules-form')
    this.list = find('#settings-members')
    this.tabs = [...this.dialog.querySelectorAll('[role="tab"]')]
    for (const tab of this.tabs) tab.addEventListener('click', () => this.#select(tab.dataset.tab))
    find('[role="tablist"]', this.dialog).addEventListener('keydown', (event) => this.#onTabKey(event))
    this.form.addEventListener('submit', (event) => this.#save(event))
    this.rules.addEventListener('submit', (event) => this.#saveRules(event))
    find('#archive-room').addEventListener('click', () => this.#archive())
    this.picker = new Picker(find('#settings-people'), app, { onPick: (person) => this.#add(person), without: (user) => this.#members.has(user.id) })
    find('#settings-more').addEventListener('click', () => this.#load())
    find('#settings-leave').addEventListener('click', () => this.#leave())
    find('#settings-delete').addEventListener('click', () => this.#delete())
    find('#page-notices').addEventListener('change', ({ target }) => {
      this.#setMine(target.name === 'notify' ? { notify: target.value } : { muted: target.checked })
    })
    find('#settings-device').addEventListener('click', () => { this.dialog.close(); app.dialog('notices') })
    app.chat.addEventListener('rooms', () => { if (this.dialog.open) this.#showMine() })
    app.chat.addEventListener('gone', ({ detail }) => { if (detail === this.room?.id) this.dialog.close() })
  }

  show(room, tab) {
    this.room = room
    const direct = room.kind === 'direct'
    for (const name of ['overview', 'rules', 'members']) find(`#tab-${name}`).hidden = direct
    if (direct) tab = 'notices'
    const { chat } = this.app
    const manages = canManage(room) || (!direct && chat.moderates(room))
    const owns = room.my.role === 'owner' || chat.me.role === 'admin'
    setText(find('#settings-title'), t('settings-of', { room: this.app.chat.nameOf(room) }))
    this.form.elements.name.value = room.name
    this.form.elements.topic.value = room.topic
    for (const field of [this.form.elements.name, this.form.elements.topic]) field.readOnly = !manages
    this.#showRecall(manages)
    this.#showRules(manages, owns)
    this.#showMine()
    find('#settings-save').hidden = !manages
    find('#settings-people').hidden = !manages
    find('#settings-leave-row').hidden = room.lobby
    find('#settings-delete-row').hidden = room.lobby || !owns
    clearErrors(this.form)
    this.#members.clear()
    this.list.replaceChildren()
    this.picker.clear()
    if (!direct) this.#load()
    this.#select(tab)
    if (!this.dialog.open) this.dialog.showModal()
  }

  #select(name) {
    for (const tab of this.tabs) {
      const on = tab.dataset.tab === name
      tab.setAttribute('aria-selected', String(on))
      tab.tabIndex = on ? 0 : -1
      document.getElementById(tab.getAttribute('aria-controls')).hidden = !on
    }
  }

  #onTabKey(event) {
    const forward = event.key === 'ArrowRight' || event.key === 'ArrowDown'
    if (!forward && event.key !== 'ArrowLeft' && event.key !== 'ArrowUp') return
    event.preventDefault()
    const tabs = this.tabs.filter((tab) => !tab.hidden)
    const index = tabs.indexOf(document.activeElement)
    const next = tabs[(index + (forward ? 1 : -1) + tabs.length) % tabs.length]
    this.#select(next.dataset.tab)
    next.focus()
  }

  async #save(event) {
    event.preventDefault()
    const { name, topic, recall_seconds: recall } = this.form.elements
    const change = { name: name.value.trim(), topic: topic.value.trim() }
    if (Number(recall.value) !== this.app.chat.recallSeconds(this.room)) change.recall_seconds = Number(recall.value)
    try {
      const { room } = await api.patch(`rooms/${this.room.id}`, change)
      this.app.chat.addRoom(room)
      this.dialog.close()
      toast(t('saved'))
    } catch (error) {
      showRefusal(this.form, error)
    }
  }

  #showRecall(manages) {
    const now = this.app.chat.recallSeconds(this.room)
    offer(this.form.elements.recall_seconds, RECALL, now, t('recall-never'))
    this.form.elements.recall_seconds.disabled = !manages
  }

  #showRules(manages, owns) {
    const { room } = this
    const { post_policy: policy, slow_seconds: slow, public_read: open } = this.rules.elements
    policy.value = room.post_policy
    offer(slow, SLOW, room.slow_seconds, t('slow-none'))
    open.checked = room.public_read
    for (const field of [policy, slow]) field.disabled = !manages
    open.disabled = !owns
    find('#rules-reading').hidden = room.kind !== 'public'
    find('#rules-save').hidden = !manages
    find('#rules-archive').hidden = room.lobby || !owns
    const archived = Boolean(room.archived_at)
    setText(find('#archive-label'), archived ? t('unarchive') : t('archive'))
    const button = find('#archive-room')
    setText(button, archived ? t('unarchive-do') : t('archive-do'))
    button.classList.toggle('button-danger-quiet', !archived)
  }

  async #saveRules(event) {
    event.preventDefault()
    const { post_policy: policy, slow_seconds: slow, public_read: open } = this.rules.elements
    const change = { post_policy: policy.value, slow_seconds: Number(slow.value) }
    if (open.checked !== this.room.public_read) change.public_read = open.checked
    if (await this.#change(change)) this.dialog.close()
  }

  async #archive() {
    const archived = !this.room.archived_at
    if (archived && !await confirm({ title: t('archive'), text: t('archive-text', { room: this.room.name }), action: t('archive-do') })) return
    if (await this.#change({ archived })) this.show(this.room, 'rules')
  }

  async #change(change) {
    try {
      const { room } = await api.patch(`rooms/${this.room.id}`, change)
      this.app.chat.addRoom(room)
      toast(t('saved'))
      return true
    } catch (error) {
      toast(errorText(error.code))
      return false
    }
  }

  // What is mine alone; it counts as soon as it is chosen.
  #showMine() {
    const { my } = this.room
    if (!my) return
    const chosen = find(`#settings-notify [value="${my.notify ?? 'all'}"]`)
    if (chosen && !chosen.checked) chosen.checked = true
    find('#settings-muted').checked = Boolean(my.muted)
    find('#settings-notify').disabled = Boolean(my.muted)
  }

  async #setMine(change) {
    try {
      const { room } = await api.patch(`rooms/${this.room.id}/me`, change)
      this.app.chat.addRoom(room)
    } catch (error) {
      toast(errorText(error.code))
    }
    this.#showMine()
  }

  async #load() {
    const room = this.room
    const last = this.#members.size ? Math.max(...this.#members.keys()) : 0
    const answer = await api.get(`rooms/${room.id}/members?limit=100${last ? `&after=${last}` : ''}`).catch((error) => { toast(errorText(error.code)) })
    if (!answer || room !== this.room) return
    for (const member of answer.members) this.#members.set(member.user.id, member)
    this.#more = answer.more
    this.#render()
  }

  #render() {
    setText(find('#settings-count'), String(this.room.member_count))
    find('#settings-more').hidden = !this.#more
    this.list.replaceChildren(...[...this.#members.values()].map((member) => this.#row(member)))
  }

  #row({ user, role, online }) {
    const mine = this.room.my.role
    const self = user.id === this.app.chat.me.id
    const removable = !self && (mine === 'owner' || (mine === 'moderator' && role === 'member'))
    const roles = mine === 'owner'
      ? element('select', { class: 'input', 'aria-label': t('role-of', { name: user.nickname }), onchange: (event) => this.#setRole(user, event.target) },
        ...['owner', 'moderator', 'member'].map((name) => element('option', { value: name, selected: name === role }, t(`role-${name}`))))
      : element('span', { class: 'chip' }, t(`role-${role}`))
    return element('li', { class: 'setting' },
      avatar(user, 'small', online ? 'online' : 'away'),
      element('button', { class: 'setting-text', type: 'button', 'aria-haspopup': 'dialog', onclick: () => this.app.profile(user.id) },
        element('bdi', { class: 'setting-label' }, user.nickname), element('span', { class: 'setting-hint' }, `@${user.username}`)),
      roles,
      removable ? element('button', { class: 'icon-button', type: 'button', 'aria-label': t('remove-member', { name: user.nickname }), onclick: () => this.#remove(user) }, icon('person-minus')) : null)
  }

  async #setRole(user, select) {
    try {
      const { member } = await api.patch(`rooms/${this.room.id}/members/${user.id}`, { role: select.value })
      this.#members.set(user.id, member)
      if (user.id === this.app.chat.me.id) this.show(this.room, 'members')
    } catch (error) {
      toast(errorText(error.code))
    }
    this.#render()
  }

  async #add(person) {
    try {
      const { member } = await api.post(`rooms/${this.room.id}/members`, { user: person.id })
      this.#members.set(person.id, member)
      this.#render()
    } catch (error) {
      toast(errorText(error.code))
    }
  }

  async #remove(user) {
    if (!await confirm({ title: t('remove-title'), text: t('remove-text', { name: user.nickname }), action: t('remove') })) return
    try {
      await api.remove(`rooms/${this.room.id}/members/${user.id}`)
      this.#members.delete(user.id)
      this.#render()
    } catch (error) {
      toast(errorText(error.code))
    }
  }

  async #leave() {
    const name = this.app.chat.nameOf(this.room)
    if (!await confirm({ title: t('leave-title'), text: t('leave-text', { room: name }), action: t('leave') })) return
    this.#go(api.post(`rooms/${this.room.id}/leave`))
  }

  async #delete() {
    const name = this.app.chat.nameOf(this.room)
    if (!await confirm({ title: t('delete-room-title'), text: t('delete-room-text', { room: name }), action: t('delete-room') })) return
    this.#go(api.remove(`rooms/${this.room.id}`))
  }

  async #go(asking) {
    const { id } = this.room
    try {
      await asking
      this.app.chat.removeRoom(id)
    } catch (error) {
      toast(errorText(error.code))
    }
  }
}

// Lets one choose among times in seconds; what somebody set by other means stays among them.
function offer(select, times, now, none) {
  const choices = [...new Set([...times, now])].sort((a, b) => a - b)
  select.replaceChildren(...choices.map((seconds) => element('option', { value: seconds, selected: seconds === now }, seconds ? duration(seconds) : none)))
}
