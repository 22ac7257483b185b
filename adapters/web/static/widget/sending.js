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
/** @typedef {{send: (message: Message, signal: AbortSignal) => Promise<Turn>, arrived: (turn: Turn, message: Message) => void,
 *   isRelayed: () => boolean}} Carrier */

const PATIENCE_MS = 400 // a reply that comes sooner needs no "Looking for an answer"
const SLOW_MS = 15000

/** Messages, in the order in which they were typed. */
export class Sending {
  #queue = Promise.resolve()
  #life = new AbortController()
  /** @type {Set<Message>} - shown as not sent, to be tried again by a press */
  #unsent = new Set()
  /** @type {Set<Message>} - too many at once; they go out by themselves */
  #held = new Set()
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
    this.#frame.warn()
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
   * @param {Message} message
   * @param {AbortSignal} signal
   */
  async #deliver(message, signal) {
    if (signal.aborted) return
    const { word } = this.#frame
    const key = this.#carrier.isRelayed() ? 'sending' : 'looking'
    const timers = [[key, PATIENCE_MS], ['slow', SLOW_MS]].map(([say, ms]) =>
      setTimeout(() => this.#frame.status(word(String(say))), Number(ms)))
    try {
      const turn = await this.#carrier.send(message, signal)
      if (signal.aborted) return // erased in the meantime
      this.#frame.status()
      if (!this.#unsent.size && !this.#held.size) this.#frame.warn()
      this.#carrier.arrived(turn, message)
    } catch (error) {
      if (!signal.aborted) this.#kept(message, error)
    } finally {
      timers.forEach(clearTimeout)
    }
  }

  /**
   * Keep a message that did not arrive.
   * @param {Message} message
   * @param {unknown} error
   */
  #kept(message, error) {
    const { word } = this.#frame
    this.#frame.status()
    if (message.n !== null) return // it did arrive: the stream brought the turn, and only the answer to the call got lost
    message.item.classList.add('unsent')
    if (error instanceof Fault && error.isBusy) this.#hold(message, error.waitMs)
    else {
      this.#unsent.add(message)
      fateOf(message, word('unsent'), ' ', button(word('again'), () => {
        this.again()
        this.#frame.field.focus({ preventScroll: true })
      }))
      this.#frame.warn(word('failed'), ' ', anchor(word('faq'), this.#frame.faq))
    }
    this.#frame.reveal(message.item)
  }

  /**
   * Send a message after a while. It holds nothing up: the next may be in danger, which the server answers past every limit.
   * @param {Message} message
   * @param {number} waitMs
   */
  #hold(message, waitMs) {
    this.#held.add(message)
    fateOf(message, this.#frame.word('held'))
    const time = clock(new Date(Date.now() + waitMs).toISOString()).textContent ?? ''
    this.#frame.warn(this.#frame.word('busy', { time }))
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#release(this.#held), waitMs)
  }

  /** @param {Set<Message>} kept */
  #release(kept) {
    const messages = [...kept]
    kept.clear()
    for (const message of messages) {
      fateOf(message)
      this.enqueue(message)
    }
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
