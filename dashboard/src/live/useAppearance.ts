import { useMediaQuery } from '@vueuse/core'
import { ref, watchEffect } from 'vue'

export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'vigie.theme'
function stored(): Theme {
  try {
    return THEMES.find((theme) => theme === localStorage.getItem(KEY)) ?? 'system'
  } catch {
    return 'system'
  }
}

const theme = ref<Theme>(stored())
const systemIsDark = useMediaQuery('(prefers-color-scheme: dark)')
// The same rule as theme.js, which runs before the first paint.
watchEffect(() => {
  const isDark = theme.value === 'system' ? systemIsDark.value : theme.value === 'dark'
  document.documentElement.dataset['theme'] = isDark ? 'dark' : 'light'
})

/** The look of the page: as the system says, until somebody chooses. */
export function useAppearance() {
  function choose(chosen: Theme): void {
    theme.value = chosen
    try {
      if (chosen === 'system') localStorage.removeItem(KEY)
      else localStorage.setItem(KEY, chosen)
    } catch {
      // Kept for this visit alone.
    }
  }
  return { theme, choose }
}
