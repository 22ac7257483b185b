// @ts-check
/**
 * What the visitor wrote, on its way: one message after the other, kept until it has arrived, and sent again under the same id.
 * What became of it stands at the message itself.
 */

import { anchor, button, clock, make } from './dom.js'
import { Fault } from './wire.js'

/** @import { Turn } from '../page/wire.js' */
/** @import { Piece } from './dom.js' */
/** @import { Frame } from './frame.js' */
/** @typedef {{id: string, text: string, how: 'messages'|'handoff', item: HTMLElement, n: number|null}} Message */
/** @typedef {{send: (message: Message, signal: AbortSignal) => Promise<Turn>, arrived: (turn: Turn, message: Message) => void}}
 *   Carrier */

const PATIENCE_MS = 400 // a reply that comes sooner needs no "Sending"
const SLOW_MS = 15000

/** Messages, in the order in which they were typed. */
export class Sending {
  #queue = Promise.resolve()
  #life = new AbortController()
  /** @type {Set<Message>} - shown as not sent; by themselves, or by a press, they all go out, oldest first */
  #kept = new Set()
  #timer = 0
  #carrier
  #frame

  /**
   * @param {Carrier} carrier
   * @param {Frame} frame
   */
  constructor(carrier, frame) {
    this.#carrier = carrier
    this.#frame = frame
  }

  /** @param {Message} message */
  enqueue(message) {
    const { signal } = this.#life
    const next = () => this.#deliver(message, signal)
    this.#queue = this.#queue.then(next, next)
  }

  /** Send everything that was not sent, oldest first, under the ids it had. */
  again() {
    clearTimeout(this.#timer)
    this.#frame.warn()
    const messages = [...this.#kept]
    this.#kept.clear()
    for (const message of messages) {
      fateOf(message)
      this.enqueue(message)
    }
  }

  /** Forget all, also what is on its way. */
  clear() {
    this.#life.abort()
    this.#life = new AbortController()
    clearTimeout(this.#timer)
    this.#queue = Promise.resolve()
    this.#kept.clear()
  }

  /**
   * @param {Message} message
   * @param {AbortSignal} signal
   */
  async #deliver(message, signal) {
    if (signal.aborted) return
    const say = (/** @type {string} */ key) => this.#frame.say(key)
    const timers = [setTimeout(say, PATIENCE_MS, 'sending'), setTimeout(say, SLOW_MS, 'slow')]
    try {
      const turn = await this.#carrier.send(message, signal)
      if (signal.aborted) return // erased in the meantime
      this.#frame.status()
      if (!this.#kept.size) this.#frame.warn()
      this.#carrier.arrived(turn, message)
    } catch (error) {
      if (!signal.aborted) this.#keep(message, error)
    } finally {
      timers.forEach(clearTimeout)
    }
  }

  /**
   * Keep a message that did not arrive.
   * @param {Message} message
   * @param {unknown} error
   */
  #keep(message, error) {
    const { word } = this.#frame
    this.#frame.status()
    if (message.n !== null) return // it did arrive: the stream brought the turn, and only the answer to the call got lost
    message.item.classList.add('unsent')
    this.#kept.add(message)
    // Too many at once hold nothing up: the next may be in danger, which the server answers past every limit.
    if (error instanceof Fault && error.isBusy) {
      const { waitMs } = error
      fateOf(message, word('held'))
      this.#frame.warn(word('busy', { time: clock(Date.now() + waitMs).textContent ?? '' }))
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => this.again(), waitMs)
    } else {
      fateOf(message, word('unsent'), ' ', button(word('again'), () => {
        this.again()
        this.#frame.field.focus({ preventScroll: true })
      }))
      this.#frame.warn(word('failed'), ' ', anchor(word('faq'), this.#frame.faq))
    }
    this.#frame.reveal(message.item)
  }
}

/**
 * Say under a message what became of it, in the place of what was said before.
 * @param {Message} message
 * @param {...Piece} what - nothing takes the line away
 */
export function fateOf({ item }, ...what) {
  item.querySelector('.fate')?.remove()
  if (what.length) item.append(make('p', { className: 'fate' }, ...what))
  else item.classList.remove('unsent')
}
