// The rooms I am in, who is there, and what every frame of the line means to them. No DOM here.

import { api } from '../lib/api.js'
import { Timeline, mentions } from './timeline.js'

const TIMELINES = 10
const TYPING = 6_000

// Sent by the server in somebody's name, who may be far away.
const isAutomatic = (message) => message.kind === 'preset' && message.client_id.startsWith('countdown-')

// Events: `rooms` (list, names, counts), `people` (who is online, who is member of what), `typing`,
// `message` (detail: it), `fresh` (detail: a message of somebody else that was not known), `read` (detail: the frame, another's),
// `countdown` (detail: the frame; without it all may be new), `presets` (detail: the chips), `member` (detail: the frame), `user`, `contacts` (friends, requests, blocks), `gone` (detail: room id), `reset` (another life of
// the database), `stranger` (the session is another person's), `announcement` (another one, none, or seen).
export class Chat extends EventTarget {
  rooms = new Map()
  online = new Map()
  lastSeen = new Map()
  onlineCount = 0
  // By user id: { user, state }.
  contacts = new Map()
  // Ids of those I do not want to read.
  blocked = new Set()
  // The one in force, with `seen`, or null.
  announcement = null
  // What counts down, by room id.
  countdowns = new Map()
  // The server's clock less ours, in ms.
  #ahead = 0
  // Newest in use last.
  #timelines = new Map()
  #typing = new Map()
  #refreshing = new Set()
  // When I last wrote where, in ms of the server's clock.
  #wrote = new Map()

  constructor({ me, epoch, rooms, contacts, limits, countdowns, server_time: time, silenced_until: silencedUntil, announcement = null }, line) {
    super()
    this.#setClock(time, countdowns)
    Object.assign(this, { me, epoch, limits, line, silencedUntil, announcement })
    for (const room of rooms) this.rooms.set(room.id, room)
    this.#setContacts(contacts ?? [])
    line.addEventListener('frame', ({ detail }) => this.#handle(detail))
  }

  // The server's time, in ms.
  now() { return Date.now() + this.#ahead }

  // May I act for a room: recall what others wrote, call everybody?
  moderates(room) {
    return this.me.role === 'admin' || ['owner', 'moderator'].includes(room.my?.role)
  }

  get(id) { return this.rooms.get(id) }

  // What stands between me and writing in a room: `{ kind }` is `blocked`, `archived`, `moderators` or `admins` (who may), `silenced` or
  // `slow` (with `until`, in ms of the server's clock); null where nothing does.
  barrier(room) {
    const keepsOrder = this.moderates(room) && room.kind !== 'direct'
    if (room.peer && this.blocked.has(room.peer.id)) return { kind: 'blocked' }
    if (room.archived_at) return { kind: 'archived' }
    if (room.post_policy === 'moderators' && !keepsOrder) return { kind: 'moderators' }
    if (room.post_policy === 'admins' && this.me.role !== 'admin') return { kind: 'admins' }
    const silenced = Math.max(Date.parse(this.silencedUntil ?? 0), Date.parse(room.my?.silenced_until ?? 0))
    if (silenced > this.now()) return { kind: 'silenced', until: silenced }
    const wait = keepsOrder ? 0 : room.slow_seconds * 1_000
    // The clocks differ a little; nobody waits longer than the room says.
    const free = wait && Math.min(this.#lastWrote(room), this.now()) + wait
    return free > this.now() ? { kind: 'slow', until: free } : null
  }

  // The server says that I have to wait there.
  wait(id, seconds) {
    const room = this.rooms.get(id)
    if (room) this.#wrote.set(id, this.now() + (seconds - room.slow_seconds) * 1_000)
  }

  // Seconds in which an author may recall a message there.
  recallSeconds(room) { return room.recall_seconds ?? this.limits.recall_seconds }

  // The sign beside a face.
  presenceOf(user) { return this.isOnline(user.id) && user.away === undefined ? 'online' : 'away' }

  isOnline(user) { return user === this.me.id || this.online.has(user) }

  // The name to show: a private chat is called like the other person.
  nameOf(room) { return room.peer ? room.peer.nickname : room.name }

  unreadOf(room) { return room.my ? Math.max(0, room.last_seq - room.my.read_seq) : 0 }

  // Everything unread in a private chat is meant for me.
  mentionsOf(room) {
    const unread = this.unreadOf(room)
    return room.kind === 'direct' ? unread : Math.min(unread, room.my?.mentions ?? 0)
  }

  // `friend`, `requested`, `incoming`, `blocked` or `none`.
  contactOf(user) { return this.contacts.get(user)?.state ?? 'none' }

  // What somebody is to me now, by REST or the line.
  setContact({ user, state }) {
    if (state === 'none') this.contacts.delete(user.id)
    else this.contacts.set(user.id, { user, state })
    this.#contacted()
  }

  // Rooms that only show a dot: muted by me.
  isMuted(room) { return Boolean(room.my?.muted) }

  // What waits in all rooms that may say so: meant for me, unread at all, unread in others than `current`. A muted room and one
  // whose notices are off say nothing; one for mentions alone says no more than these.
  totals(current) {
    const totals = { meant: 0, unread: 0, elsewhere: 0 }
    for (const room of this.rooms.values()) {
      const level = this.isMuted(room) ? 'none' : room.my?.notify ?? 'all'
      if (level === 'none') continue
      const meant = this.mentionsOf(room)
      const unread = level === 'all' ? this.unreadOf(room) : meant
      totals.meant += meant
      totals.unread += unread
      if (room.id !== current) totals.elsewhere += unread
    }
    return totals
  }

  timeline(id) {
    const timeline = this.#timelines.get(id) ?? new Timeline(id, this.epoch)
    this.#timelines.delete(id)
    this.#timelines.set(id, timeline)
    if (this.#timelines.size > TIMELINES) this.#timelines.delete(this.#timelines.keys().next().value)
    return timeline
  }

  // Marks as read up to `seq`, here and, after `tell`, everywhere.
  read(id, seq) {
    const room = this.rooms.get(id)
    if (!room?.my || seq <= room.my.read_seq) return
    const from = room.my.read_seq
    room.my.read_seq = Math.min(seq, room.last_seq)
    room.my.mentions = seq >= room.last_seq ? 0 : Math.max(0, room.my.mentions - this.#mentionsIn(id, from, seq))
    this.#tell('rooms')
  }

  // A room I made or joined by REST; the line says the same a moment later.
  addRoom(room) {
    this.#room(room)
    return this.rooms.get(room.id)
  }

  removeRoom(id) {
    this.#timelines.delete(id)
    this.#typing.delete(id)
    if (!this.rooms.delete(id)) return
    this.#tell('rooms')
    this.#tell('gone', id)
  }

  // A version was closed, here or on another device.
  seeAnnouncement(id) {
    if (this.announcement?.id !== id || this.announcement.seen) return
    this.announcement.seen = true
    this.#tell('announcement')
  }

  // Who types in this room now, oldest first.
  typing(id) {
    const now = Date.now()
    const typing = this.#typing.get(id) ?? new Map()
    for (const [user, { until }] of typing) if (until <= now || this.blocked.has(user)) typing.delete(user)
    return [...typing.values()].map(({ nickname }) => nickname)
  }

  #handle(frame) {
    switch (frame.type) {
      case 'hello': return this.#hello(frame)
      case 'message': return this.#message(frame)
      case 'heads': return this.#heads(frame.rooms)
      case 'room': return this.#room(frame.room)
      case 'room_gone': return this.removeRoom(frame.room)
      case 'read': return frame.user === this.me.id ? this.read(frame.room, frame.seq) : this.#tell('read', frame)
      case 'typing': return this.#someoneTypes(frame)
      case 'presence': return this.#presence(frame)
      case 'member': return this.#member(frame)
      case 'user': return this.#user(frame.user)
      case 'limits':
        this.limits = frame.limits
        return this.#tell('limits')
      case 'silenced': return this.#silenced(frame.until)
      case 'contact': return this.setContact(frame.contact)
      case 'announcement': return this.#announce(frame.announcement)
      case 'announcement_seen': return this.seeAnnouncement(frame.id)
      case 'countdown': return this.#countdown(frame)
      case 'presets': return this.#tell('presets', frame.presets)
    }
  }

  #hello(hello) {
    if (hello.me.id !== this.me.id) return this.#tell('stranger')
    const reborn = hello.epoch !== this.epoch
    if (reborn) this.#timelines.clear()
    this.epoch = hello.epoch
    this.limits = hello.limits
    this.#setClock(hello.server_time, hello.countdowns)
    this.silencedUntil = hello.silenced_until
    const mine = new Set(hello.rooms.map((room) => room.id))
    for (const id of [...this.rooms.keys()]) if (!mine.has(id)) this.removeRoom(id)
    for (const room of hello.rooms) this.#room(room)
    this.online = new Map(hello.online.map((user) => [user.id, user]))
    this.onlineCount = hello.online_count
    this.#setContacts(hello.contacts ?? [])
    this.#announce(hello.announcement)
    this.#tell('people')
    this.#tell('countdown')
    if (reborn) this.#tell('reset')
    this.#resume()
  }

  // The server sends what it still has in memory; the rest is asked for.
  async #resume() {
    const cursors = {}
    for (const [id, timeline] of this.#timelines) if (timeline.loaded) cursors[id] = timeline.cursor
    if (!Object.keys(cursors).length) return
    const answer = await this.line.ask({ type: 'resume', rooms: cursors }).catch(() => ({ fetch: [] }))
    for (const id of answer.fetch) this.#timelines.get(id)?.repair().catch(() => {})
  }

  #message({ room: id, rev, message }) {
    const room = this.rooms.get(id)
    if (!room) return
    if (rev > room.rev) {
      if (rev > room.rev + 1 && !this.#timelines.has(id)) this.#refresh(id)
      room.rev = rev
      const fresh = this.#summarize(room, message)
      this.#typing.get(id)?.delete(message.sender.id)
      this.#tell('rooms')
      this.#tell('typing')
      if (fresh) this.#tell('fresh', message)
    }
    this.#timelines.get(id)?.frame(rev, message)
    this.#tell('message', message)
  }

  // Is it new, and somebody else's?
  #summarize(room, message) {
    const mine = message.sender.id === this.me.id
    const fresh = message.seq > room.last_seq
    if (mine && fresh) this.#wrote.set(room.id, Date.parse(message.created_at))
    const hidden = this.blocked.has(message.sender.id)
    if (fresh) {
      // What I do not want to read is nothing unread, where it comes after what I have read.
      const passed = mine && !isAutomatic(message) || (hidden && room.my.read_seq === room.last_seq)
      room.last_seq = message.seq
      if (passed) room.my.read_seq = message.seq
      else if (!hidden && mentions(message.spans, this.me.id)) room.my.mentions += 1
    }
    if (message.seq === room.last_seq) room.last = {
      sender: message.sender, text: message.text, images: message.uploads.length, at: message.created_at,
      deleted: message.deleted_at !== null, recalled: message.recalled_at !== null,
    }
    return fresh && !mine && !message.deleted_at && !message.recalled_at
  }

  #heads(heads) {
    for (const [key, rev] of Object.entries(heads)) {
      const id = Number(key)
      const room = this.rooms.get(id)
      if (room && rev > room.rev) this.#refresh(id)
      this.#timelines.get(id)?.head(rev)
    }
  }

  // The list entry as the server has it, where frames were missed.
  async #refresh(id) {
    if (this.#refreshing.has(id)) return
    this.#refreshing.add(id)
    try {
      this.#room((await api.get(`rooms/${id}`)).room)
    } catch (error) {
      if (error.status === 404) this.removeRoom(id)
    } finally {
      this.#refreshing.delete(id)
    }
  }

  #room(room) {
    const known = this.rooms.get(room.id)
    if (!known && !room.my) return
    if (!known) this.rooms.set(room.id, { ...room })
    else {
      const my = { ...known.my, ...room.my }
      my.read_seq = Math.max(known.my.read_seq, my.read_seq, room.floor_seq)
      Object.assign(known, room, { my, rev: Math.max(known.rev, room.rev), last_seq: Math.max(known.last_seq, room.last_seq) })
    }
    this.#timelines.get(room.id)?.drop(room.floor_seq)
    this.#timelines.get(room.id)?.head(room.rev)
    this.#tell('rooms')
  }

  #setClock(time, countdowns) {
    this.#ahead = Date.parse(time) - Date.now()
    this.countdowns = new Map(countdowns.map((countdown) => [countdown.room, countdown]))
  }

  #countdown(frame) {
    // Of all words on the server's clock the one that was least late is the best.
    if (frame.ends_at) this.#ahead = Math.max(this.#ahead, Date.parse(frame.server_time) - Date.now())
    if (frame.ends_at) this.countdowns.set(frame.room, frame)
    else if (this.countdowns.get(frame.room)?.id === frame.id) this.countdowns.delete(frame.room)
    this.#tell('countdown', frame)
  }

  #silenced(until) {
    this.silencedUntil = until
    this.#tell('rooms')
  }

  #someoneTypes({ room, user, nickname }) {
    if (user === this.me.id) return
    if (!this.#typing.has(room)) this.#typing.set(room, new Map())
    this.#typing.get(room).set(user, { nickname, until: Date.now() + TYPING })
    this.#tell('typing')
    setTimeout(() => this.#tell('typing'), TYPING + 50)
  }

  #presence({ online, offline, online_count: count }) {
    for (const user of online) this.online.set(user.id, user)
    for (const { user, last_seen: seen } of offline) {
      this.online.delete(user)
      this.lastSeen.set(user, seen)
    }
    this.onlineCount = count
    this.#tell('people')
  }

  #member(frame) {
    const room = this.rooms.get(frame.room)
    if (!room) return
    room.member_count = frame.member_count
    if (frame.user.id === this.me.id && frame.role && room.my) room.my.role = frame.role
    this.#tell('member', frame)
    this.#tell('rooms')
  }

  // What is told to all does not say whether I have seen it.
  #announce(announcement) {
    const seen = announcement?.id === this.announcement?.id && this.announcement?.seen
    this.announcement = announcement && { seen, ...announcement }
    this.#tell('announcement')
  }

  #setContacts(contacts) {
    this.contacts = new Map(contacts.map((contact) => [contact.user.id, contact]))
    this.#contacted()
  }

  #contacted() {
    this.blocked = new Set([...this.contacts.values()].filter(({ state }) => state === 'blocked').map(({ user }) => user.id))
    this.#tell('contacts')
  }

  #user(user) {
    const contact = this.contacts.get(user.id)
    if (contact) contact.user = user
    // A picture that was taken away is not named.
    if (user.id === this.me.id) Object.assign(this.me, { avatar_url: undefined, away: undefined }, user)
    if (this.online.has(user.id)) this.online.set(user.id, user)
    for (const room of this.rooms.values()) if (room.peer?.id === user.id) room.peer = user
    for (const timeline of this.#timelines.values()) timeline.rename(user)
    this.#tell('user', user)
    this.#tell('rooms')
    this.#tell('people')
  }

  // As far as this page knows.
  #lastWrote(room) {
    const own = this.#timelines.get(room.id)?.items.findLast(({ sender }) => sender.id === this.me.id)
    const times = [this.#wrote.get(room.id) ?? 0, Date.parse(own?.created_at ?? 0)]
    if (room.last?.sender.id === this.me.id) times.push(Date.parse(room.last.at))
    return Math.max(...times)
  }

  #mentionsIn(id, after, upTo) {
    const items = this.#timelines.get(id)?.items ?? []
    return items.filter((message) =>
      message.seq > after && message.seq <= upTo && message.sender.id !== this.me.id && mentions(message.spans, this.me.id)).length
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
