// Where messages are written: drafts, Enter, the counter, editing, answering, images, typing.

import { find, setText, toast } from '../lib/dom.js'
import { isComposing, isEnter, isField, isTouch } from '../lib/keys.js'
import { errorText, t } from '../lib/words.js'
import { drafts } from '../models/outbox.js'
import { isGone, oneLine } from './message.js'

const SAVE_AFTER = 300
const TYPING_EVERY = 3_000
const TYPING_LIMIT = 100
// A slash and a word; `/me` is a way of writing.
const COMMAND = /^\/(?!(?:me|我)\s)[\p{L}-]+(?:\s|$)/iu
// What says that a message can be edited no more.
const LOST = ['gone', 'forbidden', 'not_found']

export class Composer {
  room = null
  // The message of mine that is edited, as drafts keep it.
  editing = null
  // The message that is answered, as { id, seq }.
  replying = null
  // Why nothing can be sent now, as { text, edits (nor saved) }; null where it can.
  hold = null
  #saveTimer = 0
  #typedAt = 0
  #suggesting = null
  // The id of the message whose edit is on its way.
  #saving = null
  #tray = null
  #loadingTray = null

  constructor({ chat, outbox, line, stream }) {
    Object.assign(this, { chat, outbox, line, stream })
    this.form = find('#composer')
    this.text = find('#text')
    this.button = find('.send-button', this.form)
    this.counter = find('#counter')
    this.strip = find('#edit-strip')
    this.replyStrip = find('#reply-strip')
    this.typing = find('#typing')
    this.notice = find('#command-notice')
    this.#listen()
  }

  open(room) {
    this.#saveDraft()
    this.#endEdit()
    if (this.room) this.notice.hidden = true
    this.room = room
    this.form.action = `/r/${room.id}`
    this.#set(drafts.get(this.chat.me.id, room.id))
    this.#setReply(drafts.reply(this.chat.me.id, room.id))
    const edit = drafts.edit(this.chat.me.id, room.id)
    if (edit && edit.id !== this.#saving) this.#resumeEdit(edit)
    this.#tray?.show()
    this.rename()
    this.#showTyping()
    if (!isTouch()) this.text.focus({ preventScroll: true })
  }

  // The room's name, where it changes while it is open.
  rename() {
    const name = this.chat.nameOf(this.room)
    const label = this.room.kind === 'direct' ? t('write-to', { name }) : t('write-in', { room: name })
    this.text.placeholder = label
    setText(find('label[for="text"]', this.form), label)
  }

  close() {
    this.#saveDraft()
    this.#endEdit()
    this.room = null
    this.#tray?.show()
  }

  focus() { this.text.focus() }

  // Answers a message with what is written next.
  reply(message) {
    this.#putEditAway()
    this.#setReply({ id: message.id, seq: message.seq })
    this.#saveDraft()
    this.text.focus()
  }

  // Puts words where the caret is.
  insert(text) {
    this.text.setRangeText(text, this.text.selectionStart, this.text.selectionEnd, 'end')
    this.text.dispatchEvent(new Event('input'))
    if (!isTouch()) this.text.focus()
  }

  // Adds words to the draft, as lines of their own.
  write(text) {
    this.#putEditAway()
    this.#add(text)
    this.text.focus()
  }

  // Images for the next message.
  async attach(files) {
    // Where one of the two has blocked the other nothing is written.
    if (!files.length || !this.form.checkVisibility()) return
    const tray = await this.#openTray()
    tray?.add(files)
  }

  // Takes back a message that was not sent, with its images.
  async takeBack({ client_id: id, room, text, uploads = [], reply_to: reply, code }) {
    const tray = uploads.length ? await this.#openTray() : null
    if (uploads.length && !tray?.restore(room, uploads)) return
    this.outbox.remove(id)
    if (this.room?.id !== room) return this.#addElsewhere(room, text)
    this.write(text)
    if (reply && !this.replying && code !== 'gone') this.reply(reply)
  }

  // Puts a message of mine into the box; Enter saves it.
  edit({ id, room, text, uploads }) {
    if (this.editing?.id !== id) {
      this.#putEditAway()
      this.#saveDraft()
      this.#resumeEdit({ id, room, text, uploads: uploads.length, written: text })
    }
    this.text.focus()
    this.text.setSelectionRange(this.text.value.length, this.text.value.length)
  }

  #listen() {
    this.form.addEventListener('submit', (event) => { event.preventDefault(); this.#submit() })
    this.text.addEventListener('input', (event) => this.#onInput(event))
    this.text.addEventListener('keydown', (event) => this.#onKey(event))
    this.text.addEventListener('compositionend', () => this.#onInput({}))
    find('button', this.strip).addEventListener('click', () => { this.#cancelEdit(); this.text.focus() })
    find('button', this.replyStrip).addEventListener('click', () => { this.#endReply(); this.text.focus() })
    find('button', this.notice).addEventListener('click', () => { this.notice.hidden = true; this.text.focus() })
    this.chat.addEventListener('message', ({ detail }) => this.#onMessage(detail))
    this.outbox.addEventListener('held', ({ detail }) => this.#onHeld(detail))
    const files = find('#files')
    find('#attach').addEventListener('click', () => files.click())
    files.addEventListener('change', () => { this.attach([...files.files]); files.value = '' })
    document.addEventListener('paste', (event) => {
      if (event.target !== this.text && (isField(event.target) || find('dialog[open]'))) return
      const pasted = [...event.clipboardData.files]
      // Words copied from an office program come with a picture of themselves.
      if (!pasted.length || event.clipboardData.getData('text/plain')) return
      event.preventDefault()
      this.attach(pasted)
    })
    const smile = find('#smile')
    smile.addEventListener('click', async () => (await import('./emoji.js')).pick(smile, (emoji) => this.insert(emoji)))
    addEventListener('pagehide', () => this.#saveDraft())
    this.chat.addEventListener('typing', () => this.#showTyping())
    this.chat.addEventListener('limits', () => this.measure())
  }

  #onInput(event) {
    this.measure()
    // Nothing is saved or rewritten while a word is composed.
    if (isComposing(event) || !this.room) return
    clearTimeout(this.#saveTimer)
    this.#saveTimer = setTimeout(() => this.#saveDraft(), SAVE_AFTER)
    this.#tellTyping()
    if (this.#suggesting || /(?:[@:：]|^\/)\S*$/.test(this.text.value.slice(0, this.text.selectionStart))) this.#suggest()
  }

  // The list of names, emoji and commands is loaded when the first @, : or / is typed.
  async #suggest() {
    this.#suggesting ??= import('./mentions.js').then(({ Mentions }) => new Mentions(this))
    const mentions = await this.#suggesting.catch(() => { this.#suggesting = null })
    mentions?.update()
  }

  async #openTray() {
    this.#loadingTray ??= import('./tray.js').then(({ Tray }) => { this.#tray = new Tray(this); return this.#tray })
    return this.#loadingTray.catch(() => { this.#loadingTray = null; toast(errorText('offline')) })
  }

  // What is edited or answered may go meanwhile.
  #onMessage(message) {
    if (message.id === this.editing?.id && isGone(message)) {
      this.#putEditAway()
      toast(errorText('gone'))
    }
    if (message.id === this.replying?.id) {
      if (isGone(message)) this.#endReply()
      else this.#showReply()
    }
  }

  // What I may not send, or not yet, comes back here; an edit that is under way is not disturbed.
  #onHeld({ entry, error }) {
    toast(errorText(error.code))
    if (error.code === 'slow_mode') this.chat.wait(entry.room, error.retryAfter ?? 0)
    if (!this.editing) this.takeBack(entry)
  }

  get #held() { return this.hold && (!this.editing || this.hold.edits) ? this.hold.text : '' }

  #setReply(reply) {
    this.replying = reply
    this.#showReply()
  }

  #endReply() {
    this.#setReply(null)
    this.#saveDraft()
  }

  #showReply() {
    this.replyStrip.hidden = !this.replying || Boolean(this.editing)
    if (!this.replying || !this.room) return
    const timeline = this.chat.timeline(this.room.id)
    const message = timeline.quote(this.replying.id)
    if (message === undefined) timeline.addEventListener('change', () => this.#showReply(), { once: true })
    if (message === null || (message && isGone(message))) return this.#endReply()
    setText(find('bdi', this.replyStrip), message?.sender.nickname ?? '')
    setText(find('.truncate > span', this.replyStrip), message ? oneLine(message) : '…')
  }

  #onKey(event) {
    if (event.defaultPrevented || isComposing(event)) return
    const always = event.key === 'Enter' && (event.ctrlKey || event.metaKey)
    if (always || (isEnter(event) && !isTouch())) {
      event.preventDefault()
      return this.#submit()
    }
    if (event.key === 'Escape' && this.editing) {
      event.stopPropagation()
      return this.#cancelEdit()
    }
    if (event.key === 'Escape' && this.replying) {
      event.stopPropagation()
      return this.#endReply()
    }
    if (event.key === 'ArrowUp' && !this.text.value && !this.editing) {
      const message = this.stream.lastOwn()
      if (!message) return
      event.preventDefault()
      this.edit(message)
    }
  }

  #submit() {
    const text = this.text.value.trim()
    if (!this.room || this.#over() > 0) return
    if (this.#held) return toast(this.#held)
    if (this.editing) return this.#saveEdit(text)
    const images = this.#tray?.state ?? 'none'
    if (images === 'busy' || images === 'failed') return toast(images === 'busy' ? t('images-busy') : t('images-failed'))
    if (!text && images === 'none') return
    if (images === 'none' && COMMAND.test(text)) return this.#command(text)
    const uploads = images === 'ready' ? this.#tray.take() : []
    this.outbox.add(this.room.id, text, { uploads, reply_to: this.replying })
    this.#set('')
    this.#setReply(null)
    this.#saveDraft()
    this.#typedAt = 0
    this.stream.dropLine()
    this.stream.toEnd()
    this.text.focus({ preventScroll: true })
  }

  // What a command says is done by the server, and the words stay until it is.
  async #command(text) {
    const { room } = this
    const commands = await import('./commands.js').catch(() => toast(errorText('offline')))
    if (!await commands?.give(room, text) || this.room !== room || this.text.value.trim() !== text) return
    this.#set('')
    this.#saveDraft()
    this.stream.toEnd()
  }

  async #saveEdit(text) {
    const edit = { ...this.editing, written: text }
    if (!text && !edit.uploads) return
    this.#cancelEdit()
    if (text === edit.text) return
    // Kept until the server has it.
    this.#keepEdit(edit.room, edit)
    this.#saving = edit.id
    try {
      await this.line.ask({ type: 'edit', id: edit.id, text })
      this.#forgetEdit(edit)
    } catch (error) {
      toast(errorText(error.code))
      this.#takeUp(edit, error)
    } finally {
      if (this.#saving === edit.id) this.#saving = null
    }
  }

  // An edit that was refused is gone on with, or, where there is nothing to edit any more, becomes a draft.
  #takeUp(edit, { code }) {
    const here = this.room?.id === edit.room
    const lasting = !LOST.includes(code)
    // Opening the room goes on with it.
    if (lasting && !here && drafts.edit(this.chat.me.id, edit.room)?.id === edit.id) return
    if (lasting && here && !this.editing) {
      this.#saveDraft()
      return this.#resumeEdit(edit)
    }
    this.#forgetEdit(edit)
    if (here && !this.editing) this.#add(edit.written)
    else this.#addElsewhere(edit.room, edit.written)
  }

  #resumeEdit(edit) {
    this.editing = edit
    this.strip.hidden = false
    this.replyStrip.hidden = true
    this.#set(edit.written)
  }

  #cancelEdit() {
    this.#keepEdit(this.room.id, null)
    this.#endEdit()
    this.#set(drafts.get(this.chat.me.id, this.room.id))
  }

  // Something else takes the place of an edit: what was changed goes into the draft.
  #putEditAway() {
    if (!this.editing) return
    const [before, written] = [this.editing.text, this.text.value]
    this.#cancelEdit()
    if (written.trim() !== before.trim()) this.#add(written)
  }

  #keepEdit(room, edit) { drafts.setEdit(this.chat.me.id, room, edit) }

  #forgetEdit({ id, room }) {
    if (drafts.edit(this.chat.me.id, room)?.id === id && this.editing?.id !== id) this.#keepEdit(room, null)
  }

  #add(text) {
    this.#set([this.text.value, text].filter(Boolean).join('\n'))
    this.#saveDraft()
  }

  // To the draft of a room that is not open, or whose draft lies beneath an edit.
  #addElsewhere(room, text) {
    const user = this.chat.me.id
    drafts.set(user, room, [drafts.get(user, room), text].filter(Boolean).join('\n'))
    this.chat.dispatchEvent(new CustomEvent('rooms'))
  }

  #endEdit() {
    this.editing = null
    this.strip.hidden = true
    this.#showReply()
  }

  #set(text) {
    this.text.value = text
    this.measure()
  }

  #saveDraft() {
    clearTimeout(this.#saveTimer)
    if (!this.room) return
    if (this.editing) {
      const written = this.text.value
      return this.#keepEdit(this.room.id, written === this.editing.text ? null : { ...this.editing, written })
    }
    drafts.setReply(this.chat.me.id, this.room.id, this.replying)
    const before = drafts.get(this.chat.me.id, this.room.id)
    if (before === this.text.value) return
    drafts.set(this.chat.me.id, this.room.id, this.text.value)
    this.chat.dispatchEvent(new CustomEvent('rooms'))
  }

  // Characters above the limit, counted as the server does.
  #over() {
    return [...this.text.value.trim()].length - this.chat.limits.text
  }

  // Can it be sent, and how much may still be written?
  measure() {
    const images = this.editing ? 'none' : this.#tray?.state ?? 'none'
    const ready = images === 'ready' || (images === 'none' && this.text.value.trim() !== '')
    const over = this.#over()
    const sends = ready && over <= 0 && !this.#held
    this.button.classList.toggle('send-button-ready', sends)
    this.button.setAttribute('aria-disabled', String(!sends))
    this.text.required = images === 'none'
    const shown = over > -this.chat.limits.text / 10
    this.counter.hidden = !shown
    this.counter.classList.toggle('composer-count-over', over > 0)
    if (shown) setText(this.counter, over > 0 ? t('too-long', { count: over }) : t('left', { count: -over }))
    if (!CSS.supports('field-sizing', 'content')) {
      this.text.style.blockSize = 'auto'
      this.text.style.blockSize = `${this.text.scrollHeight}px`
    }
  }

  #tellTyping() {
    const now = Date.now()
    if (!this.text.value.trim() || this.editing || now - this.#typedAt < TYPING_EVERY || this.room.member_count > TYPING_LIMIT) return
    this.#typedAt = now
    this.line.tell({ type: 'typing', room: this.room.id })
  }

  #showTyping() {
    const names = this.room ? this.chat.typing(this.room.id) : []
    this.typing.hidden = !names.length
    if (!names.length) return
    const [first, second, third] = names
    const text = names.length === 1 ? t('typing-one', { first })
      : names.length === 2 ? t('typing-two', { first, second })
        : names.length === 3 ? t('typing-three', { first, second, third })
          : t('typing-many')
    setText(find('span:last-child', this.typing), text)
  }
}
