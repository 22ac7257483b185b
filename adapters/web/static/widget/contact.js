// @ts-check
/** The form in which a visitor may leave a way to be reached: offered once a person was called for, and never asked for. */

import { button, make, on } from './dom.js'

/** @import { Word } from './dom.js' */

/**
 * An offer that opens to one field, keeps what was saved in view, and takes it back.
 * @param {Word} word
 * @param {(contact: string) => Promise<unknown>} save - empty takes it back
 */
export function contactOffer(word, save) {
  // A browser that filled it in by itself would show the address to whoever uses the device.
  const field = make('input', { id: 'contact', maxLength: 200, autocomplete: 'off', spellcheck: false })
  const state = make('p', { tabIndex: -1, id: 'contact-state' })
  const hint = make('p', { className: 'soft', id: 'contact-hint' }, word('contact_hint'))
  field.setAttribute('aria-describedby', 'contact-hint contact-state')
  const row = make('div', { className: 'row' }, field, make('button', {}, word('contact_save')))
  const form = make('form', {}, make('label', { htmlFor: 'contact' }, word('contact_label')), row, hint)
  on(form, 'submit', (event) => {
    event.preventDefault()
    const contact = field.value.trim()
    if (contact) put(contact)
    else field.focus()
  })
  return make('details', { className: 'contact' }, make('summary', {}, word('contact')), form, state)

  /** @param {string} contact */
  async function put(contact) {
    try {
      await save(contact)
    } catch {
      state.textContent = word('contact_failed')
      return
    }
    form.hidden = !!contact
    field.value = contact
    if (contact) state.replaceChildren(word('contact_kept', { contact }), ' ', button(word('contact_back'), () => put('')))
    else state.textContent = word('contact_gone')
    state.focus({ preventScroll: true })
  }
}
