// @ts-check
/** Tells the team what they can't see: that the visitor types, which of their messages are on the screen, that the visitor leaves. */

import { on } from './dom.js'
import { Fault } from './wire.js'

/** @import { Talk } from '../page/talk.js' */

const TYPING_EVERY_MS = 4000 // the server forgets it after six seconds
const GATHER_MS = 250 // messages that come together are told of together
const AGAIN_MS = 5000 // after a call that did not arrive

/** One visitor in one conversation. Nothing waits for it. */
export class Presence {
  #talk
  #post
  #isSeen
  #typedAt = 0
  #shown = 0
  #told = 0
  #timer = 0

  /**
   * @param {Talk} talk
   * @param {(body: object, keepalive?: boolean) => Promise<unknown>} post
   * @param {() => boolean} isSeen - whether the chat is open
   */
  constructor(talk, post, isSeen) {
    this.#talk = talk
    this.#post = post
    this.#isSeen = isSeen
    on(document, 'visibilitychange', () => this.seen(), talk.signal)
    on(window, 'pagehide', () => this.leaves(), talk.signal)
    on(talk.signal, 'abort', () => clearTimeout(this.#timer))
  }

  /**
   * A person's message was put into the log; it counts as shown once it can be seen.
   * @param {number} n
   */
  put(n) {
    this.#shown = Math.max(this.#shown, n)
    this.seen()
  }

  /** What is there can be seen now. */
  seen(ms = GATHER_MS) {
    clearTimeout(this.#timer)
    if (this.#shown <= this.#told || document.hidden || !this.#isSeen()) return
    this.#timer = setTimeout(() => this.#tellShown(), ms)
  }

  /** @param {boolean} isTyping */
  types(isTyping) {
    const now = Date.now()
    if (isTyping ? !this.#talk.isWithPeople || now - this.#typedAt < TYPING_EVERY_MS : !this.#typedAt) return
    this.#typedAt = isTyping ? now : 0
    this.#post({ typing: isTyping }).catch(() => undefined)
  }

  /** The visitor leaves; said in a call that outlives the page. */
  leaves() {
    if (this.#talk.isWithPeople) this.#post({ left: true }, true).catch(() => undefined)
  }

  async #tellShown() {
    const n = this.#shown
    try {
      await this.#post({ shown: n })
      this.#told = n
    } catch (error) {
      if (!(error instanceof Fault && error.isGone)) this.seen(AGAIN_MS)
    }
  }
}
