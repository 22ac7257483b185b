// @ts-check
/**
 * What the visitor wrote, on its way: one message after the other, kept on the page until it has arrived, and sent again under
 * the same id. What became of it stands at the message itself.
 */

import { button, link, paragraph, time, word } from './elements.js'
import { measure } from './scroll.js'
import { say, warn } from './status.js'
import { Busy } from './wire.js'

/** @import { Turn } from './wire.js' */
/** @typedef {{id: string, text: string, how: 'messages'|'handoff', item: HTMLElement, n: number|null}} Message */
/** @typedef {{send: (message: Message, signal: AbortSignal) => Promise<Turn>, arrived: (turn: Turn, message: Message) => void,
 *   isRelayed: () => boolean}} Acts */

const PATIENCE_MS = 400 // a reply that comes sooner needs no "Looking for an answer"
const SOON_MS = 90000

/** Messages, in the order in which they were typed. */
export class Sending {
  #queue = Promise.resolve()
  #life = new AbortController()
  /** @type {Set<Message>} - shown as not sent, to be tried again by a press */
  #unsent = new Set()
  /** @type {Set<Message>} - too many at once; they go out by themselves */
  #held = new Set()
  #timer = 0
  #acts

  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts
  }

  /** @param {Message} message */
  enqueue(message) {
    const { signal } = this.#life
    const next = () => this.#deliver(message, signal)
    this.#queue = this.#queue.then(next, next)
  }

  /** Send everything that was not sent, oldest first, under the ids it had. */
  again() {
    warn('')
    this.#release(this.#unsent)
  }

  /** Forget all, also what is on its way. */
  clear() {
    this.#life.abort()
    this.#life = new AbortController()
    clearTimeout(this.#timer)
    this.#queue = Promise.resolve()
    this.#unsent.clear()
    this.#held.clear()
  }

  /**
   * Send a message until it has arrived.
   * @param {Message} message
   * @param {AbortSignal} signal
   */
  async #deliver(message, signal) {
    if (signal.aborted) return
    const text = this.#acts.isRelayed() ? word('sending') : 'Looking for an answer…'
    const waiting = setTimeout(() => say(text), PATIENCE_MS)
    /** @type {Turn} */
    let turn
    try {
      turn = await this.#acts.send(message, signal)
    } catch (error) {
      if (!signal.aborted) this.#kept(message, error)
      return
    } finally {
      clearTimeout(waiting)
    }
    if (signal.aborted) return // erased in the meantime
    say('')
    if (this.#unsent.size === 0 && this.#held.size === 0) warn('')
    this.#acts.arrived(turn, message)
  }

  /**
   * Keep a message that did not arrive.
   * @param {Message} message
   * @param {unknown} error
   */
  #kept(message, error) {
    say('')
    if (message.n !== null) return // it did arrive: the stream brought the turn, and only the answer to the call got lost
    message.item.classList.add('unsent')
    if (error instanceof Busy) this.#hold(message, error.waitMs)
    else this.#failed(message)
    measure() // the alert has made the footer higher
    message.item.scrollIntoView({ block: 'nearest' })
  }

  /**
   * Send a message after a while. It holds nothing up: the next may be in danger, which the server answers past every limit.
   * @param {Message} message
   * @param {number} waitMs
   */
  #hold(message, waitMs) {
    this.#held.add(message)
    fate(message, word('held'))
    const at = new Date(Date.now() + waitMs)
    if (waitMs < SOON_MS) warn(word('busy_seconds', { seconds: String(Math.round(waitMs / 1000)) }))
    else warn(word('busy_until', { time: time(at.toISOString()).textContent ?? '' }))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#release(this.#held), waitMs)
  }

  /**
   * Say at the message itself that it was not sent, and offer to try again.
   * @param {Message} message
   */
  #failed(message) {
    this.#unsent.add(message)
    fate(message, 'Not sent. ', button('Try again', () => {
      this.again()
      document.getElementById('message')?.focus({ preventScroll: true })
    }))
    warn('Your message could not be sent. It is kept here, and you can try again. ', link('Read all answers', '/faq'))
  }

  /** @param {Set<Message>} kept */
  #release(kept) {
    const messages = [...kept]
    kept.clear()
    for (const message of messages) {
      fate(message)
      this.enqueue(message)
    }
  }
}

/**
 * Say under a message what became of it, in the place of what was said before.
 * @param {Message} message
 * @param {(string|Node)[]} what - nothing takes the line away
 */
export function fate(message, ...what) {
  message.item.querySelector('.fate')?.remove()
  if (what.length === 0) {
    message.item.classList.remove('unsent')
    return
  }
  const node = paragraph('', 'fate')
  node.append(...what)
  message.item.append(node)
}
