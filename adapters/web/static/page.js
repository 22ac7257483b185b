// @ts-check
/**
 * The page on which a visitor asks. Text enters by textContent; nothing is stored, and nothing is asked of the server before
 * the first message. What was typed stays on the page until it has arrived, and is sent again under the same id.
 */

/** @typedef {{id: string, label: string}} Choice */
/** @typedef {{id: string, title: string, by: string, date: string, sections: string[]}} Source */
/** @typedef {{name: string, call: string|null, text: string|null, chat: string|null, hours: string|null, what: string}} HelpLine */
/** @typedef {{kind: string, text: string, n: number, latched: boolean, choices: Choice[], sources: Source[],
 *   help: HelpLine[], answer_ids: string[]}} Turn */
/** @typedef {{id: string, token: string}} Conversation */
/** @typedef {{id: string, text: string, how: 'messages'|'handoff', item: HTMLElement}} Message */
/** @typedef {{token?: string, body?: object, signal: AbortSignal}} Options */

const API = '/api/v1/conversations'
const TRIES = 4
const FIRST_WAIT_MS = 500 // before the second try; each wait is twice the one before
const REQUEST_MS = 15000
const PATIENCE_MS = 400 // a reply that comes sooner needs no "Looking for an answer"
const SAFETY = ['crisis', 'emergency', 'distress']
const REASONS = /** @type {const} */ ([['wrong', 'It is wrong'], ['outdated', 'It is out of date'],
  ['incomplete', 'Something is missing'], ['unclear', 'It is hard to understand'], ['other', 'Something else']])

/** The conversation is not there any more: the server was started again, or it was erased elsewhere. */
class Gone extends Error {}

/** The server understood, and said no; asking again would not help. */
class Refused extends Error {}

const log = element('log')
const turns = element('turns')
const starters = element('starters')
const lifelines = element('lifelines')
const composer = element('composer')
const form = /** @type {HTMLFormElement} */ (element('ask'))
const field = /** @type {HTMLTextAreaElement} */ (element('message'))

/** @type {Conversation|null} */
let conversation = null
/** @type {Promise<void>} - messages go one after the other, in the order in which they were typed */
let queue = Promise.resolve()
/** @type {Set<Message>} - shown as not sent, to be tried again */
const unsent = new Set()
/** @type {{who: string, at: Date, text: string}[]} - what "Save" writes */
let said = []
let life = new AbortController() // of what is on its way; erasing ends it
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
  field.addEventListener('input', fit)
  for (const one of starters.querySelectorAll('button')) {
    one.addEventListener('click', () => {
      ask(one.textContent ?? '')
      log.focus({ preventScroll: true })
    })
  }
  const person = element('person')
  person.addEventListener('click', () => ask(person.dataset.says ?? '', 'handoff'))
  element('save').addEventListener('click', save)
  element('erase').addEventListener('click', erase)
  window.addEventListener('offline', () => say('You are offline. What you send is kept here and goes out when you are back.'))
  window.addEventListener('online', () => {
    say('')
    sendAgain()
  })
  const sizes = new ResizeObserver(measure)
  for (const each of [composer, ...document.querySelectorAll('.emergency')]) sizes.observe(each)
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
  turns.append(item)
  item.scrollIntoView({ block: 'nearest' })
  note('You', text)
  enqueue({ id: newId(), text, how, item })
}

/** @param {Message} message */
function enqueue(message) {
  const { signal } = life
  const next = () => deliver(message, signal)
  queue = queue.then(next, next)
}

/**
 * Send a message until it has arrived, and show the reply.
 * @param {Message} message
 * @param {AbortSignal} signal
 */
async function deliver(message, signal) {
  if (signal.aborted) return
  const waiting = setTimeout(() => say('Looking for an answer…'), PATIENCE_MS)
  /** @type {Turn} */
  let turn
  try {
    turn = await send(message, signal)
  } catch {
    if (!signal.aborted) failed(message)
    return
  } finally {
    clearTimeout(waiting)
  }
  if (signal.aborted) return // erased in the meantime
  say('')
  if (unsent.size === 0) warn('')
  showTurn(turn, message)
}

/**
 * Send a message, in a new conversation when the one before is gone.
 * @param {Message} message
 * @param {AbortSignal} signal
 * @returns {Promise<Turn>}
 */
async function send(message, signal) {
  for (let renewed = false; ; renewed = true) {
    conversation ??= /** @type {Conversation} */ (
      await call('POST', API, { body: { locale: document.documentElement.lang }, signal }))
    const { id, token } = conversation
    const body = message.how === 'handoff' ? { message_id: message.id } : { message_id: message.id, text: message.text }
    try {
      return await call('POST', `${API}/${id}/${message.how}`, { token, body, signal })
    } catch (error) {
      if (!(error instanceof Gone) || renewed) throw error
      conversation = null
      tellRenewal(message.item)
    }
  }
}

/**
 * Call the server; a call that did not arrive is tried again, the same each time, so that nothing is said twice.
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<any>}
 */
async function call(method, path, { token, body, signal }) {
  for (let tries = 1; ; tries += 1) {
    try {
      return await callOnce(method, path, { token, body, signal })
    } catch (error) {
      if (signal.aborted || error instanceof Gone || error instanceof Refused) throw error
      if (!navigator.onLine) {
        say('You are offline. What you send is kept here and goes out when you are back.')
        await untilOnline(signal)
        tries = 0
      } else if (tries < TRIES) {
        say('Still trying…')
        await pause(FIRST_WAIT_MS * 2 ** (tries - 1), signal)
      } else {
        throw error
      }
    }
  }
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Options} options
 * @returns {Promise<any>}
 */
async function callOnce(method, path, { token, body, signal }) {
  const limit = new AbortController()
  const stop = () => limit.abort()
  const timer = setTimeout(stop, REQUEST_MS)
  signal.addEventListener('abort', stop)
  try {
    const response = await fetch(path, {
      method,
      headers: { 'Content-Type': 'application/json', ...(token ? { Authorization: `Bearer ${token}` } : {}) },
      body: body ? JSON.stringify(body) : undefined,
      signal: limit.signal,
      credentials: 'omit',
      cache: 'no-store',
      referrerPolicy: 'no-referrer'
    })
    if (response.status === 404) throw new Gone()
    if (response.status >= 400 && response.status < 500 && response.status !== 408) throw new Refused()
    if (!response.ok) throw new Error('server')
    return await response.json()
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function pause(ms, signal) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms)
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function untilOnline(signal) {
  return new Promise((resolve) => {
    window.addEventListener('online', () => resolve(), { once: true })
    signal.addEventListener('abort', () => resolve(), { once: true })
  })
}

/**
 * Say at the message itself that it was not sent, and offer to try again.
 * @param {Message} message
 */
function failed(message) {
  unsent.add(message)
  message.item.classList.add('unsent')
  const fate = document.createElement('p')
  fate.className = 'fate'
  fate.append('Not sent. ', button('Try again', () => {
    sendAgain()
    field.focus({ preventScroll: true })
  }))
  message.item.append(fate)
  say('')
  warn('Your message could not be sent. It is kept here, and you can try again. ')
  const all = document.createElement('a')
  all.href = '/faq'
  all.textContent = 'Read all answers'
  element('alert').append(all)
  measure() // the alert has made the footer higher
  message.item.scrollIntoView({ block: 'nearest' })
}

/** Send everything that was not sent, oldest first, under the ids it had. */
function sendAgain() {
  warn('')
  for (const message of unsent) {
    message.item.classList.remove('unsent')
    message.item.querySelector('.fate')?.remove()
    enqueue(message)
  }
  unsent.clear()
}

/** @param {HTMLElement} before - the message that begins the new conversation */
function tellRenewal(before) {
  const item = document.createElement('li')
  item.className = 'note'
  item.textContent = 'The assistant was started again. It no longer has what was said above.'
  turns.insertBefore(item, before)
}

/**
 * @param {Turn} turn
 * @param {Message} message
 */
function showTurn(turn, message) {
  if (!turn.text) return // a person has the conversation; the assistant is silent
  const item = bubble('Assistant', turn.help.length > 0 ? 'helping' : '')
  item.append(...blocks(turn))
  if (turn.sources.length > 0) item.append(sources(turn.sources))
  if (turn.choices.length > 0) item.append(choices(turn.choices, turn.kind === 'clarify'))
  if (turn.kind === 'answer' && turn.n > 0 && conversation) item.append(thumbs(turn.n, conversation))
  turns.append(item)
  note('Assistant', turn.text)
  inDanger ||= turn.latched
  if (inDanger && turn.help.length > 0) pin(turn.help)
  bringIntoView(message.item, item)
}

/**
 * Scroll so that a reply is read from its beginning, with the question above it when there is room for both.
 * @param {HTMLElement} question
 * @param {HTMLElement} reply
 */
function bringIntoView(question, reply) {
  const room = window.innerHeight - measure()
  const both = reply.getBoundingClientRect().bottom - question.getBoundingClientRect().top
  if (both <= room) reply.scrollIntoView({ block: 'nearest' })
  else (question.offsetHeight < room / 3 ? question : reply).scrollIntoView({ block: 'start' })
}

/**
 * Keep the sizes of what is sticky, for the style sheet, so that it never covers what is scrolled to.
 * @returns {number} their sum in pixels
 */
function measure() {
  const [top, bottom] = [document.querySelector('.emergency'), composer].map((each) =>
    each instanceof HTMLElement && getComputedStyle(each).position === 'sticky' ? each.offsetHeight : 0)
  document.documentElement.style.setProperty('--top', `${top}px`)
  document.documentElement.style.setProperty('--bottom', `${bottom}px`)
  return top + bottom
}

/**
 * @param {string} name
 * @param {string} kind
 * @returns {HTMLLIElement}
 */
function bubble(name, kind) {
  const item = document.createElement('li')
  item.className = `bubble ${kind}`.trim()
  const author = document.createElement('span')
  author.className = 'author'
  author.textContent = name
  item.append(author)
  return item
}

/**
 * @param {string} text
 * @param {string} [kind]
 * @returns {HTMLParagraphElement}
 */
function paragraph(text, kind = '') {
  const node = document.createElement('p')
  node.className = kind
  node.textContent = text
  return node
}

/**
 * The text of a turn: paragraphs, lists, and help lines that can be tapped.
 * @param {Turn} turn
 * @returns {HTMLElement[]}
 */
function blocks(turn) {
  const parts = turn.text.split(/\n{2,}/).filter((part) => part.trim())
  const answered = turn.answer_ids.length > 0 && turn.sources.length > 0
  return parts.map((part, at) => {
    const lines = part.split('\n')
    if (lines.every((line) => line.startsWith('- '))) return list(lines.map((line) => line.slice(2)), turn)
    if (turn.answer_ids.length > 1 && isTitle(part)) return paragraph(part, 'asked')
    const next = parts[at + 1]
    const isLast = next === undefined || (turn.answer_ids.length > 1 && isTitle(next))
    return paragraph(part, answered && isLast && at > 0 && parts.length > 1 && /\d{4}/.test(part) ? 'review' : '')
  })
}

/**
 * Whether a part of a reply to two questions is the question above an answer.
 * @param {string} part
 * @returns {boolean}
 */
function isTitle(part) {
  return part.endsWith('?') && part.length < 140
}

/**
 * @param {string[]} lines
 * @param {Turn} turn
 * @returns {HTMLUListElement}
 */
function list(lines, turn) {
  const items = document.createElement('ul')
  // Large to tap in the reply to danger itself; small above an answer, where the numbers are also pinned at the top.
  const large = SAFETY.includes(turn.kind) || !turn.latched
  items.append(...lines.map((line) => {
    const item = document.createElement('li')
    const help = turn.help.find((each) => line.startsWith(`${each.name}: `))
    if (help && large) item.append(...helpLine(help))
    else item.append(...(help ? linked(line, help) : [line]))
    return item
  }))
  if (large && turn.help.length > 0) items.className = 'lines'
  return items
}

/**
 * A service with its ways as large links.
 * @param {HelpLine} help
 * @returns {HTMLElement[]}
 */
function helpLine(help) {
  const name = document.createElement('strong')
  name.textContent = help.name
  const group = document.createElement('div')
  group.className = 'ways'
  group.append(...ways(help).map(([label, target]) => way(label, target)))
  const notes = [help.what, help.hours].filter(Boolean).join('; ')
  const small = document.createElement('small')
  small.textContent = notes
  return notes ? [name, group, small] : [name, group]
}

/**
 * A service as one line of text, the ways in it linked.
 * @param {string} line
 * @param {HelpLine} help
 * @returns {(string|HTMLElement)[]}
 */
function linked(line, help) {
  /** @type {(string|HTMLElement)[]} */
  const parts = []
  let rest = line
  for (const [label, target] of ways(help)) {
    const shown = label[0].toLowerCase() + label.slice(1)
    const at = rest.indexOf(shown)
    if (at < 0) continue
    parts.push(rest.slice(0, at), link(shown, target))
    rest = rest.slice(at + shown.length)
  }
  return [...parts, rest]
}

/**
 * The ways of a service as label and address, in the order in which the text names them.
 * @param {HelpLine} help
 * @returns {[string, string][]}
 */
function ways(help) {
  /** @type {[string, string][]} */
  const found = []
  if (help.call) found.push([`Call ${help.call}`, `tel:${dialled(help.call)}`])
  if (help.text) found.push([`Text ${help.text}`, sms(help.text)])
  if (help.chat) found.push([`Chat ${help.chat}`, `https://${help.chat}`])
  return found
}

/**
 * @param {string} label
 * @param {string} target
 * @returns {HTMLAnchorElement}
 */
function way(label, target) {
  const node = link(label, target)
  node.className = target.startsWith('tel:') ? 'way first' : 'way'
  return node
}

/**
 * @param {string} label
 * @param {string} target
 * @returns {HTMLAnchorElement}
 */
function link(label, target) {
  const node = document.createElement('a')
  node.href = target
  node.textContent = label
  if (target.startsWith('https:')) {
    node.rel = 'noopener noreferrer'
    node.target = '_blank'
  }
  return node
}

/**
 * "988, then press 1" is dialled as 988, a pause, and 1.
 * @param {string} number
 * @returns {string}
 */
function dialled(number) {
  const [first, ...keys] = number.split(',')
  const press = keys.join(' ').replace(/\D/g, '')
  return first.replace(/[^\d+]/g, '') + (press ? `,${press}` : '')
}

/**
 * @param {string} given - a number, or "HOME to 741741"
 * @returns {string}
 */
function sms(given) {
  const [word, number] = given.includes(' to ') ? given.split(' to ') : ['', given]
  return `sms:${number.replace(/[^\d+]/g, '')}${word ? `?&body=${encodeURIComponent(word)}` : ''}`
}

/**
 * Keep the plain numbers of a reply to danger in view, above the conversation, however it goes on.
 * @param {HelpLine[]} help
 */
function pin(help) {
  const all = help.flatMap(ways)
  const plain = all.filter(([label]) => /^(Call|Text) [\d +-]+$/.test(label))
  const calls = [...new Map(plain.filter(([label]) => label.startsWith('Call')))].slice(0, 2)
  const texts = plain.filter(([label]) => label.startsWith('Text')).slice(0, 1)
  const chosen = calls.length > 0 ? [...calls, ...texts] : all.slice(0, 2)
  lifelines.replaceChildren(...chosen.map(([label, target]) => way(label, target)))
  lifelines.hidden = false
}

/**
 * @param {Source[]} given
 * @returns {HTMLDetailsElement}
 */
function sources(given) {
  const details = document.createElement('details')
  details.className = 'from'
  const summary = document.createElement('summary')
  summary.textContent = given.length === 1 ? '1 source' : `${given.length} sources`
  const items = document.createElement('ul')
  items.className = 'sources'
  for (const source of given) {
    const item = document.createElement('li')
    const sections = source.sections.length > 0 ? ` (${source.sections.join(', ')})` : ''
    item.textContent = `${source.title}${sections}. ${source.by}, ${source.date}`
    items.append(item)
  }
  details.append(summary, items)
  return details
}

/**
 * @param {Choice[]} given
 * @param {boolean} isQuestion - "which of these?", and not what could be asked next
 * @returns {HTMLDivElement}
 */
function choices(given, isQuestion) {
  const group = document.createElement('div')
  group.className = 'choices'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', isQuestion ? 'Did you mean' : 'You could ask next')
  if (!isQuestion) {
    const title = paragraph('You could ask next', 'small')
    title.setAttribute('aria-hidden', 'true') // the group is called so
    group.append(title)
  }
  for (const choice of given) {
    const one = button(choice.label, () => ask(choice.label))
    one.className = 'choice'
    group.append(one)
  }
  return group
}

/**
 * @param {number} n
 * @param {Conversation} held - the one that the turn belongs to
 * @returns {HTMLDivElement}
 */
function thumbs(n, held) {
  const group = document.createElement('div')
  group.className = 'thumbs'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', 'Did this help?')
  group.append('Did this help?', button('Yes', () => rate('up')), button('No', why))
  return group

  /**
   * @param {'up'|'down'} verdict
   * @param {string} [reason]
   */
  async function rate(verdict, reason) {
    const thanks = document.createElement('span')
    thanks.textContent = 'Thank you.'
    thanks.tabIndex = -1
    group.replaceChildren(thanks)
    thanks.focus({ preventScroll: true })
    const body = { n, verdict, ...(reason ? { reason } : {}) }
    await callOnce('POST', `${API}/${held.id}/feedback`, { token: held.token, body, signal: life.signal }).catch(() => undefined)
  }

  /** Ask for the reason. */
  function why() {
    group.replaceChildren('What is wrong with it?', ...REASONS.map(([code, label]) => button(label, () => rate('down', code))))
    group.querySelector('button')?.focus()
  }
}

/** Write what is on the page into a file; the server need not be there. */
function save() {
  if (said.length === 0) {
    say('There is nothing to save yet.')
    return
  }
  const text = said.map(({ who, at, text: words }) => `${who}, ${at.toLocaleString()}\n${words}\n`).join('\n')
  const target = document.createElement('a')
  target.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  target.download = 'conversation.txt'
  target.click()
  setTimeout(() => URL.revokeObjectURL(target.href), 1000)
  say('Saved as conversation.txt. Other people who use this device may find it.')
}

/** Take the conversation off the page at once, and have the server erase it. */
async function erase() {
  const held = conversation
  life.abort()
  life = new AbortController()
  queue = Promise.resolve()
  conversation = null
  unsent.clear()
  said = []
  inDanger = false
  field.value = ''
  fit()
  turns.replaceChildren()
  lifelines.hidden = true
  starters.hidden = false
  warn('')
  say(held ? 'Erasing…' : 'Erased. Nothing was kept.')
  if (held) await eraseThere(held)
}

/** @param {Conversation} held */
async function eraseThere(held) {
  try {
    const receipt = await call('DELETE', `${API}/${held.id}`, { token: held.token, signal: life.signal })
    const at = new Date(receipt.erased_at).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
    const count = receipt.turns === 1 ? '1 message' : `${receipt.turns} messages`
    say(`Erased at ${at}, here and on the server: ${count}. Your browser may still list this page in its history.`)
  } catch (error) {
    say('')
    if (error instanceof Gone) {
      say('Erased. The server no longer had it.')
      return
    }
    warn('It is gone from this page, but the server could not be reached to erase it there. ')
    element('alert').append(button('Try again', () => {
      warn('')
      field.focus({ preventScroll: true })
      eraseThere(held)
    }))
  }
}

/**
 * @param {string} label
 * @param {() => void} act
 * @returns {HTMLButtonElement}
 */
function button(label, act) {
  const node = document.createElement('button')
  node.type = 'button'
  node.textContent = label
  node.addEventListener('click', act)
  return node
}

/**
 * @param {string} who
 * @param {string} text
 */
function note(who, text) {
  said.push({ who, at: new Date(), text })
}

/** @param {string} text - how things stand */
function say(text) {
  element('status').textContent = text
}

/** @param {string} text - what went wrong */
function warn(text) {
  element('alert').textContent = text
}

/** Make the field as high as what is typed, within the style sheet's limit, and say when it is full. */
function fit() {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + field.offsetHeight - field.clientHeight}px`
  if (field.value.length >= field.maxLength) say('That is as long as one message can be. What came after it was left out.')
}

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id))
}

/**
 * A random UUID, also where the page is served without TLS and `randomUUID` is missing.
 * @returns {string}
 */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
