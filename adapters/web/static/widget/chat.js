// @ts-check
/** One conversation in its panel: what is sent, what comes back, and what becomes of it. */

import { Talk } from '../page/talk.js'
import { contactOffer } from './contact.js'
import { button, clock, make, on } from './dom.js'
import { Frame, MOST_CHARS } from './frame.js'
import { waysOf } from './numbers.js'
import { Order } from './order.js'
import { Presence } from './presence.js'
import { replyOf } from './replies.js'
import { fateOf, Sending } from './sending.js'
import { API, Fault, follow, insist, newId, once, rest } from './wire.js'

/** @import { Fact, PersonSaid, Turn } from '../page/wire.js' */
/** @import { Kept, Keeper } from './kept.js' */
/** @import { Message } from './sending.js' */
/** @import { Block } from './wire.js' */
/** @typedef {{locale: string, country: string, heading: string, greeting: string}} Chosen */
/** @typedef {Chosen & {server: string, keeper: Keeper, isInline: boolean, hasExit: boolean, isSeen: () => boolean,
 *   unread: (text: string) => void, tell: (name: string) => void, signal: AbortSignal}} Options */

const RESUME_MS = 5000 // until a conversation that could not be read is asked for again

/** What is said in a panel. */
export class Chat {
  frame
  #options
  #words = BUNDLE.words
  #order
  #sending
  /** @type {Talk|null} */
  #talk = null
  /** @type {Presence|null} */
  #presence = null
  /** @type {HTMLDetailsElement|null} */
  #offer = null
  /** @type {Map<string, Message>} - by its id, as the stream names it */
  #messages = new Map()
  /** @type {Map<number, {text: string, at: string}>} - what was said before this page, by number */
  #before = new Map()
  /** @type {{message: Message, at: string}[]} - what a person has, and not the assistant */
  #relayed = []
  #inDanger = false

  /** @param {Options} options */
  constructor(options) {
    this.#options = options
    const { isInline, hasExit, server, signal } = options
    const [word, ask] = [this.word, (/** @type {string} */ text) => this.#ask(text)]
    this.frame = new Frame({ isInline, hasExit, faq: `${server}/faq`, word, ask, signal })
    this.#order = new Order(this.frame.list)
    this.#sending = new Sending({
      send: (message, once) => this.#send(message, once),
      arrived: (turn, message) => this.#showTurn(turn, message)
    }, this.frame)
    this.#listenTo(signal)
    on(signal, 'abort', () => this.#stop())
    this.choose({})
  }

  /** @type {(key: string, values?: Record<string, string|number>) => string} - a sentence in the visitor's language */
  word = (key, values = {}) => {
    const text = this.#words[key] ?? BUNDLE.words[key] ?? ''
    return text.replace(/\{(\w+)\}/g, (braces, name) => String(values[name] ?? braces))
  }

  /** @param {AbortSignal} signal */
  #listenTo(signal) {
    const { field, form, person, save, erase, remember, language, country } = this.frame
    const hear = (/** @type {EventTarget} */ target, /** @type {string} */ name, /** @type {(event: any) => void} */ act) =>
      on(target, name, act, signal)
    hear(form, 'submit', (event) => {
      event.preventDefault()
      this.#submit()
    })
    hear(field, 'keydown', (event) => {
      // 229 is Safari's way to say that Enter ends a composition
      if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
      event.preventDefault()
      this.#submit()
    })
    hear(field, 'input', () => {
      this.frame.fit()
      this.#presence?.types(!!field.value.trim())
      if (field.value.length > MOST_CHARS * 0.9) this.frame.say('full', { count: field.value.length, most: MOST_CHARS })
    })
    hear(field, 'blur', () => this.#presence?.types(false))
    hear(person, 'click', () => this.#ask(this.word('ask_person'), 'handoff'))
    hear(save, 'click', () => this.#save())
    hear(erase, 'click', () => this.#erase())
    hear(remember, 'change', () => this.#keep({}))
    hear(language, 'change', () => this.choose({ locale: language.value }))
    hear(country, 'change', () => this.choose({ country: country.value }))
    hear(window, 'offline', () => this.frame.say('offline'))
    hear(window, 'online', () => {
      this.frame.status()
      this.#sending.again()
    })
    // Back to a page that the browser kept whole, after the conversation was left or erased on another one.
    hear(window, 'pageshow', (event) => {
      if (event.persisted && !this.#options.keeper.read()) this.#empty()
    })
  }

  /**
   * Take what the visitor or the host chose.
   * @param {Partial<Chosen>} changed
   */
  async choose(changed) {
    const chosen = Object.assign(this.#options, changed)
    if ('locale' in changed && chosen.locale === 'en') this.#words = BUNDLE.words
    this.frame.relabel(chosen)
    if (changed.country && this.#inDanger) this.frame.pin(this.frame.waysHere())
    if (this.#talk) this.#keep({})
    await this.#learn()
  }

  /** Fetch the words of another language than English, once they can be seen. */
  async #learn() {
    const { server, signal, locale, isSeen } = this.#options
    if (!isSeen() || locale === this.#words.locale) return
    try {
      const words = await once('GET', `${server}/handrail/${locale}.json`, { signal })
      if (this.#options.locale !== locale) return
      this.#words = words
      this.frame.relabel(this.#options)
    } catch {
      // It stays English, which is better than an empty panel.
    }
  }

  /**
   * The panel was opened or closed.
   * @param {boolean} isOpen
   */
  opened(isOpen) {
    if (this.#talk) this.#keep({ open: isOpen })
    if (!isOpen) return
    this.#presence?.seen()
    this.#learn()
  }

  /**
   * Go on with a conversation of before.
   * @param {Kept} kept
   */
  async resume(kept) {
    const talk = this.#begin(kept)
    this.frame.remember.checked = this.#options.keeper.isOnDevice
    this.frame.starters.hidden = true
    await this.choose({ locale: kept.locale ?? this.#options.locale, country: kept.country ?? this.#options.country })
    while (!talk.signal.aborted) {
      try {
        await this.#recall(talk)
        await this.#listen(talk)
        return
      } catch (error) {
        if (isGone(error)) this.#lose(talk, 'lost')
        else await rest(RESUME_MS, talk.signal)
      }
    }
  }

  /**
   * Read what the visitor said; the stream brings the rest, with sources and buttons.
   * @param {Talk} talk
   */
  async #recall(talk) {
    const { turns } = await this.#request('GET', talk, '/transcript')
    for (const { n, author, text, at } of turns) if (author === 'visitor') this.#before.set(n, { text, at })
  }

  /** The visitor leaves by the quick exit: the server is told, and nothing goes on. */
  leave() {
    this.#presence?.leaves()
    this.#stop()
  }

  #stop() {
    this.#sending.clear()
    this.#forget()
  }

  #submit() {
    const { field } = this.frame
    const text = field.value
    if (!text.trim()) {
      this.frame.say('empty')
      field.focus()
      return
    }
    field.value = ''
    this.frame.fit()
    this.#presence?.types(false)
    this.#ask(text)
  }

  /**
   * @param {string} text
   * @param {'messages'|'handoff'} [how] - a handoff is asked for by its own call, in the server's words
   */
  #ask(text, how = 'messages') {
    this.frame.starters.hidden = true
    this.frame.warn()
    const item = this.#bubble(this.word('you'), 'visitor', make('p', {}, text))
    this.#order.place(item, Infinity, this.#line(this.word('you'), Date.now(), text))
    this.frame.reveal(item)
    const message = { id: newId(), text, how, item, n: null }
    this.#messages.set(message.id, message)
    this.#sending.enqueue(message)
    this.#options.tell('message')
  }

  /**
   * Send a message, in a new conversation when the one before is gone.
   * @param {Message} message
   * @param {AbortSignal} signal
   * @returns {Promise<Turn>}
   */
  async #send({ id, text, how }, signal) {
    const { server, locale, country } = this.#options
    const tell = () => this.frame.say(navigator.onLine ? 'trying' : 'offline')
    for (let renewed = false; ; renewed = true) {
      const start = { locale, ...(/^[A-Z]{2}$/.test(country) ? { country } : {}) }
      const talk = this.#talk ?? this.#begin(await insist('POST', server + API, { body: start, signal }, tell), signal)
      const body = how === 'handoff' ? { message_id: id } : { message_id: id, text }
      try {
        return await insist('POST', `${server}${API}/${talk.id}/${how}`, { token: talk.token, body, signal }, tell)
      } catch (error) {
        if (!isGone(error) || renewed) throw error
        this.#lose(talk, 'lost')
      }
    }
  }

  /**
   * @param {{id: string, token: string}} started
   * @param {AbortSignal} [signal] - that of the message; when it was erased meanwhile, so is what it began
   */
  #begin(started, signal) {
    const talk = new Talk(started)
    if (signal?.aborted) return talk
    this.#talk = talk
    this.#presence = new Presence(talk, (body, keepalive) => this.#request('POST', talk, '/presence', body, keepalive),
      () => this.#options.isSeen())
    if (signal) this.#keep({ open: this.#options.isSeen() })
    return talk
  }

  /**
   * Write down which conversation this is, for the next page.
   * @param {Partial<Kept>} changed
   */
  #keep(changed) {
    const { keeper, locale, country } = this.#options
    if (!this.#talk) return
    const { id, token } = this.#talk
    const before = keeper.read()
    keeper.isOnDevice = this.frame.remember.checked
    keeper.write({ ...before, id, token, locale, country, ...changed })
  }

  /**
   * @param {string} method
   * @param {Talk} talk
   * @param {string} path
   * @param {object} [body]
   * @param {boolean} [keepalive] - the call outlives the page
   */
  #request(method, { id, token, signal }, path, body, keepalive) {
    const life = keepalive ? new AbortController().signal : signal
    return once(method, `${this.#options.server}${API}/${id}${path}`, { token, body, keepalive, signal: life })
  }

  /**
   * Let go of a conversation that the server no longer has.
   * @param {Talk} lost
   * @param {string} key - what is said of it
   */
  #lose(lost, key) {
    if (lost !== this.#talk) return
    this.#forget()
    this.#options.keeper.clear()
    this.#order.renew(make('li', { className: 'fact' }, this.word(key)))
  }

  /** Forget the conversation; what is shown stays. */
  #forget() {
    this.#talk?.end()
    this.#talk = this.#presence = this.#offer = null
    this.#relayed = []
    this.frame.typing('')
  }

  /** Forget it, and take it off. */
  #empty() {
    this.#sending.clear()
    this.#forget()
    this.#options.keeper.clear()
    this.#messages.clear()
    this.#before.clear()
    this.#inDanger = false
    this.#order.clear()
    this.frame.field.value = ''
    this.frame.fit()
    this.frame.pin([])
    this.frame.starters.hidden = false
    this.frame.warn()
    this.frame.status()
  }

  /**
   * Show a turn once: as the answer to the call, or as an event, whichever is first.
   * @param {Turn} turn
   * @param {Message} [message] - none for one that this page did not write
   */
  #showTurn(turn, message) {
    const talk = this.#talk
    if (talk && !talk.takes(turn.n)) return
    talk?.turned(turn)
    const n = turn.n || this.#order.newest // a turn that was not recorded has no number, and stands where it was said
    message ??= this.#earlier(turn)
    message.n = n
    fateOf(message)
    this.#order.place(message.item, n - 0.5)
    if (turn.text) this.#showReply(turn, n, message)
    else {
      this.#relayed.push({ message, at: turn.receipt.at })
      this.#nameReceivers()
      this.frame.reveal(message.item)
    }
    // A stream is opened once somebody on the team may write: of the six connections that a browser has for a server, six
    // open tabs must not use up those by which a call for help goes out.
    if (talk && turn.n && (turn.handoff || turn.latched || turn.kind === 'relayed')) this.#listen(talk)
  }

  /**
   * What the visitor said on an earlier page.
   * @param {Turn} turn
   * @returns {Message}
   */
  #earlier({ n, message_id: id, receipt }) {
    const { text, at } = this.#before.get(n) ?? { text: '…', at: receipt.at }
    const item = this.#bubble(this.word('you'), 'visitor', make('p', {}, text))
    this.#order.place(item, n - 0.5, this.#line(this.word('you'), at, text))
    return { id, text, how: 'messages', item, n }
  }

  /**
   * @param {Turn} turn
   * @param {number} n
   * @param {Message} message
   */
  #showReply(turn, n, message) {
    const talk = this.#talk
    const rate = (/** @type {string} */ verdict, /** @type {string|undefined} */ reason) => {
      if (talk) this.#request('POST', talk, '/feedback', { n, verdict, ...(reason ? { reason } : {}) }).catch(() => undefined)
    }
    const who = this.word('assistant')
    const item = this.#bubble(who, turn.help.length ? 'helping' : '',
      ...replyOf(turn, { word: this.word, ask: (text) => this.#ask(text), rate }))
    this.#order.place(item, n, this.#line(who, turn.receipt.at, turn.text))
    this.#inDanger ||= turn.latched
    if (this.#inDanger && turn.help.length) this.frame.pin(turn.help.flatMap(waysOf))
    if (talk && turn.handoff === 'opened' && turn.n) {
      this.#offer ??= contactOffer(this.word, (contact) => this.#request('POST', talk, '/contact', { contact }))
      if (!this.#offer.open) item.append(this.#offer)
      this.#options.tell('handoff')
    }
    this.frame.reveal(item, message.item)
  }

  /** Write who has each message; the fact that somebody came may reach the page after the message that they got. */
  #nameReceivers() {
    for (const { message, at } of this.#relayed) {
      const name = this.#talk?.whoHad(message.n ?? undefined)
      fateOf(message, name ? this.word('delivered', { name }) : this.word('delivered_team'), ' ', clock(at))
      message.item.classList.add('delivered')
    }
    this.#relayed = this.#relayed.filter(({ message }) => !this.#talk?.whoHad(message.n ?? undefined))
  }

  /**
   * Follow what people do.
   * @param {Talk} talk
   */
  async #listen(talk) {
    if (talk.isFollowed) return
    talk.isFollowed = true
    const { token, signal } = talk
    const url = `${this.#options.server}${API}/${talk.id}/events`
    const how = await follow({ url, token, signal, next: () => talk.last, take: (block) => this.#take(talk, block) })
    if (how) this.#lose(talk, how)
  }

  /**
   * @param {Talk} talk
   * @param {Block} block
   */
  #take(talk, { event, data: text, id }) {
    if (talk !== this.#talk) return
    const data = JSON.parse(text)
    if (event === 'presence' && typeof data.typing === 'boolean') {
      this.frame.typing(data.typing ? talk.whoHad() || this.word('someone') : '')
    } else if (event === 'turn' && data.author === 'person') this.#showPerson(talk, data)
    else if (event === 'turn') this.#showTurn(data, this.#messages.get(data.message_id))
    else if (event === 'receipt' || event === 'presence') this.#showFact(talk, data)
    if (id) talk.takes(Number(id)) // also what this page does not know: it would come again and again
  }

  /**
   * @param {Talk} talk
   * @param {PersonSaid} said
   */
  #showPerson(talk, { n, name, text, at }) {
    if (!talk.takes(n)) return
    const isReading = this.frame.isAtEnd
    const role = this.word('role')
    const item = this.#bubble(name, 'person', make('p', {}, text))
    item.firstElementChild?.append(' ', make('span', { className: 'soft' }, `· ${role}`), ' ', clock(at))
    this.#order.place(item, n, this.#line(`${name}, ${role}`, at, text))
    this.frame.typing('')
    this.#presence?.put(n)
    const unread = this.word('unread', { name })
    if (!this.#options.isSeen()) this.#options.unread(unread)
    if (isReading) this.frame.reveal(item)
    else {
      this.frame.status(unread, ' ', button(this.word('show'), () => {
        item.tabIndex = -1
        item.focus({ preventScroll: true })
        this.frame.reveal(item)
        this.frame.status()
      }))
    }
  }

  /**
   * @param {Talk} talk
   * @param {Fact} fact
   */
  #showFact(talk, fact) {
    const { n, state, name, at } = fact
    if (!talk.takes(n)) return
    const isReading = this.frame.isAtEnd
    talk.happened(fact)
    this.#nameReceivers()
    if (!talk.isWithPerson) this.frame.typing('')
    const text = this.word(`fact_${state}`, { name: name || this.word('someone') })
    if (!text) return
    const item = make('li', { className: `fact ${state}` }, text, ' ', clock(at))
    this.#order.place(item, n)
    if (isReading) this.frame.reveal(item)
  }

  /**
   * @param {string} who
   * @param {string} kind
   * @param {...Node} pieces
   */
  #bubble(who, kind, ...pieces) {
    return make('li', { className: `bubble ${kind}` }, make('span', { className: 'author' }, who), ...pieces)
  }

  /**
   * @param {string} who
   * @param {string|number} at
   * @param {string} text
   */
  #line(who, at, text) {
    return `${who}, ${new Date(at).toLocaleString()}\n${text}\n`
  }

  /** Write what is shown into a file; the server need not be there. */
  #save() {
    const text = this.#order.transcript()
    if (text) {
      const href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
      make('a', { href, download: 'conversation.txt' }).click()
      setTimeout(() => URL.revokeObjectURL(href), 1000)
    }
    this.frame.say(text ? 'saved' : 'nothing')
  }

  /** Take the conversation off at once, and have the server erase it. */
  async #erase() {
    const talk = this.#talk
    this.#empty()
    this.frame.say(talk ? 'erasing' : 'erased_here')
    if (talk) await this.#eraseThere(talk)
  }

  /** @param {Talk} talk */
  async #eraseThere({ id, token }) {
    const { server, signal } = this.#options
    try {
      const tell = () => this.frame.say('trying')
      const receipt = await insist('DELETE', `${server}${API}/${id}`, { token, signal }, tell)
      this.frame.say('erased', { time: clock(receipt.erased_at).textContent ?? '', count: receipt.turns })
    } catch (error) {
      this.frame.say(isGone(error) ? 'erased_here' : '')
      if (isGone(error) || signal.aborted) return
      this.frame.warn(this.word('erase_failed'), ' ', button(this.word('again'), () => {
        this.frame.warn()
        this.frame.field.focus({ preventScroll: true })
        this.#eraseThere(/** @type {Talk} */ ({ id, token }))
      }))
    }
  }
}

/** @param {unknown} error */
function isGone(error) {
  return error instanceof Fault && error.isGone
}
