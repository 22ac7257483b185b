// @ts-check
/**
 * Tells the team what they can't see: that the visitor types, which of their messages are on the screen, and that the page
 * closes. Nothing waits for it, and nothing of it is shown.
 */

import { API, Busy, callOnce, Gone } from './wire.js'

/** @import { Talk } from './talk.js' */

const TYPING_EVERY_MS = 4000 // the server forgets it after six seconds
const GATHER_MS = 250 // messages that come together are told of together
const AGAIN_MS = 5000 // after a call that did not arrive

/** One visitor in one conversation. */
export class Presence {
  #talk
  #typedAt = 0
  #shown = 0
  #told = 0
  #timer = 0

  /** @param {Talk} talk */
  constructor(talk) {
    this.#talk = talk
    document.addEventListener('visibilitychange', () => this.#plan(0), { signal: talk.signal })
    window.addEventListener('pagehide', () => this.#leave(), { signal: talk.signal })
    talk.signal.addEventListener('abort', () => clearTimeout(this.#timer))
  }

  /**
   * A person's message was put into the log; it counts as shown once the page can be seen.
   * @param {number} n
   */
  put(n) {
    this.#shown = Math.max(this.#shown, n)
    this.#plan(GATHER_MS)
  }

  /** The visitor types, which is told while somebody may be waiting for it. */
  types() {
    const now = Date.now()
    if (!this.#talk.isWithPeople || now - this.#typedAt < TYPING_EVERY_MS) return
    this.#typedAt = now
    this.#tell({ typing: true }).catch(() => undefined)
  }

  /** The visitor sent what they typed, or turned away from it. */
  stops() {
    if (this.#typedAt === 0) return
    this.#typedAt = 0
    this.#tell({ typing: false }).catch(() => undefined)
  }

  /** @param {number} ms */
  #plan(ms) {
    clearTimeout(this.#timer)
    if (this.#shown <= this.#told || document.visibilityState !== 'visible') return
    this.#timer = setTimeout(() => this.#tellShown(), ms)
  }

  async #tellShown() {
    const n = this.#shown
    try {
      await this.#tell({ shown: n })
      this.#told = n
    } catch (error) {
      if (!(error instanceof Gone)) this.#plan(error instanceof Busy ? error.waitMs : AGAIN_MS)
    }
  }

  #leave() {
    if (this.#talk.isWithPeople) this.#tell({ left: true }, true).catch(() => undefined)
  }

  /**
   * @param {object} body
   * @param {boolean} [keepalive] - the call outlives the page
   */
  #tell(body, keepalive) {
    const { id, token, signal } = this.#talk
    return callOnce('POST', `${API}/${id}/presence`, { token, body, keepalive, signal })
  }
}
