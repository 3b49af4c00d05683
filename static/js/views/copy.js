// The button beside what is shown once.

/** Copies what is shown once. */
export function wireCopy(button) {
  const field = document.getElementById(button.dataset.copy)
  const said = button.parentElement.parentElement.querySelector('[data-copied]')
  button.hidden = false
  button.addEventListener('click', async () => {
    field.select()
    await navigator.clipboard?.writeText(field.value).catch(() => {})
    const use = button.querySelector('use')
    use.setAttribute('href', use.getAttribute('href').replace(/#.*/, '#check'))
    if (said) said.textContent = said.dataset.copied
  })
}
