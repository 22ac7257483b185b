// @ts-check
/**
 * Keeps the desk's pages true while they are open, and sends their forms without leaving them. Every page works without it.
 *
 * The server renders each live part from the template that made it in the page, with everything escaped, so that there is
 * one place that says how it looks. What this script itself adds enters by textContent.
 */

/** @typedef {Record<string, string>} Parts - HTML of elements by their id */
/** @typedef {{parts?: Parts, to?: string, gone?: boolean, error?: string}} Answer */
/** @typedef {{title: string, topic: string, text: string}} Vetted */
/** @typedef {HTMLInputElement|HTMLTextAreaElement|HTMLSelectElement} Control */

const REQUEST_MS = 15000
const TICK_MS = 15000
const TYPING_EVERY_MS = 3000 // the server forgets after six seconds that somebody types
const REMIND_MS = 30000 // while somebody in danger waits, the tone comes again
const DRAFTS = 'handrail-desk-draft'
const SOUND = 'handrail-desk-sound'
const KEYS = 'handrail-desk-keys'
const SENT_WORDS = { reply: 'Sent.', note: 'Note saved.' }
const MAX_VETTED = 30
const NEAR_PX = 80

/** The server understood, and said no. */
class Refused extends Error {
  /**
   * @param {string} message
   * @param {number} status
   */
  constructor(message, status) {
    super(message)
    this.status = status
  }
}

const body = document.body
const account = meta('account')
let csrf = meta('csrf')
const title = document.title
/** @type {EventSource|null} */
let stream = null
let unseen = 0 // what visitors wrote while this page was in the background
let heard = 0 // entries of the conversation that were there before
/** @type {WeakSet<HTMLFormElement>} */
const underWay = new WeakSet()
/** @type {AudioContext|null} */
let audio = null

start()

/** Find out which page this is, and begin. */
function start() {
  const code = document.getElementById('code-form')
  if (code instanceof HTMLFormElement) {
    takeCode(code)
    return
  }
  forgetOthersDrafts()
  document.addEventListener('submit', (event) => void submitted(event))
  document.addEventListener('keydown', pressed)
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) return
    unseen = 0
    retitle()
    if (!stream) follow()
  })
  setInterval(tick, TICK_MS)
  if (document.getElementById('entries')) startConversation()
  startKeys()
  startSound()
  retitle()
  follow()
}

/**
 * A one-time link holds its code behind the #, which no browser sends along: put it into the form, and out of the address.
 * @param {HTMLFormElement} form
 */
function takeCode(form) {
  const code = location.hash.slice(1)
  if (!code) return
  history.replaceState(null, '', location.pathname)
  const field = /** @type {HTMLInputElement} */ (element('code'))
  field.value = code
  form.submit()
}

// ---- what is new -------------------------------------------------------------------------------------------------------

/** Follow what happens, and come back after a break. */
function follow() {
  const from = body.dataset.events
  if (!from) return
  stream?.close()
  const mine = stream = new EventSource(from)
  mine.addEventListener('parts', (event) => {
    link('')
    apply(/** @type {Parts} */ (JSON.parse(event.data)))
  })
  mine.addEventListener('ended', () => {
    stop()
    link('Your log-in has ended. What you typed stays here.', true)
  })
  mine.addEventListener('paused', () => {
    stop()
    link('Paused: too many pages of the desk are open. It goes on when you come back to this one.')
    window.addEventListener('focus', () => { if (!stream) follow() }, { once: true })
  })
  mine.onerror = () => {
    if (mine !== stream) return
    link('The connection is lost. Trying again…')
    if (mine.readyState !== EventSource.CLOSED) return
    stop()
    setTimeout(() => void look(), TYPING_EVERY_MS)
  }
}

/** The server refused the stream: find out whether the log-in has ended, or try again. */
async function look() {
  if (stream) return
  try {
    await renew()
    follow()
  } catch (error) {
    if (error instanceof Refused && error.status === 401) link('Your log-in has ended. What you typed stays here.', true)
    else setTimeout(() => void look(), TICK_MS)
  }
}

/** Follow no longer. */
function stop() {
  stream?.close()
  stream = null
}

/** @param {Parts} parts */
function apply(parts) {
  const follows = isAtEnd()
  const before = heard
  for (const [id, html] of Object.entries(parts)) applyOne(id, html)
  tick()
  retitle()
  if (heard > before && follows) toEnd()
}

/** @returns {boolean} whether the newest entry is in view, or nearly: then the page goes along with what comes */
function isAtEnd() {
  const log = document.getElementById('log')
  const last = document.getElementById('entries')?.lastElementChild
  if (!log || !last) return true
  if (log.scrollHeight > log.clientHeight) return log.scrollHeight - log.scrollTop - log.clientHeight < NEAR_PX
  return last.getBoundingClientRect().bottom < window.innerHeight + NEAR_PX
}

/** Bring the newest entry into view, in its own column or, on a phone, in the page. */
function toEnd() {
  const log = element('log')
  if (log.scrollHeight > log.clientHeight) log.scrollTop = log.scrollHeight
  else if (log.getBoundingClientRect().bottom > window.innerHeight) {
    element('entries').lastElementChild?.scrollIntoView({ block: 'end' })
  }
}

/**
 * @param {string} id
 * @param {string} html
 */
function applyOne(id, html) {
  const fresh = parsed(html)
  const there = document.getElementById(id)
  if (!there) {
    if (id.startsWith('entry-')) appendEntry(fresh)
    return
  }
  if (id.startsWith('entry-') || isSame(there, fresh)) return // what was said does not change; its mark is a part of its own
  const said = fresh.dataset.say
  const isNews = said && said !== there.dataset.say
  replace(there, fresh)
  if (id === 'state') stateChanged(fresh.dataset.state ?? '')
  if (id === 'waiting') waitingChanged(there, fresh)
  if (isNews) say(said)
}

/** @param {HTMLElement} entry */
function appendEntry(entry) {
  element('entries').append(entry)
  heard += 1
  if (entry.querySelector('.visitor')) {
    if (document.hidden) unseen += 1
    tone()
  }
}

/**
 * @param {HTMLElement} there
 * @param {HTMLElement} fresh
 * @returns {boolean}
 */
function isSame(there, fresh) {
  const shadow = /** @type {HTMLElement} */ (there.cloneNode(true))
  for (const each of shadow.querySelectorAll('details[open]')) each.removeAttribute('open')
  for (const each of [shadow, fresh]) for (const one of each.querySelectorAll('[data-since]')) one.textContent = ''
  const same = shadow.isEqualNode(fresh)
  if (!same) tick(fresh)
  return same
}

/**
 * Put a part in place of an earlier one: what is open stays open, what was chosen stays chosen, and the focus stays.
 * @param {HTMLElement} there
 * @param {HTMLElement} fresh
 */
function replace(there, fresh) {
  const focused = there.contains(document.activeElement) ? document.activeElement?.id : ''
  for (const old of there.querySelectorAll('[id]')) {
    const now = fresh.querySelector(`#${CSS.escape(old.id)}`)
    if (old instanceof HTMLDetailsElement && now instanceof HTMLDetailsElement) now.open = old.open
    if (isControl(old) && isControl(now)) carry(old, now)
  }
  there.replaceWith(fresh)
  if (focused) (document.getElementById(focused) ?? document.getElementById('subject') ?? element('main')).focus()
}

/**
 * @param {Control} old
 * @param {Control} now
 */
function carry(old, now) {
  if (old instanceof HTMLInputElement && now instanceof HTMLInputElement && /radio|checkbox/.test(old.type)) {
    now.checked = old.checked
  } else if (!(old instanceof HTMLInputElement && old.type === 'hidden')) {
    now.value = old.value
  }
}

/** @param {string} state */
function stateChanged(state) {
  body.dataset.state = state
  const set = /** @type {HTMLFieldSetElement} */ (element('reply-set'))
  set.disabled = state !== 'mine'
}

/**
 * @param {HTMLElement} before
 * @param {HTMLElement} now
 */
function waitingChanged(before, now) {
  if (Number(now.dataset.n) > Number(before.dataset.n)) {
    tone()
    if (document.getElementById('entries')) say(`${now.dataset.n} waiting in the queue`)
  }
}

/** Put into the title what waits for attention. */
function retitle() {
  const waiting = Number(document.getElementById('waiting')?.dataset.n ?? 0)
  const count = document.getElementById('entries') ? unseen : waiting
  document.title = count ? `(${count}) ${title}` : title
}

/**
 * Say how long things last, in the words of the server.
 * @param {ParentNode} [root]
 */
function tick(root = document) {
  for (const each of root.querySelectorAll('[data-since]')) {
    if (!(each instanceof HTMLElement)) continue
    const minutes = Math.max(0, Math.floor((Date.now() - Date.parse(each.dataset.since ?? '')) / 60000))
    const days = Math.floor(minutes / 1440)
    each.textContent = minutes < 1 ? 'under 1 min' : minutes < 60 ? `${minutes} min`
      : days < 1 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min` : `${days} day${days > 1 ? 's' : ''}`
  }
}

// ---- forms -------------------------------------------------------------------------------------------------------------

/** @param {SubmitEvent} event */
async function submitted(event) {
  const form = event.target
  if (!(form instanceof HTMLFormElement)) return
  if (form.id === 'log-out') forgetDrafts()
  if (!form.matches('[data-act]')) return
  event.preventDefault()
  if (underWay.has(form)) return // clicked twice
  underWay.add(form)
  const alert = form.dataset.to || !document.getElementById('acts-alert') ? 'alert' : 'acts-alert'
  warn(alert, '')
  busy(form, true)
  try {
    done(form, await post(form.action, new FormData(form, event.submitter)))
  } catch (error) {
    warn(alert, words(error))
  } finally {
    underWay.delete(form)
    busy(form, false)
  }
}

/**
 * @param {HTMLFormElement} form
 * @param {Answer} answer
 */
function done(form, answer) {
  const to = form.dataset.to ?? answer.to
  if (to) {
    location.assign(to)
    return
  }
  const focus = form.dataset.focus ?? 'subject'
  if (answer.gone) form.closest('[data-row]')?.remove()
  if (answer.parts) apply(answer.parts)
  const next = document.getElementById(focus)
  if (next instanceof HTMLTextAreaElement && next.matches(':disabled')) document.getElementById('subject')?.focus()
  else next?.focus()
}

/**
 * Send a form; where the log-in was renewed in another page meanwhile, with its new token.
 * @param {string} path
 * @param {FormData} form
 * @returns {Promise<Answer>}
 */
async function post(path, form) {
  try {
    return await call(path, form)
  } catch (error) {
    if (!(error instanceof Refused) || (error.status !== 403 && error.status !== 401)) throw error
    await renew()
    return await call(path, form)
  }
}

/** Take the token of the log-in that holds now, when it is the same person's. */
async function renew() {
  const now = /** @type {{account: string, csrf: string}} */ (/** @type {unknown} */ (await call('/desk/me')))
  if (now.account !== account) throw new Refused('Somebody else is logged in by now. Load the page again.', 409)
  csrf = now.csrf
  for (const each of document.querySelectorAll('input[name=csrf]')) if (each instanceof HTMLInputElement) each.value = csrf
  if (!stream) follow()
}

/**
 * @param {string} path
 * @param {FormData} [form]
 * @returns {Promise<Answer>}
 */
async function call(path, form) {
  const fields = new URLSearchParams()
  for (const [name, value] of form ?? []) if (typeof value === 'string' && name !== 'csrf') fields.append(name, value)
  const response = await fetch(path, {
    method: form ? 'POST' : 'GET',
    headers: { Accept: 'application/json', ...(form ? { 'X-CSRF-Token': csrf } : {}) },
    body: form ? fields : undefined,
    signal: AbortSignal.timeout(REQUEST_MS)
  })
  if (response.status === 204) return {}
  const answer = /** @type {Answer} */ (await response.json())
  if (!response.ok) throw new Refused(answer.error ?? 'That did not work.', response.status)
  return answer
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function words(error) {
  if (error instanceof Refused && error.status === 401) {
    link('Your log-in has ended. What you typed stays here.', true)
    return 'Not done: your log-in has ended. Log in again above, then try once more.'
  }
  return error instanceof Refused ? error.message : 'Not done: the server could not be reached. Try again.'
}

/**
 * @param {HTMLFormElement} form
 * @param {boolean} is
 */
function busy(form, is) {
  for (const each of form.querySelectorAll('button')) each.setAttribute('aria-disabled', String(is))
}

// ---- a conversation ----------------------------------------------------------------------------------------------------

/** Reply, note, vetted texts, and that somebody types. */
function startConversation() {
  const log = element('log')
  heard = element('entries').childElementCount
  if (body.dataset.state === 'mine') toEnd()
  else log.scrollTop = log.scrollHeight // on a phone the button to claim stays in view
  writing('reply', (event) => event.key === 'Enter' && !event.shiftKey)
  writing('note', (event) => event.key === 'Enter' && (event.ctrlKey || event.metaKey))
  tellTyping()
  startVetted()
}

/**
 * Send what is written in a field, and keep it until it has arrived.
 * @param {'reply'|'note'} name
 * @param {(event: KeyboardEvent) => boolean} isSend
 */
function writing(name, isSend) {
  const field = /** @type {HTMLTextAreaElement} */ (element(name))
  const form = /** @type {HTMLFormElement} */ (element(`${name}-form`))
  const key = `${DRAFTS}:${account}:${body.dataset.id}:${name}`
  field.value ||= sessionStorage.getItem(key) ?? ''
  fit(field)
  field.addEventListener('input', () => {
    keep(key, field.value)
    fit(field)
  })
  field.addEventListener('keydown', (event) => {
    if (!isSend(event) || event.isComposing || event.keyCode === 229) return // 229: Safari ends a composition with Enter
    event.preventDefault()
    form.requestSubmit()
  })
  let sending = false
  let tried = ''
  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (sending) return
    const text = field.value
    if (name === 'reply' && tried && tried !== text) newMessage() // another text is another message
    tried = text
    sending = true
    warn(`${name}-alert`, '')
    field.readOnly = true
    try {
      const answer = await post(form.action, new FormData(form))
      tried = field.value = ''
      keep(key, '')
      fit(field)
      if (name === 'reply') newMessage()
      if (answer.parts) apply(answer.parts)
      if (name === 'reply') toEnd()
      say(SENT_WORDS[name])
    } catch (error) {
      warn(`${name}-alert`, words(error))
    } finally {
      sending = false
      field.readOnly = false
      field.focus()
    }
  })
}

/** The next message has an id of its own; one that is tried again keeps its id, and is said once. */
function newMessage() {
  const field = /** @type {HTMLInputElement} */ (element('message-id'))
  field.value = newId()
}

/** Tell the server, and it the visitor, that somebody types. */
function tellTyping() {
  const field = /** @type {HTMLTextAreaElement} */ (element('reply'))
  let told = 0
  field.addEventListener('input', () => {
    const isTyping = field.value !== ''
    if (isTyping && Date.now() - told < TYPING_EVERY_MS) return
    told = isTyping ? Date.now() : 0
    const form = new FormData()
    form.set('is_typing', isTyping ? 'yes' : 'no')
    call(`/desk/conversations/${body.dataset.id}/typing`, form).catch(() => {}) // nobody misses it
  })
}

/** Offer the vetted texts once they are asked for. */
function startVetted() {
  const box = /** @type {HTMLDetailsElement} */ (element('vetted'))
  const search = /** @type {HTMLInputElement} */ (element('vetted-search'))
  /** @type {Vetted[]} */
  let texts = []
  box.hidden = false
  box.addEventListener('toggle', async () => {
    if (!box.open) return
    try {
      if (texts.length === 0) {
        const answer = await call(`/desk/conversations/${body.dataset.id}/vetted`)
        texts = /** @type {{texts: Vetted[]}} */ (/** @type {unknown} */ (answer)).texts
      }
      showVetted(texts, search.value)
      search.focus()
    } catch (error) {
      element('vetted-said').textContent = words(error)
    }
  })
  search.addEventListener('input', () => showVetted(texts, search.value))
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') event.preventDefault() // or the search would send the reply
  })
}

/**
 * @param {Vetted[]} texts
 * @param {string} wanted
 */
function showVetted(texts, wanted) {
  const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean)
  const fits = texts.filter((each) => {
    const all = `${each.title} ${each.topic} ${each.text}`.toLowerCase()
    return parts.every((part) => all.includes(part))
  })
  const more = fits.length > MAX_VETTED ? `; the first ${MAX_VETTED} are shown` : ''
  element('vetted-said').textContent = `${fits.length} found${more}. Choose one to put it into your reply.`
  element('vetted-list').replaceChildren(...fits.slice(0, MAX_VETTED).map(vettedItem))
}

/**
 * @param {Vetted} one
 * @returns {HTMLLIElement}
 */
function vettedItem(one) {
  const item = document.createElement('li')
  const button = document.createElement('button')
  const name = document.createElement('strong')
  const text = document.createElement('span')
  button.type = 'button'
  name.textContent = one.title
  text.textContent = one.text
  button.append(name, text)
  button.addEventListener('click', () => insert(one.text))
  item.append(button)
  return item
}

/**
 * Put a text where the cursor is, and nothing else: it is sent by the person, not by the click.
 * @param {string} text
 */
function insert(text) {
  const field = /** @type {HTMLTextAreaElement} */ (element('reply'))
  const before = field.value.slice(0, field.selectionStart)
  const gap = before && !before.endsWith('\n') ? '\n\n' : ''
  field.setRangeText(gap + text, field.selectionStart, field.selectionEnd, 'end')
  field.dispatchEvent(new Event('input'))
  const box = /** @type {HTMLDetailsElement} */ (element('vetted'))
  box.open = false
  field.focus()
}

/** @param {HTMLTextAreaElement} field */
function fit(field) {
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight + 2}px`
}

// ---- drafts: in this tab only, and only until they are sent, the person logs out, or somebody else logs in ---------------

/**
 * @param {string} key
 * @param {string} text
 */
function keep(key, text) {
  try {
    if (text) sessionStorage.setItem(key, text)
    else sessionStorage.removeItem(key)
  } catch {
    // a browser that keeps nothing: the draft lives as long as the page
  }
}

/** Forget what is not of the person who is logged in here: the computer may be shared. */
function forgetOthersDrafts() {
  for (const key of Object.keys(sessionStorage)) {
    if (key.startsWith(`${DRAFTS}:`) && !key.startsWith(`${DRAFTS}:${account}:`)) sessionStorage.removeItem(key)
  }
}

/** Forget all drafts. */
function forgetDrafts() {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(`${DRAFTS}:`)) sessionStorage.removeItem(key)
}

// ---- sound -------------------------------------------------------------------------------------------------------------

/** Offer a sound; browsers let a page make one only after a click or a key. */
function startSound() {
  const button = document.getElementById('sound')
  if (!button || !body.dataset.events) return
  button.hidden = false
  const show = () => button.setAttribute('aria-pressed', String(localStorage.getItem(SOUND) === 'on'))
  show()
  button.addEventListener('click', () => {
    localStorage.setItem(SOUND, localStorage.getItem(SOUND) === 'on' ? 'off' : 'on')
    show()
    listen()
    tone()
  })
  for (const kind of ['pointerdown', 'keydown']) document.addEventListener(kind, listen, { once: true })
  setInterval(() => {
    if (Number(document.getElementById('waiting')?.dataset.urgent ?? 0) > 0) tone()
  }, REMIND_MS)
}

/** Make ready to sound, which must happen while somebody clicks or types. */
function listen() {
  if (localStorage.getItem(SOUND) !== 'on') return
  audio ??= new AudioContext()
  audio.resume().catch(() => {})
}

/** Sound two short notes. */
function tone() {
  if (localStorage.getItem(SOUND) !== 'on' || audio?.state !== 'running') return
  for (const [at, pitch] of [[0, 660], [0.16, 880]]) {
    const [wave, volume] = [audio.createOscillator(), audio.createGain()]
    const begin = audio.currentTime + at
    wave.frequency.value = pitch
    volume.gain.setValueAtTime(0, begin)
    volume.gain.linearRampToValueAtTime(0.2, begin + 0.02)
    volume.gain.exponentialRampToValueAtTime(0.001, begin + 0.15)
    wave.connect(volume).connect(audio.destination)
    wave.start(begin)
    wave.stop(begin + 0.16)
  }
}

// ---- keys --------------------------------------------------------------------------------------------------------------

/** Single keys can be switched off: who speaks to the computer would press them by accident. */
function startKeys() {
  const box = document.getElementById('keys-on')
  if (!(box instanceof HTMLInputElement)) return
  box.checked = localStorage.getItem(KEYS) !== 'off'
  box.addEventListener('change', () => localStorage.setItem(KEYS, box.checked ? 'on' : 'off'))
}

/** @param {KeyboardEvent} event */
function pressed(event) {
  const target = event.target instanceof HTMLElement ? event.target : body
  if (event.key === 'Escape' && target.matches('textarea, input')) {
    target.blur()
    return
  }
  const isTyping = target.matches('textarea, select, input:not([type=radio], [type=checkbox])')
  const isOff = localStorage.getItem(KEYS) === 'off'
  if (isTyping || isOff || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
  if (pressKey(event.key)) event.preventDefault()
}

/**
 * @param {string} key
 * @returns {boolean} whether it means something here
 */
function pressKey(key) {
  if (document.getElementById('entries')) return conversationKey(key)
  if (!document.getElementById('queue')) return false
  if (key === 'j' || key === 'ArrowDown') return step(1)
  if (key === 'k' || key === 'ArrowUp') return step(-1)
  if (key !== 'c') return false
  const row = document.activeElement?.closest('[data-row]') ?? document.querySelector('[data-row]')
  const button = row?.querySelector('[data-claim]')
  if (button instanceof HTMLButtonElement) button.click()
  return button !== null
}

/**
 * @param {string} key
 * @returns {boolean}
 */
function conversationKey(key) {
  if (key === 'q') {
    location.assign('/desk')
    return true
  }
  if (key === 'c') {
    const button = document.querySelector('[data-claim]')
    if (button instanceof HTMLButtonElement) button.click()
    return button !== null
  }
  const to = { r: 'reply', n: 'note', l: 'log' }[key]
  const next = to ? document.getElementById(to) : null
  if (!next || next.matches(':disabled')) return false
  next.focus()
  next.scrollIntoView({ block: 'nearest' })
  return true
}

/**
 * @param {number} by
 * @returns {boolean}
 */
function step(by) {
  const rows = [...document.querySelectorAll('[data-row]')]
  if (rows.length === 0) return false
  const at = rows.findIndex((row) => row.contains(document.activeElement))
  const next = at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + by))
  const target = rows[next].querySelector('a')
  target?.focus()
  target?.scrollIntoView({ block: 'nearest' })
  return true
}

// ---- small things ------------------------------------------------------------------------------------------------------

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
function element(id) {
  const found = document.getElementById(id)
  if (!found) throw new Error(`the page lacks #${id}`)
  return found
}

/**
 * @param {string} name
 * @returns {string}
 */
function meta(name) {
  const found = document.querySelector(`meta[name=${name}]`)
  return found instanceof HTMLMetaElement ? found.content : ''
}

/**
 * Read a part as the server rendered it; scripts in it would not run, and the policy of the page allows none.
 * @param {string} html
 * @returns {HTMLElement}
 */
function parsed(html) {
  const found = new DOMParser().parseFromString(html, 'text/html').body.firstElementChild
  return /** @type {HTMLElement} */ (document.importNode(/** @type {Element} */ (found), true))
}

/**
 * @param {Element|null} one
 * @returns {one is Control}
 */
function isControl(one) {
  return one instanceof HTMLInputElement || one instanceof HTMLTextAreaElement || one instanceof HTMLSelectElement
}

/** @param {string} text */
function say(text) {
  element('said').textContent = text
}

/**
 * @param {string} id
 * @param {string} text
 */
function warn(id, text) {
  const place = document.getElementById(id)
  if (place) place.textContent = text
}

/**
 * Say at the top how the page is connected; empty when all is well.
 * @param {string} text
 * @param {boolean} [hasEnded]
 */
function link(text, hasEnded = false) {
  const banner = element('link')
  if (banner.textContent === text) return
  banner.hidden = text === ''
  banner.textContent = text
  banner.classList.toggle('bad', text !== '')
  if (!hasEnded) return
  const again = document.createElement('a')
  again.href = '/desk/log-in'
  again.target = '_blank'
  again.textContent = 'Log in again in a new page'
  banner.append(' ', again)
}

/** @returns {string} a UUID, also where the page came without TLS and the browser has no call for one */
function newId() {
  if (crypto.randomUUID) return crypto.randomUUID()
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
