// @ts-check
/** The panel: what stands in it before anything is said, in the language that is chosen, and what is shown where. */

import { button, make, named, on, saying } from './dom.js'
import { large, linked, plainest, waysOf } from './numbers.js'
import { group } from './replies.js'

/** @import { Way } from './numbers.js' */
/** @import { Piece, Word } from './dom.js' */

export const MOST_CHARS = 20000
const TYPING_MS = 15000 // without further word, nobody is taken to be writing any more
const NEAR_PX = 160 // from the end: who is there reads along

/** The parts of the panel, and the lines that say how things stand. */
export class Frame {
  title = make('h2', { id: 'title', tabIndex: -1 })
  exit = tool('exit')
  close = tool('close')
  country = named(make('select', { id: 'country' }), 'country')
  list = make('ol')
  field = make('textarea', { id: 'message', rows: 1, maxLength: MOST_CHARS, enterKeyHint: 'send', autocomplete: 'off' })
  form = make('form', { id: 'ask', noValidate: true })
  person = tool('person')
  save = tool('save')
  erase = tool('erase')
  remember = make('input', { type: 'checkbox', id: 'remember' })
  language = make('select', { id: 'language' })
  starters = make('div')
  #hello = make('p')
  #line = make('p')
  #lifelines = make('div')
  #scroller = named(make('div', { id: 'scroll', tabIndex: 0, role: 'group' }), 'conversation')
  #status = make('p', { role: 'status' })
  #alert = make('p', { role: 'alert' })
  /** @type {Piece[]} */
  #own = []
  #theirs = ''
  #timer = 0

  /**
   * @param {{isInline: boolean, hasExit: boolean, faq: string, word: Word, ask: (text: string) => void, signal: AbortSignal}} options
   */
  constructor({ isInline, hasExit, faq, word, ask, signal }) {
    this.word = word
    this.faq = faq
    this.ask = ask
    /** @type {HTMLElement & {open?: boolean}} */
    this.panel = make(isInline ? 'section' : 'dialog', { id: 'panel' })
    this.panel.setAttribute('aria-labelledby', 'title')
    this.exit.hidden = !hasExit
    this.close.hidden = isInline
    this.#build(hasExit)
    on(signal, 'abort', () => clearTimeout(this.#timer))
  }

  /** @param {boolean} hasExit */
  #build(hasExit) {
    const note = hasExit ? soft('exit_note') : ''
    const hello = make('div', { className: 'bubble' }, saying('span', 'assistant', { className: 'author' }), this.#hello, soft('privacy'), note)
    const log = named(make('div', { role: 'log' }, this.list), 'messages')
    const help = named(make('div', { id: 'help', role: 'group' }, this.#line, this.country, this.#lifelines), 'help_now')
    this.#scroller.append(hello, log, this.starters)
    const hint = soft('hint')
    hint.id = 'hint'
    this.field.setAttribute('aria-describedby', 'hint')
    const send = saying('button', 'send', { id: 'send' })
    const options = make('details', { id: 'options' }, saying('summary', 'more'),
      make('div', { className: 'row' }, this.remember, saying('label', 'remember', { htmlFor: 'remember' })),
      soft('remember_hint'),
      make('div', { className: 'row' }, saying('label', 'language', { htmlFor: 'language' }), this.language),
      saying('a', 'faq', { href: this.faq, target: '_blank', rel: 'noopener' }))
    this.form.append(this.#status, this.#alert, saying('label', 'question', { htmlFor: 'message' }),
      make('div', { className: 'row' }, this.field, send), hint,
      make('div', { className: 'tools' }, this.person, this.save, this.erase, options))
    this.panel.append(make('div', { id: 'head' }, this.title, this.exit, this.close), help, this.#scroller, this.form)
    for (const [code, [name]] of Object.entries(BUNDLE.locales)) this.language.append(make('option', { value: code }, name))
  }

  /**
   * Write everything in the language that is chosen.
   * @param {{locale: string, country: string, heading: string, greeting: string}} chosen
   */
  relabel({ locale, country, heading, greeting }) {
    const { word, panel } = this
    panel.lang = locale
    // The panel's own direction is the host page's: it decides on which side it stands.
    for (const each of panel.children) /** @type {HTMLElement} */ (each).dir = word('dir')
    for (const each of panel.querySelectorAll('[data-say],[data-label]')) {
      const { say, label } = /** @type {HTMLElement} */ (each).dataset
      if (say) each.textContent = word(say)
      if (label) each.ariaLabel = word(label)
    }
    this.title.textContent = heading || word('title')
    this.#hello.textContent = [greeting || word('hello'), word('answers_in')].filter(Boolean).join(' ')
    this.language.value = locale
    this.starters.replaceChildren(group(word('starters'), ...BUNDLE.starters.map((text) => button(text, () => this.ask(text), 'choice'))))
    const names = new Intl.DisplayNames([locale], { type: 'region' })
    this.country.replaceChildren(...Object.keys(BUNDLE.help).map((code) =>
      make('option', { value: code }, code === 'any' ? word('elsewhere') : names.of(code) ?? code)))
    this.place(country)
  }

  /**
   * Show the quiet line of a country.
   * @param {string} country - empty when it is not known: then that of the site
   */
  place(country) {
    const here = country || BUNDLE.country
    this.country.value = here in BUNDLE.help ? here : 'any'
    const ways = this.waysHere()
    const number = ways.find(({ kind }) => kind === 'call')?.to
    const text = number ? this.word('footer', { number }) : this.word('footer_unknown')
    this.#line.replaceChildren(...linked(text, ways.filter(({ to }) => text.includes(to)).slice(0, 1)))
  }

  /** The ways to help in the country that is shown. */
  waysHere() {
    return BUNDLE.help[this.country.value].flatMap(([call, text, chat]) => waysOf({ call, text, chat }))
  }

  /**
   * Keep the plainest numbers in view, however the conversation goes on; none takes them away.
   * @param {Way[]} ways
   */
  pin(ways) {
    this.#lifelines.replaceChildren(...(ways.length ? [large(plainest(ways), this.word)] : []))
  }

  /** @param {...Piece} what - what goes on; nothing leaves the line to who is writing */
  status(...what) {
    this.#own = what.filter(Boolean)
    this.#show()
  }

  /**
   * @param {string} key - of a word
   * @param {Record<string, string|number>} [values]
   */
  say(key, values) {
    this.status(this.word(key, values))
  }

  /** @param {string} name - who is writing; empty when nobody is */
  typing(name) {
    clearTimeout(this.#timer)
    this.#theirs = name && this.word('person_typing', { name })
    if (name) {
      this.#timer = setTimeout(() => {
        this.#theirs = this.word('quiet', { name })
        this.#show()
      }, TYPING_MS)
    }
    this.#show()
  }

  /** @param {...Piece} what - what went wrong, and what can be done */
  warn(...what) {
    this.#alert.replaceChildren(...what)
  }

  /** Write the line only when it changes, so that it is read out once. */
  #show() {
    const what = this.#own.length ? this.#own : [this.#theirs]
    const text = what.map((each) => typeof each === 'string' ? each : each.textContent).join('')
    if (this.#status.textContent !== text) this.#status.replaceChildren(...what)
  }

  /** What scrolls: the conversation, or all of the panel where the screen is very low. */
  get #box() {
    return getComputedStyle(this.#scroller).overflowY === 'visible' ? this.panel : this.#scroller
  }

  /** Whether the visitor reads along, and has not scrolled up to something else. */
  get isAtEnd() {
    const box = this.#box
    return box.scrollHeight - box.clientHeight - box.scrollTop < NEAR_PX
  }

  /**
   * Scroll so that an entry is read from its beginning, with the question above it when there is room. The host's page stays.
   * @param {HTMLElement} item
   * @param {HTMLElement} [question]
   */
  reveal(item, question = item) {
    const box = this.#box
    const edge = box.getBoundingClientRect().top
    const [first, last] = [question.getBoundingClientRect(), item.getBoundingClientRect()]
    const most = (first.height < box.clientHeight / 3 ? first.top : last.top) - edge - 8
    box.scrollTop += Math.min(most, Math.max(0, last.bottom - edge - box.clientHeight + 8))
  }

  /** Make the field as high as what is typed, within the style's limit. */
  fit() {
    const { style } = this.field
    style.height = 'auto'
    style.height = `${this.field.scrollHeight + this.field.offsetHeight - this.field.clientHeight}px`
  }
}

/** @param {string} key - its word, and its id */
function tool(key) {
  return saying('button', key, { type: 'button', id: key })
}

/** @param {string} key */
function soft(key) {
  return saying('p', key, { className: 'soft' })
}
