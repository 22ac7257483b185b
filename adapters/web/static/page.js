// @ts-check
/**
 * The page on which a visitor asks. Text enters by textContent; nothing is stored, and nothing is asked of the server before
 * the first message. What the parts of it do is in `page/`.
 */

import { ContactOffer } from './page/contact.js'
import { bubble, button, element, line, paragraph, time, word } from './page/elements.js'
import { pin, unpin } from './page/help.js'
import * as log from './page/log.js'
import { factText, personBubble } from './page/people.js'
import { Presence } from './page/presence.js'
import { reply } from './page/replies.js'
import { bringIntoView, isAtEnd, onceSeen, watchSizes } from './page/scroll.js'
import { fate, Sending } from './page/sending.js'
import { say, sayTyping, stand, warn } from './page/status.js'
import { follow } from './page/stream.js'
import { Talk } from './page/talk.js'
import { API, call, callOnce, Gone, newId } from './page/wire.js'

/** @import { Message } from './page/sending.js' */
/** @import { Event } from './page/stream.js' */
/** @import { Fact, PersonSaid, Turn } from './page/wire.js' */

const OFFLINE = 'You are offline. What you send is kept here and goes out when you are back.'
const starters = element('starters')
const form = /** @type {HTMLFormElement} */ (element('ask'))
const field = /** @type {HTMLTextAreaElement} */ (element('message'))
const sending = new Sending({ send, arrived: showTurn, isRelayed: () => talk?.isWithPerson ?? false })

/** @type {Talk|null} */
let talk = null
/** @type {Presence|null} */
let presence = null
/** @type {ContactOffer|null} */
let offer = null
/** @type {Map<string, Message>} - by its id, as the stream names it */
const messages = new Map()
/** @type {{message: Message, at: string}[]} - what a person has, and not the assistant */
let relayed = []
let erasing = 0 // calls on their way; pressing Erase again must neither end one nor say that it is done
let inDanger = false

start()

/** Show what needs this script, and listen. */
function start() {
  element('scriptless').hidden = true
  form.hidden = false
  starters.hidden = false
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    submit()
  })
  field.addEventListener('keydown', (event) => {
    // 229 is Safari's way to say that Enter ends a composition
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault()
      submit()
    }
  })
  field.addEventListener('input', () => {
    fit()
    if (field.value.trim()) presence?.types()
    else presence?.stops()
  })
  field.addEventListener('blur', () => presence?.stops())
  for (const one of starters.querySelectorAll('button')) {
    one.addEventListener('click', () => {
      ask(one.textContent ?? '')
      element('log').focus({ preventScroll: true })
    })
  }
  const person = element('person')
  person.addEventListener('click', () => ask(person.dataset.says ?? '', 'handoff'))
  element('save').addEventListener('click', save)
  element('erase').addEventListener('click', erase)
  window.addEventListener('offline', () => say(OFFLINE))
  window.addEventListener('online', () => {
    say('')
    sending.again()
  })
  watchSizes()
}

/** Ask what stands in the field. */
function submit() {
  const text = field.value
  if (!text.trim()) {
    say('Please type a question first.')
    field.focus()
    return
  }
  field.value = ''
  fit()
  presence?.stops()
  ask(text)
}

/**
 * @param {string} text
 * @param {'messages'|'handoff'} [how] - a handoff is asked for by its own call, in the server's words
 */
function ask(text, how = 'messages') {
  starters.hidden = true
  warn('')
  const item = bubble('You', 'visitor')
  item.append(paragraph(text))
  log.add(item, { who: 'You', at: new Date(), text })
  item.scrollIntoView({ block: 'nearest' })
  const message = { id: newId(), text, how, item, n: null }
  messages.set(message.id, message)
  sending.enqueue(message)
}

/**
 * Send a message, in a new conversation when the one before is gone.
 * @param {Message} message
 * @param {AbortSignal} signal
 * @returns {Promise<Turn>}
 */
async function send(message, signal) {
  for (let renewed = false; ; renewed = true) {
    const now = talk ?? begin(await call('POST', API, { body: { locale: document.documentElement.lang }, signal, tell: say }), signal)
    const body = message.how === 'handoff' ? { message_id: message.id } : { message_id: message.id, text: message.text }
    try {
      return await call('POST', `${API}/${now.id}/${message.how}`, { token: now.token, body, signal, tell: say })
    } catch (error) {
      if (!(error instanceof Gone) || renewed) throw error
      lose(now, line(word('lost'), 'note'), message.item)
    }
  }
}

/**
 * @param {{id: string, token: string}} started
 * @param {AbortSignal} signal - that of the message; when it was erased meanwhile, so is what it began
 */
function begin(started, signal) {
  const begun = new Talk(started)
  if (signal.aborted) return begun
  talk = begun
  presence = new Presence(begun)
  return begun
}

/**
 * Let go of a conversation that the server no longer has.
 * @param {Talk} lost
 * @param {HTMLElement} note - says so
 * @param {HTMLElement} [before] - the message that a new one begins with
 */
function lose(lost, note, before) {
  if (lost !== talk) return
  forget()
  log.renew(note, before)
}

/** Forget the conversation; what is on the page stays. */
function forget() {
  talk?.end()
  talk = null
  presence = null
  offer = null
  relayed = []
  sayTyping('')
  stand('')
}

/**
 * Show a turn once: as the answer to the call, or as an event, whichever is first.
 * @param {Turn} turn
 * @param {Message} [message] - none for one that this page did not write
 */
function showTurn(turn, message) {
  if (talk && !talk.takes(turn.n)) return
  talk?.turned(turn)
  const n = turn.n || log.newest() // a turn that was not recorded has no number, and stands where it was said
  if (message) {
    message.n = n
    fate(message)
    log.place(message.item, n)
  }
  if (turn.text) showReply(turn, n, message)
  else if (message) showDelivered(message, turn.receipt.at)
  // A stream is opened once somebody on the team may write, and stays: most visitors read an answer and go, and of the six
  // connections that a browser has for a server, six open tabs must not use up those by which a call for help goes out.
  if (talk && turn.n > 0 && (turn.handoff || turn.latched || turn.kind === 'relayed')) listen(talk)
}

/**
 * @param {Turn} turn
 * @param {number} n
 * @param {Message} [message]
 */
function showReply(turn, n, message) {
  const held = talk
  const item = reply(turn, { ask, rate })
  log.place(item, n, { who: 'Assistant', at: new Date(), text: turn.text })
  inDanger ||= turn.latched
  if (inDanger && turn.help.length > 0) pin(turn.help)
  if (held && turn.handoff === 'opened' && turn.n > 0) offerContact(held, item)
  bringIntoView(message?.item ?? item, item)

  /**
   * @param {string} verdict
   * @param {string} [reason]
   */
  function rate(verdict, reason) {
    if (!held) return
    const { id, token, signal } = held
    const body = { n: turn.n, verdict, ...(reason ? { reason } : {}) }
    callOnce('POST', `${API}/${id}/feedback`, { token, body, signal }).catch(() => undefined)
  }
}

/**
 * Say under a message that a person has it: the server recorded it as theirs.
 * @param {Message} message
 * @param {string} at
 */
function showDelivered(message, at) {
  relayed.push({ message, at })
  nameReceivers()
  message.item.scrollIntoView({ block: 'nearest' })
}

/** Write who has each message; the fact that somebody came may reach the page after the message that they got. */
function nameReceivers() {
  for (const { message, at } of relayed) {
    const name = talk?.whoHad(message.n ?? undefined)
    fate(message, name ? word('delivered', { name }) : word('delivered_team'), ' ', time(at))
    message.item.classList.add('delivered')
  }
  relayed = relayed.filter(({ message }) => !talk?.whoHad(message.n ?? undefined))
}

/**
 * @param {Talk} held
 * @param {HTMLElement} item - the reply that called for a person
 */
function offerContact(held, item) {
  const { id, token, signal } = held
  offer ??= new ContactOffer((contact) => callOnce('POST', `${API}/${id}/contact`, { token, body: { contact }, signal }))
  offer.moveTo(item)
}

/**
 * Follow what people do.
 * @param {Talk} held
 */
async function listen(held) {
  if (held.isFollowed) return
  held.isFollowed = true
  const { id, token, signal } = held
  const how = await follow({ path: `${API}/${id}/events`, token, signal, last: () => held.last, take: (event) => take(held, event) })
  if (how === 'ended') lose(held, line(word('ended'), 'note'))
  if (how === 'gone') lose(held, line(word('lost_people'), 'note'))
}

/**
 * @param {Talk} held
 * @param {Event} event
 */
function take(held, event) {
  if (held !== talk) return
  const data = JSON.parse(event.data)
  if (event.name === 'presence' && typeof data.typing === 'boolean') {
    sayTyping(data.typing ? word('person_typing', { name: held.whoHad() || word('someone') }) : '')
  } else if (event.name === 'turn' && data.author === 'person') showPerson(held, data)
  else if (event.name === 'turn') showTurn(data, messages.get(data.message_id))
  else if (event.name === 'receipt' || event.name === 'presence') showFact(held, data)
  if (event.id !== null) held.takes(event.id) // also what this page does not know: it would come again and again
}

/**
 * @param {Talk} held
 * @param {PersonSaid} said
 */
function showPerson(held, said) {
  if (!held.takes(said.n)) return
  const isReading = isAtEnd()
  const item = personBubble(said)
  const who = `${said.name}, ${word('person_role')}`
  log.place(item, said.n, { who, at: new Date(said.at), text: said.text })
  sayTyping('')
  presence?.put(said.n)
  if (isReading) bringIntoView(item, item)
  else {
    say(word('unread', { name: said.name }), ' ', button(word('unread_show'), () => {
      item.tabIndex = -1
      item.focus({ preventScroll: true })
      bringIntoView(item, item)
    }))
    onceSeen(item, () => say(''), held.signal)
  }
}

/**
 * @param {Talk} held
 * @param {Fact} fact
 */
function showFact(held, fact) {
  if (!held.takes(fact.n)) return
  const isReading = isAtEnd()
  held.happened(fact)
  nameReceivers()
  if (!held.isWithPerson) sayTyping('')
  const text = factText(fact)
  if (!text) return
  const item = line(text, `fact ${fact.state}`, fact.at)
  stand(held.isWithPeople ? text : '', held.isWithPeople ? time(fact.at) : undefined)
  log.place(item, fact.n)
  if (isReading) item.scrollIntoView({ block: 'nearest' })
}

/** Write what is on the page into a file; the server need not be there. */
function save() {
  const text = log.transcript()
  if (!text) {
    say('There is nothing to save yet.')
    return
  }
  const target = document.createElement('a')
  target.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  target.download = 'conversation.txt'
  target.click()
  setTimeout(() => URL.revokeObjectURL(target.href), 1000)
  say('Saved as conversation.txt. Other people who use this device may find it.')
}

/** Take the conversation off the page at once, and have the server erase it. */
async function erase() {
  const held = talk
  sending.clear()
  forget()
  messages.clear()
  inDanger = false
  field.value = ''
  fit()
  log.clear()
  unpin()
  starters.hidden = false
  warn('')
  say(held || erasing > 0 ? 'Erasing…' : 'Erased. Nothing was kept.')
  if (held) await eraseThere(held)
}

/** @param {{id: string, token: string}} held */
async function eraseThere({ id, token }) {
  const { signal } = new AbortController()
  erasing += 1
  try {
    const receipt = await call('DELETE', `${API}/${id}`, { token, signal, tell: say })
    const at = new Date(receipt.erased_at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    const count = receipt.turns === 1 ? '1 message' : `${receipt.turns} messages`
    say(`Erased at ${at}, here and on the server: ${count}. Your browser may still list this page in its history.`)
  } catch (error) {
    say('')
    if (error instanceof Gone) {
      say('Erased. The server no longer had it.')
      return
    }
    warn('It is gone from this page, but the server could not be reached to erase it there. ', button('Try again', () => {
      warn('')
      field.focus({ preventScroll: true })
      eraseThere({ id, token })
    }))
  } finally {
    erasing -= 1
  }
}

/** Make the field as high as what is typed, within the style sheet's limit, and say when it is full. */
function fit() {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
  if (field.value.length >= field.maxLength) say('That is as long as one message can be. What came after it was left out.')
}
