// What I do about people: friends, requests, blocks. Each resolves when the server has it; the line tells my other tabs.

import { api } from '../lib/api.js'

// Asks to be friends, or accepts where they asked.
export const befriend = (chat, user) => put(chat, user, 'friend')

export const block = (chat, user) => put(chat, user, 'blocked')

// Takes back, declines, unfriends, unblocks: whatever there is.
export async function drop(chat, user) {
  await api.remove(`contacts/${user.id}`)
  chat.setContact({ user, state: 'none' })
}

async function put(chat, user, state) {
  const { contact } = await api.put(`contacts/${user.id}`, { state })
  chat.setContact(contact)
}

// Who of my contacts is here, and when the others were: the line names only some of many.
export async function lookAround(chat) {
  const { contacts } = await api.get('contacts')
  for (const { user, online, last_seen_at: seen } of contacts) {
    if (online) chat.online.set(user.id, user)
    else if (seen) chat.lastSeen.set(user.id, seen)
  }
  chat.dispatchEvent(new CustomEvent('people'))
}

// In a state, by name; with `here` those who are online first.
export function listOf(chat, state, here = false) {
  const away = ({ user }) => Number(here && !chat.isOnline(user.id))
  return [...chat.contacts.values()].filter((contact) => contact.state === state)
    .sort((a, b) => away(a) - away(b) || a.user.nickname.localeCompare(b.user.nickname)).map(({ user }) => user)
}
