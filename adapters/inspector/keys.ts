/** What each key does; the dialog of `?` lists them. Not while somebody types, nor with Ctrl, Alt or the like. */
export function onKeys(actions: Readonly<Record<string, () => void>>): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return
    const target = event.target as Element // of keys
    if (target.matches('input, select, textarea') || document.querySelector('dialog[open]') !== null) {
      if (event.key === 'Escape' && target instanceof HTMLElement) target.blur()
      return
    }
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : undefined
    if (action === undefined) return
    event.preventDefault()
    action()
  })
}
