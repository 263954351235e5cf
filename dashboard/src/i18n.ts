import { computed } from 'vue'
import { createI18n, useI18n } from 'vue-i18n'
import type { Language } from './gql/graphql.ts'
import { en, type Messages } from './messages/en.ts'
import { fr } from './messages/fr.ts'

const STORED = 'vigie.language'
export type Locale = 'en' | 'fr'

function firstLocale(): Locale {
  const stored = readStored()
  if (stored === 'en' || stored === 'fr') return stored
  return navigator.language.toLowerCase().startsWith('fr') ? 'fr' : 'en'
}

function readStored(): string | null {
  try {
    return localStorage.getItem(STORED)
  } catch {
    return null
  }
}

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: firstLocale(),
  fallbackLocale: 'en',
  messages: { en, fr },
})
document.documentElement.lang = i18n.global.locale.value

/** The language of the page, and of the sentences that the API writes. */
export function useLanguage() {
  const { locale, t, te } = useI18n<{ message: Messages }, Locale>({ useScope: 'global' })
  const language = computed<Language>(() => (locale.value === 'fr' ? 'FR' : 'EN'))
  function switchLanguage(): void {
    locale.value = locale.value === 'fr' ? 'en' : 'fr'
    document.documentElement.lang = locale.value
    try {
      localStorage.setItem(STORED, locale.value)
    } catch {
      // Kept for this visit alone.
    }
  }
  return { t, te, locale, language, switchLanguage }
}
