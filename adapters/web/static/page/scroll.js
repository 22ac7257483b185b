// @ts-check
/** Keeps in view what is to be read, and what is sticky out of its way. */

import { element } from './elements.js'

const NEAR_PX = 160 // from the end of the page: who is there reads along

/** Keep the sizes of what is sticky up to date. */
export function watchSizes() {
  const sizes = new ResizeObserver(measure)
  for (const each of [element('composer'), ...document.querySelectorAll('.emergency')]) sizes.observe(each)
}

/**
 * Keep the sizes of what is sticky, for the style sheet, so that it never covers what is scrolled to.
 * @returns {number} their sum in pixels
 */
export function measure() {
  const [top, bottom] = [document.querySelector('.emergency'), element('composer')].map((each) =>
    each instanceof HTMLElement && getComputedStyle(each).position === 'sticky' ? each.offsetHeight : 0)
  document.documentElement.style.setProperty('--top', `${top}px`)
  document.documentElement.style.setProperty('--bottom', `${bottom}px`)
  return top + bottom
}

/**
 * Scroll so that a reply is read from its beginning, with the question above it when there is room for both.
 * @param {HTMLElement} question
 * @param {HTMLElement} reply
 */
export function bringIntoView(question, reply) {
  const room = window.innerHeight - measure()
  const both = reply.getBoundingClientRect().bottom - question.getBoundingClientRect().top
  if (both <= room) reply.scrollIntoView({ block: 'nearest' })
  else (question.offsetHeight < room / 3 ? question : reply).scrollIntoView({ block: 'start' })
}

/** Whether the visitor reads along, and has not scrolled up to something else. */
export function isAtEnd() {
  return document.documentElement.scrollHeight - window.innerHeight - window.scrollY < NEAR_PX
}

/**
 * Call back once something has come into view.
 * @param {HTMLElement} item
 * @param {() => void} act
 * @param {AbortSignal} signal
 */
export function onceSeen(item, act, signal) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((each) => each.isIntersecting)) return
    watcher.disconnect()
    act()
  })
  watcher.observe(item)
  signal.addEventListener('abort', () => watcher.disconnect())
}
