// @ts-check
/** The quick way out: a button, or Shift three times, each within five seconds of the one before (GOV.UK's sequence). */

import { on } from './dom.js'

const PRESSES = 3
const WITHIN_MS = 5000

/**
 * Whether the host page has GOV.UK's own way out, which then is the only one.
 * @returns {boolean}
 */
export function isHostsOwn() {
  return document.body.hasAttribute('data-govuk-frontend-exit-this-page-keypress') ||
    !!document.querySelector('.govuk-exit-this-page')
}

/**
 * Leave once Shift was pressed three times alone.
 * @param {{signal: AbortSignal, isOn: () => boolean, tell: (left: number) => void, leave: () => void}} options - `tell` gets
 *   how many presses are missing; 0 when they no longer count
 */
export function onShifts({ signal, isOn, tell, leave }) {
  let count = 0
  let timer = 0
  let isModified = false
  on(document, 'keyup', ({ key, shiftKey }) => {
    if (!isOn()) return
    const counts = key === 'Shift' && !isModified
    isModified = key !== 'Shift' && shiftKey // a capital letter: Shift comes up after it, and means nothing
    if (!counts) {
      if (key !== 'Shift') stop()
      return
    }
    count += 1
    clearTimeout(timer)
    if (count >= PRESSES) {
      leave()
      return
    }
    tell(PRESSES - count)
    timer = setTimeout(stop, WITHIN_MS)
  }, signal)
  on(signal, 'abort', () => clearTimeout(timer))

  function stop() {
    clearTimeout(timer)
    if (count) tell(0)
    count = 0
  }
}

/**
 * Blank the page, and go to another one in its place.
 * @param {string} url
 */
export function leaveFor(url) {
  document.documentElement.style.setProperty('display', 'none', 'important')
  document.title = '\u200b'
  location.replace(url)
}
