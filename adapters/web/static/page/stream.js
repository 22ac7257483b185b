// @ts-check
/**
 * Follows a conversation: reads its server-sent events with `fetch`, because the token travels in a header, and comes back
 * with the number of the last entry after every break of the line.
 */

import { Busy, Gone, request } from './wire.js'

/** @typedef {{name: string, data: string, id: number|null, retryMs: number|null}} Event */
/** @typedef {{path: string, token: string, last: () => number, take: (event: Event) => void, signal: AbortSignal}} Followed */

const FIRST_MS = 1000 // before the line is tried again; twice as long after each further failure, up to half of MOST_MS
const MOST_MS = 30000
const QUIET_MS = 40000 // without a byte, though the server sends a comment every 15 seconds: the line is dead
const STALE_MS = 20000 // the same, when somebody comes back to the page and should not wait

/** Cuts the text of a stream into events, however it is cut into pieces on its way. */
export class Parser {
  #rest = ''
  #next = blank()

  /**
   * @param {string} text
   * @returns {Event[]} those that are complete now
   */
  feed(text) {
    const lines = (this.#rest + text).split(/\r\n|\n|\r(?!$)/) // a "\r" at the end may be the half of a "\r\n"
    this.#rest = lines.pop() ?? ''
    const events = []
    for (const line of lines) {
      if (line) {
        this.#read(line)
        continue
      }
      const { name, data, id, retryMs } = this.#next
      if (name || data.length > 0 || retryMs !== null) events.push({ name, data: data.join('\n'), id, retryMs })
      this.#next = blank()
    }
    return events
  }

  /** @param {string} line */
  #read(line) {
    const at = line.indexOf(':')
    const field = at < 0 ? line : line.slice(0, at)
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '')
    if (field === 'event') this.#next.name = value
    else if (field === 'data') this.#next.data.push(value)
    else if (field === 'id' && /^\d+$/.test(value)) this.#next.id = Number(value)
    else if (field === 'retry' && /^\d+$/.test(value)) this.#next.retryMs = Number(value)
  }
}

/** @returns {{name: string, data: string[], id: number|null, retryMs: number|null}} */
function blank() {
  return { name: '', data: [], id: null, retryMs: null }
}

/**
 * Read events until the conversation is over, and hand each to `take`.
 * @param {Followed} followed - `last` says after which entry to go on
 * @returns {Promise<'ended'|'gone'|'stopped'>} erased; not on the server; told to stop
 */
export async function follow({ path, token, last, take, signal }) {
  let baseMs = FIRST_MS
  let fails = 0
  const line = new Line(signal)
  while (!signal.aborted) {
    let leastMs = 0
    try {
      for await (const event of line.read(path, token, last())) {
        baseMs = event.retryMs ?? baseMs
        if (event.name === 'ended') return 'ended'
        if (event.name) attempt(take, event)
      }
    } catch (error) {
      if (error instanceof Gone) return 'gone'
      if (error instanceof Busy) leastMs = error.waitMs
    }
    if (line.wasHeard) fails = 0
    // Spread out, so that all pages of a server that was started again do not come back in the same moment.
    const spreadMs = Math.min(baseMs * 2 ** fails, MOST_MS / 2) * (1 + Math.random())
    await line.rest(Math.max(leastMs, spreadMs))
    fails += 1
  }
  return 'stopped'
}

/**
 * An event that cannot be shown is reported, and the ones after it are.
 * @param {(event: Event) => void} take
 * @param {Event} event
 */
function attempt(take, event) {
  try {
    take(event)
  } catch (error) {
    reportError(error)
  }
}

/** One connection after the other, none of them kept when it is dead; back at once when the browser or the visitor is. */
class Line {
  wasHeard = false // the connection that was there last brought something, a comment at least
  #heardAt = 0
  #cut = () => {}
  #wake = () => {}
  #signal

  /** @param {AbortSignal} signal */
  constructor(signal) {
    this.#signal = signal
    signal.addEventListener('abort', () => this.#again(true))
    window.addEventListener('online', () => this.#again(true), { signal })
    window.addEventListener('pageshow', (event) => this.#again(event.persisted), { signal }) // it had said goodbye
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#again(Date.now() - this.#heardAt > STALE_MS)
    }, { signal })
  }

  /** @param {boolean} isDead - what is open now is not worth waiting for */
  #again(isDead) {
    this.#wake()
    if (isDead) this.#cut()
  }

  /**
   * Read until the line breaks.
   * @param {string} path
   * @param {string} token
   * @param {number} last
   * @returns {AsyncGenerator<Event>}
   */
  async * read(path, token, last) {
    const life = new AbortController()
    this.#cut = () => life.abort()
    this.wasHeard = false
    if (this.#signal.aborted) return
    let timer = setTimeout(this.#cut, QUIET_MS)
    try {
      const response = await request('GET', path, { token, last, signal: life.signal })
      this.#heardAt = Date.now()
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader()
      const [decoder, parser] = [new TextDecoder(), new Parser()]
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        this.wasHeard = true
        this.#heardAt = Date.now()
        clearTimeout(timer)
        timer = setTimeout(this.#cut, QUIET_MS)
        yield* parser.feed(decoder.decode(piece.value, { stream: true }))
      }
    } finally {
      clearTimeout(timer)
      life.abort() // also where the reader of this generator has left it
    }
  }

  /**
   * Wait, unless there is a reason to go on at once.
   * @param {number} ms
   * @returns {Promise<void>}
   */
  rest(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
      if (this.#signal.aborted) this.#wake()
    })
  }
}
