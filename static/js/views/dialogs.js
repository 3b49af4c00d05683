// The dialogs: making and finding rooms, starting a private chat, asking before something is gone. Their markup stands in the
// page; this fills it and listens.

import { api } from '../lib/api.js'
import { element, find, icon, setText, toast } from '../lib/dom.js'
import { errorText, plural, t } from '../lib/words.js'
import { Picker } from './picker.js'
import { talkTo } from './profile.js'

const wired = new Set()

export async function show(app, name, ...args) {
  if (['switcher', 'settings', 'contacts', 'notices', 'report'].includes(name)) return (await import(`./${name}.js`)).show(app, ...args)
  if (name === 'date') return (await import('./jump.js')).show(app)
  const dialog = find(`#dialog-${name}`)
  if (!wired.has(name)) {
    wired.add(name)
    wire[name]?.(app, dialog)
  }
  dialog.dispatchEvent(new CustomEvent('opening', { detail: args }))
  if (!dialog.open) dialog.showModal()
}

// Asks; resolves to whether the answer was yes.
export function confirm({ title, text, quote = '', action }) {
  const dialog = find('#dialog-confirm')
  setText(find('#confirm-title'), title)
  setText(find('#confirm-text'), text)
  const words = find('#confirm-quote')
  words.hidden = !quote
  setText(words, quote)
  const yes = find('#confirm-yes')
  setText(yes, action)
  dialog.showModal()
  return new Promise((resolve) => {
    let sure = false
    yes.onclick = () => { sure = true; dialog.close() }
    dialog.addEventListener('close', () => resolve(sure), { once: true })
  })
}

// Shows what the server refused: at its fields, or as a word at the bottom.
export function showRefusal(form, error) {
  const wrong = [...form.querySelectorAll('.input[name]')].filter((input) => setFieldError(input, error.codes[input.name]))
  if (wrong.length) wrong[0].focus()
  else toast(errorText(error.code))
}

export function clearErrors(form) {
  for (const input of form.querySelectorAll('.input[name]')) setFieldError(input, null)
}

// Is there something wrong with this field?
function setFieldError(input, code) {
  if (code) input.setAttribute('aria-invalid', 'true')
  else input.removeAttribute('aria-invalid')
  const node = document.getElementById(`${input.id}-error`)
  node.hidden = !code
  setText(find('span', node), code ? errorText(code) : '')
  return Boolean(code)
}

const wire = {
  create(app, dialog) {
    const form = find('form', dialog)
    const mark = find('.input-group .icon use', form)
    const picked = new Picker(find('#create-people', dialog), app, { several: true })
    dialog.addEventListener('opening', ({ detail: [name] }) => {
      form.reset()
      picked.clear()
      clearErrors(form)
      find('#create-name').value = name ?? ''
    })
    form.addEventListener('change', () => {
      mark.setAttribute('href', mark.getAttribute('href').replace(/#.*/, form.elements.kind.value === 'private' ? '#lock' : '#hash'))
    })
    form.addEventListener('submit', async (event) => {
      event.preventDefault()
      const { name, topic, kind } = form.elements
      try {
        const { room } = await api.post('rooms', { kind: kind.value, name: name.value.trim(), topic: topic.value.trim() })
        app.chat.addRoom(room)
        dialog.close()
        app.open(room.id)
        for (const person of picked.people) await api.post(`rooms/${room.id}/members`, { user: person.id })
      } catch (error) {
        showRefusal(form, error)
      }
    })
  },

  browse(app, dialog) {
    const list = find('ul', dialog)
    const input = find('input', dialog)
    const more = find('[data-more]', dialog)
    let asked = 0
    const load = async (after) => {
      const mine = ++asked
      const query = new URLSearchParams({ limit: '50', ...(input.value.trim() && { q: input.value.trim() }), ...(after && { after }) })
      const answer = await api.get(`rooms/public?${query}`).catch((error) => { toast(errorText(error.code)) })
      if (!answer || mine !== asked) return
      if (!after) list.replaceChildren()
      for (const room of answer.rooms) list.append(publicRoom(app, dialog, room))
      find('.empty', dialog).hidden = list.childElementCount > 0
      more.hidden = !answer.more
      more.onclick = () => load(answer.rooms.at(-1).id)
    }
    let timer = 0
    input.addEventListener('input', () => { clearTimeout(timer); timer = setTimeout(load, 200) })
    dialog.addEventListener('opening', () => { input.value = ''; load() })
  },

  direct(app, dialog) {
    const picker = new Picker(find('#direct-people', dialog), app, {
      onPick: (person) => { dialog.close(); talkTo(app, person.id) },
    })
    dialog.addEventListener('opening', () => picker.search(''))
  },
}

function publicRoom(app, dialog, room) {
  const joined = app.chat.get(room.id)
  const enter = async () => {
    try {
      if (!joined) app.chat.addRoom((await api.post(`rooms/${room.id}/join`)).room)
      dialog.close()
      app.open(room.id)
    } catch (error) {
      toast(errorText(error.code))
    }
  }
  return element('li', { class: 'setting' },
    element('span', { class: 'room-mark' }, icon('hash')),
    element('div', { class: 'setting-text' },
      element('bdi', { class: 'setting-label' }, room.name),
      element('span', { class: 'setting-hint', dir: 'auto' }, [plural('members', room.member_count), room.topic].filter(Boolean).join(' · '))),
    element('button', { class: joined ? 'button button-small' : 'button button-small button-primary', type: 'button', 'aria-label': `${joined ? t('open-room') : t('join')}: ${room.name}`, onclick: enter },
      joined ? t('open-room') : t('join')))
}

