// @ts-check
/**
 * The page on which a visitor asks. Text enters by textContent; nothing is stored, and nothing is asked of the server before
 * the first message.
 */

/** @typedef {{id: string, label: string}} Choice */
/** @typedef {{id: string, title: string, by: string, date: string, sections: string[]}} Source */
/** @typedef {{name: string, call: string|null, text: string|null, chat: string|null}} HelpLine */
/** @typedef {{kind: string, text: string, n: number, message_id: string, choices: Choice[], sources: Source[],
 *   help: HelpLine[], answer_ids: string[]}} Turn */

const TRIES = 4
const REQUEST_MS = 15000
const REASONS = /** @type {const} */ ([['wrong', 'It is wrong'], ['outdated', 'It is out of date'],
  ['incomplete', 'Something is missing'], ['unclear', 'It is hard to understand'], ['other', 'Something else']])

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
const element = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
const log = element('log')
const form = /** @type {HTMLFormElement} */ (element('ask'))
const field = /** @type {HTMLTextAreaElement} */ (element('message'))
const send = /** @type {HTMLButtonElement} */ (element('send'))

/** @type {{id: string, token: string}|null} */
let conversation = null
/** @type {Promise<void>} */
let queue = Promise.resolve()

form.hidden = false
element('starters').hidden = false
form.addEventListener('submit', (event) => {
  event.preventDefault()
  const text = field.value
  if (!text.trim()) {
    say('Please type a question first.')
    field.focus()
    return
  }
  field.value = ''
  fit()
  ask(text)
})
field.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
    event.preventDefault()
    form.requestSubmit()
  }
})
field.addEventListener('input', fit)
for (const button of element('starters').querySelectorAll('button')) {
  button.addEventListener('click', () => ask(button.textContent ?? ''))
}
element('person').addEventListener('click', () => ask('I would like to talk to a person, please.'))
element('save').addEventListener('click', save)
element('erase').addEventListener('click', erase)

/** @param {string} text */
function ask(text) {
  element('starters').hidden = true
  show('visitor', 'You', text)
  const messageId = crypto.randomUUID ? crypto.randomUUID() : fallbackId()
  queue = queue.then(() => deliver(messageId, text))
}

/**
 * @param {string} messageId
 * @param {string} text
 */
async function deliver(messageId, text) {
  say('Looking for an answer…')
  send.disabled = true
  warn('')
  try {
    conversation ??= await call('POST', '/api/v1/conversations', { locale: document.documentElement.lang })
    const path = `/api/v1/conversations/${conversation?.id}/messages`
    showTurn(await call('POST', path, { message_id: messageId, text }))
    say('')
  } catch (error) {
    say('')
    if (error instanceof Gone) conversation = null
    failed(messageId, text)
  } finally {
    send.disabled = false
  }
}

class Gone extends Error {}

/**
 * Call the server; a call that did not arrive is tried again, with the same message id, so nothing is said twice.
 * @param {string} method
 * @param {string} path
 * @param {object} [body]
 * @returns {Promise<any>}
 */
async function call(method, path, body) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const response = await fetch(path, {
        method,
        headers: { 'Content-Type': 'application/json', ...(conversation ? { Authorization: `Bearer ${conversation.token}` } : {}) },
        body: body ? JSON.stringify(body) : undefined,
        signal: AbortSignal.timeout(REQUEST_MS),
        credentials: 'omit',
        cache: 'no-store'
      })
      if (response.status === 404) throw new Gone()
      if (response.status >= 500) throw new Error('server')
      if (!response.ok) throw new Error((await response.json()).detail)
      return await response.json()
    } catch (error) {
      if (error instanceof Gone || attempt >= TRIES) throw error
      say(navigator.onLine ? 'Still trying…' : 'You are offline. Your message will be sent again.')
      await new Promise((resolve) => setTimeout(resolve, 300 * 2 ** attempt))
    }
  }
}

/**
 * @param {string} messageId
 * @param {string} text
 */
function failed(messageId, text) {
  warn('Your message could not be sent. ')
  const again = button('Try again', () => {
    warn('')
    queue = queue.then(() => deliver(messageId, text))
  })
  const all = document.createElement('a')
  all.href = '/faq'
  all.textContent = 'Read all answers'
  element('alert').append(again, ' ', all, ' ', document.querySelector('.emergency')?.textContent ?? '')
}

/** @param {Turn} turn */
function showTurn(turn) {
  const item = document.createElement('li')
  if (turn.help.length > 0) item.className = 'help'
  item.append(author('Assistant'))
  for (const block of turn.text.split(/\n{2,}/)) item.append(paragraph(block, turn.help))
  if (turn.sources.length > 0) item.append(sources(turn.sources))
  if (turn.choices.length > 0) item.append(choices(turn.choices, turn.kind))
  if (turn.kind === 'answer') item.append(thumbs(turn.n))
  log.append(item)
  item.scrollIntoView({ block: 'nearest' })
}

/**
 * @param {string} kind
 * @param {string} name
 * @param {string} text
 */
function show(kind, name, text) {
  const item = document.createElement('li')
  item.className = kind
  item.append(author(name), text)
  log.append(item)
  item.scrollIntoView({ block: 'nearest' })
}

/** @param {string} name */
function author(name) {
  const label = document.createElement('span')
  label.className = 'author'
  label.textContent = name
  return label
}

/**
 * A paragraph in which the ways of the help lines can be tapped.
 * @param {string} text
 * @param {HelpLine[]} help
 */
function paragraph(text, help) {
  const node = document.createElement('p')
  /** @type {[string, string][]} */
  const links = []
  for (const line of help) {
    if (line.call) links.push([`call ${line.call}`, `tel:${dialled(line.call)}`])
    if (line.text) links.push([`text ${line.text}`, sms(line.text)])
    if (line.chat) links.push([`chat ${line.chat}`, `https://${line.chat}`])
  }
  links.sort((one, other) => other[0].length - one[0].length)
  let rest = text
  while (rest) {
    const found = links.map(([shown, target]) => ({ shown, target, at: rest.indexOf(shown) }))
      .filter((each) => each.at >= 0).sort((one, other) => one.at - other.at || other.shown.length - one.shown.length)[0]
    if (!found) break
    const link = document.createElement('a')
    link.href = found.target
    link.textContent = found.shown
    if (found.target.startsWith('https:')) {
      link.rel = 'noopener noreferrer'
      link.target = '_blank'
    }
    node.append(rest.slice(0, found.at), link)
    rest = rest.slice(found.at + found.shown.length)
  }
  node.append(rest)
  return node
}

/** @param {string} number - "988, then press 1" is dialled as 988, a pause, and 1 */
function dialled(number) {
  const [first, ...keys] = number.split(',')
  const press = keys.join(' ').replace(/\D/g, '')
  return first.replace(/[^\d+]/g, '') + (press ? `,${press}` : '')
}

/** @param {string} given - a number, or "HOME to 741741" */
function sms(given) {
  const [word, number] = given.includes(' to ') ? given.split(' to ') : ['', given]
  return `sms:${number.replace(/[^\d+]/g, '')}${word ? `?&body=${encodeURIComponent(word)}` : ''}`
}

/** @param {Source[]} list */
function sources(list) {
  const details = document.createElement('details')
  details.className = 'from'
  const summary = document.createElement('summary')
  summary.textContent = list.length === 1 ? '1 source' : `${list.length} sources`
  const items = document.createElement('ul')
  items.className = 'sources'
  for (const source of list) {
    const item = document.createElement('li')
    const sections = source.sections.length > 0 ? ` (${source.sections.join(', ')})` : ''
    item.textContent = `${source.title}${sections}. ${source.by}, ${source.date}`
    items.append(item)
  }
  details.append(summary, items)
  return details
}

/**
 * @param {Choice[]} list
 * @param {string} kind
 */
function choices(list, kind) {
  const group = document.createElement('div')
  group.className = 'choices'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', kind === 'clarify' ? 'Did you mean' : 'You could ask next')
  for (const choice of list) {
    const one = button(choice.label, () => {
      ask(choice.label)
      field.focus({ preventScroll: true })
    })
    one.className = 'choice'
    group.append(one)
  }
  return group
}

/** @param {number} n */
function thumbs(n) {
  const group = document.createElement('div')
  group.className = 'thumbs'
  group.setAttribute('role', 'group')
  group.setAttribute('aria-label', 'Did this help?')
  group.append('Did this help?', button('Yes', () => rate('up')), button('No', why))

  /**
   * @param {'up'|'down'} verdict
   * @param {string} [reason]
   */
  async function rate(verdict, reason) {
    group.replaceChildren('Thank you.')
    log.focus({ preventScroll: true })
    await call('POST', `/api/v1/conversations/${conversation?.id}/feedback`, { n, verdict, ...(reason ? { reason } : {}) })
      .catch(() => undefined)
  }

  function why() {
    group.replaceChildren('What is wrong with it?', ...REASONS.map(([code, label]) => button(label, () => rate('down', code))))
    group.querySelector('button')?.focus()
  }
  return group
}

async function save() {
  if (!conversation) {
    say('There is nothing to save yet.')
    return
  }
  try {
    const response = await fetch(`/api/v1/conversations/${conversation.id}/transcript?format=txt`, {
      headers: { Authorization: `Bearer ${conversation.token}` }, credentials: 'omit', cache: 'no-store'
    })
    if (!response.ok) throw new Error('transcript')
    const link = document.createElement('a')
    link.href = URL.createObjectURL(await response.blob())
    link.download = 'conversation.txt'
    link.click()
    setTimeout(() => URL.revokeObjectURL(link.href), 1000)
    say('Saved as conversation.txt. Other people who use this device may find it.')
  } catch {
    warn('The conversation could not be saved. Please try again.')
  }
}

async function erase() {
  const given = conversation
  try {
    const receipt = given ? await call('DELETE', `/api/v1/conversations/${given.id}`) : null
    conversation = null
    log.replaceChildren()
    element('starters').hidden = false
    say(receipt ? `Erased on our side: ${receipt.turns} ${receipt.turns === 1 ? 'message' : 'messages'}. Your browser's history is not changed.` : 'Nothing was kept.')
    field.focus()
  } catch (error) {
    if (error instanceof Gone) {
      conversation = null
      log.replaceChildren()
      say('It was erased before.')
    } else {
      warn('It could not be erased. Please try again.')
    }
  }
}

/**
 * @param {string} label
 * @param {() => void} act
 */
function button(label, act) {
  const node = document.createElement('button')
  node.type = 'button'
  node.textContent = label
  node.addEventListener('click', act)
  return node
}

/** @param {string} text */
function say(text) {
  element('status').textContent = text
}

/** @param {string} text */
function warn(text) {
  element('alert').textContent = text
}

function fit() {
  field.rows = Math.min(5, field.value.split('\n').length + Math.floor(field.value.length / 60))
}

/** A random UUID where the page is served without TLS and randomUUID is missing. */
function fallbackId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
