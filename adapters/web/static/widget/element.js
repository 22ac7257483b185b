// @ts-check
/** `<handrail-chat>`: the launcher, and the panel that it opens. Until then nothing is asked, kept or listened to. */

import { Chat } from './chat.js'
import { make, on } from './dom.js'
import { isHostsOwn, leaveFor, onShifts } from './exit.js'
import { clearAll, Keeper } from './kept.js'

const EXIT = 'https://www.wikipedia.org/'
const PHONE = '(max-width: 667px)'
const SCRIPT = /** @type {HTMLScriptElement|null} */ (document.currentScript)
/** @type {CSSStyleSheet|undefined} */
let sheet

/** One chat on a page. */
export class HandrailChat extends HTMLElement {
  static observedAttributes = ['open', 'locale', 'country', 'greeting', 'heading', 'label']
  /** @type {Set<HandrailChat>} - on this page; who leaves by one leaves by all */
  static #all = new Set()
  #life = new AbortController()
  #launcher = make('button', { type: 'button', id: 'launch' })
  /** @type {Chat|null} */
  #chat = null
  #isOpen = false

  connectedCallback() {
    HandrailChat.#all.add(this)
    this.#life = new AbortController()
    const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' })
    if (!sheet) {
      sheet = new CSSStyleSheet()
      sheet.replaceSync(BUNDLE.style)
    }
    root.adoptedStyleSheets = [sheet]
    this.#launcher.setAttribute('aria-controls', 'panel')
    this.#launcher.ariaExpanded = 'false'
    on(this.#launcher, 'click', () => this.#isOpen ? this.close() : this.open(), this.#life.signal)
    this.#launcher.hidden = this.#isInline
    root.append(make('div', { role: 'region', ariaLabel: 'Chat' }, this.#launcher))
    this.#label()
    const kept = this.#keeper.read()
    if (kept) this.#ready.resume(kept)
    const mayShow = (kept?.open || this.hasAttribute('open')) && !matchMedia(PHONE).matches // where it would cover the page
    if (this.#isInline || mayShow) this.#show(false)
  }

  disconnectedCallback() {
    HandrailChat.#all.delete(this)
    this.#life.abort()
    this.#chat = null
    this.#isOpen = false
    this.shadowRoot?.replaceChildren()
  }

  /**
   * @param {string} name
   * @param {string|null} before
   * @param {string|null} now
   */
  attributeChangedCallback(name, before, now) {
    if (!this.isConnected || before === now || !this.shadowRoot?.firstChild) return
    if (name === 'open') {
      if (now === null) this.close()
      else this.open()
      return
    }
    this.#label()
    this.#chat?.choose({ [name]: name === 'locale' ? this.#locale : now ?? '' })
  }

  /** Open the panel, and give it the focus. */
  open() {
    this.#show(true)
  }

  /** Close the panel, and give the focus back to what opened it; the conversation stays. */
  close() {
    if (!this.#isOpen || this.#isInline) return
    this.#isOpen = false
    const { panel } = this.#ready.frame
    const hadFocus = panel.contains(this.shadowRoot?.activeElement ?? null)
    this.#dialog.close()
    this.#launcher.ariaExpanded = 'false'
    this.removeAttribute('open')
    if (hadFocus) this.#launcher.focus()
    this.#ready.opened(false)
    this.#tell('close')
  }

  /** Leave the page at once, without a trace in it. */
  exit() {
    this.#tell('exit')
    const url = new URL(this.#given('exit-url') || EXIT, location.href)
    for (const each of HandrailChat.#all) each.#vanish()
    clearAll()
    leaveFor(/^https?:$/.test(url.protocol) ? url.href : EXIT)
  }

  #vanish() {
    this.#chat?.leave()
    this.#life.abort()
    this.shadowRoot?.replaceChildren()
  }

  /** Where the server is. */
  get server() {
    return (this.#given('server') || serverOf(SCRIPT)).replace(/\/$/, '')
  }

  get #dialog() {
    return /** @type {HTMLDialogElement} */ (this.#ready.frame.panel)
  }

  get #isInline() {
    return this.#given('place') === 'inline'
  }

  get #hasExit() {
    return !this.hasAttribute('no-exit') && !isHostsOwn()
  }

  get #keeper() {
    return new Keeper(this.id || String([...document.querySelectorAll('handrail-chat')].indexOf(this)))
  }

  /** The chat, made when it is first needed. */
  get #ready() {
    return this.#chat ??= this.#begin()
  }

  #begin() {
    const { signal } = this.#life
    const chat = new Chat({
      server: this.server,
      keeper: this.#keeper,
      isInline: this.#isInline,
      hasExit: this.#hasExit,
      locale: this.#locale,
      country: this.#given('country'),
      heading: this.#given('heading'),
      greeting: this.#given('greeting'),
      isSeen: () => this.#isOpen,
      unread: (text) => this.#label(text),
      tell: (name) => this.#tell(name),
      signal
    })
    const { frame } = chat
    on(frame.close, 'click', () => this.close(), signal)
    on(frame.exit, 'click', () => this.exit(), signal)
    on(frame.panel, 'keydown', (event) => {
      if (event.key !== 'Escape' || event.isComposing || this.#isInline) return
      event.preventDefault() // of a modal panel too, whose own way to close would not tell
      this.close()
    }, signal)
    // A phone's "back" closes what is modal. One that was only shown in another way is open again by now.
    on(frame.panel, 'close', () => this.#dialog.open || this.close(), signal)
    on(matchMedia(PHONE), 'change', () => this.#isOpen && this.#put(), signal)
    visualViewport?.addEventListener('resize', () => this.#fitScreen(), { signal })
    onShifts({
      signal,
      isOn: () => this.#isOpen && this.#hasExit,
      tell: (count) => frame.say(['', 'exit_key', 'exit_keys'][count], { count }),
      leave: () => this.exit()
    })
    this.shadowRoot?.append(frame.panel)
    return chat
  }

  /** @param {boolean} isAsked - by the visitor or the host; at load nothing takes the focus */
  #show(isAsked) {
    if (this.#isOpen || !this.isConnected) return
    const { frame } = this.#ready
    this.#isOpen = true
    this.#put()
    this.#launcher.ariaExpanded = 'true'
    this.#label()
    if (isAsked && !this.#isInline) {
      this.setAttribute('open', '')
      // A touch screen's keyboard would cover what is to be read first.
      const target = matchMedia('(pointer: coarse)').matches ? frame.title : frame.field
      target.focus({ preventScroll: true })
    }
    this.#ready.opened(true)
    this.#tell('open')
  }

  /** Show the panel as the screen needs it: beside the page, or in its place on a phone. */
  #put() {
    if (this.#isInline) return
    const focused = this.shadowRoot?.activeElement
    this.#dialog.close()
    if (matchMedia(PHONE).matches) this.#dialog.showModal()
    else this.#dialog.open = true // and not show(), which would take the focus
    if (focused instanceof HTMLElement) focused.focus({ preventScroll: true })
    this.#fitScreen()
  }

  /** A phone's keyboard makes the visible part lower; the field must not be under it. */
  #fitScreen() {
    if (visualViewport) this.#dialog.style.setProperty('--high', `${visualViewport.height}px`)
  }

  /** @param {string} [text] - what is new; the launcher's own label without it */
  #label(text) {
    const code = this.#locale
    this.#launcher.lang = code
    this.#launcher.textContent = text || this.#given('label') || BUNDLE.locales[code][1]
  }

  get #locale() {
    const wanted = this.#given('locale') || document.documentElement.lang || navigator.language
    const code = wanted.slice(0, 2).toLowerCase()
    return code in BUNDLE.locales ? code : 'en'
  }

  /** @param {string} name - of an attribute */
  #given(name) {
    return this.getAttribute(name) ?? ''
  }

  /** @param {string} name */
  #tell(name) {
    this.dispatchEvent(new CustomEvent(`handrail-${name}`, { bubbles: true }))
  }
}

/** @param {HTMLScriptElement|null} script - the tag; where it was imported as a module there is none, and it is looked for */
function serverOf(script) {
  const tag = script ?? /** @type {HTMLScriptElement|null} */ (document.querySelector('[src$="/handrail.js"]'))
  return tag ? new URL(tag.src).origin : ''
}

/** Put a chat on the page, unless it has one of its own. */
function appear() {
  const given = SCRIPT?.dataset ?? {}
  if (given.place === 'none' || document.querySelector('handrail-chat')) return
  const chat = document.createElement('handrail-chat')
  for (const [name, value] of Object.entries(given)) {
    chat.setAttribute(name.replace(/[A-Z]/g, '-$&'), value ?? '') // an element of HTML takes capitals for small letters
  }
  document.body.append(chat)
}

// An older browser keeps the plain link and the numbers of the host's own markup.
if ('adoptedStyleSheets' in document && !customElements.get('handrail-chat')) {
  customElements.define('handrail-chat', HandrailChat)
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', appear, { once: true })
  else appear()
}
