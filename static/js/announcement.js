// The console's pages of the announcement: shows what was chosen, sends it with its progress, counts characters. The forms work
// without.

for (const count of document.querySelectorAll('[data-counts]')) watchLength(count, document.getElementById(count.dataset.counts))
const form = document.querySelector('#announcement-upload')
if (form) watchUpload(form)

/** Keeps "24 / 500" true. */
function watchLength(count, field) {
  const show = () => { count.textContent = `${[...field.value].length} / ${field.maxLength}` }
  field.addEventListener('input', show)
  show()
}

/** Shows the file, refuses one that is too large before it travels, and sends the form with a bar that grows. */
function watchUpload(form) {
  const [drop, input, row] = ['.drop', '#notice-file', '#notice-chosen'].map((css) => form.querySelector(css))
  const [picture, bar, cancel] = ['img', 'progress', 'button'].map((css) => row.querySelector(css))
  const [name, share] = [row.querySelector('.cell-line'), row.querySelector('.numeric')]
  const submit = form.querySelector('.button-primary')
  let sending = null

  for (const type of ['dragenter', 'dragover']) input.addEventListener(type, () => drop.classList.add('drop-over'))
  for (const type of ['dragleave', 'drop']) input.addEventListener(type, () => drop.classList.remove('drop-over'))
  input.addEventListener('change', choose)
  cancel.addEventListener('click', () => {
    sending?.abort()
    input.value = ''
    choose()
    input.focus()
  })
  form.addEventListener('submit', (event) => {
    event.preventDefault()
    if (!sending) send()
  })
  choose()

  function choose() {
    const [file] = input.files
    URL.revokeObjectURL(picture.src)
    row.hidden = !file
    refuse(input, '')
    if (!file) return picture.removeAttribute('src')
    picture.src = URL.createObjectURL(file)
    name.textContent = file.name
    progress(0)
    if (file.size > Number(form.dataset.most)) refuse(input, form.dataset.tooLarge)
  }

  function progress(part) {
    bar.value = part * 100
    share.textContent = `${Math.round(part * 100)}%`
  }

  function send() {
    const [file] = input.files
    const text = form.elements.text
    refuse(text, file || text.value.trim() || form.elements.draft ? '' : form.dataset.empty)
    if (file && file.size > Number(form.dataset.most)) return input.focus()
    if (text.getAttribute('aria-invalid')) return text.focus()
    // A draft that gets another picture keeps its number: that is the form's own way.
    if (form.elements.draft) return form.submit()
    const body = new FormData(form)
    if (!file) body.delete('file')
    sending = new XMLHttpRequest()
    sending.responseType = 'json'
    sending.upload.addEventListener('progress', ({ loaded, total }) => progress(loaded / total))
    sending.addEventListener('load', () => answer(sending))
    sending.addEventListener('error', () => { refuse(input, form.dataset.failed) })
    sending.addEventListener('loadend', () => { sending = null; submit.disabled = false })
    submit.disabled = true
    sending.open('POST', '/api/v1/admin/announcements')
    sending.send(body)
  }

  function answer({ status, response }) {
    if (status === 201) return location.assign(`/admin/announcement/${response.announcement.id}`)
    if (status === 401) return location.assign('/login/?next=/admin/announcement/')
    const words = { too_large: form.dataset.tooLarge, unsupported_media: form.dataset.unsupported, bad_image: form.dataset.bad, timeout: form.dataset.slow }
    const { text } = response?.codes ?? {}
    if (text) {
      refuse(form.elements.text, text === 'too_long' ? form.dataset.long : form.dataset.empty)
      return form.elements.text.focus()
    }
    progress(0)
    refuse(input, words[response?.code] ?? form.dataset.failed)
    input.focus()
  }
}

/** Says beneath a field what is wrong with it; nothing, where the words are empty. */
function refuse(field, words) {
  if (words) field.setAttribute('aria-invalid', 'true')
  else field.removeAttribute('aria-invalid')
  const error = document.getElementById(`${field.id}-error`)
  error.hidden = !words
  error.querySelector('span').textContent = words
}
