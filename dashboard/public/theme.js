// Before the first paint, so that nothing flashes: the chosen theme, else the system's.
;(() => {
  let chosen = null
  try {
    chosen = localStorage.getItem('vigie.theme')
  } catch {
    // Storage is closed: the system's theme it is.
  }
  const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  document.documentElement.dataset.theme = dark ? 'dark' : 'light'
})()
