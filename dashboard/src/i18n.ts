import { computed } from 'vue'
import { createI18n, useI18n } from 'vue-i18n'
import type { Language } from './gql/graphql.ts'
import type { Messages } from './messages/en.ts'

const STORED = 'vigie.language'
export type Locale = 'en' | 'fr'
/** Each by its own name. */
export const LOCALES: readonly { locale: Locale; name: string }[] = [
  { locale: 'en', name: 'English' },
  { locale: 'fr', name: 'Français' },
]

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

/** As French is set: what stands before ; : ! ? and within « » never begins a line (Imprimerie nationale). */
function typeset<M extends object>(messages: M): M {
  const set = (value: unknown): unknown =>
    typeof value === 'string'
      ? value
          .replace(/ ([;!?])/g, '\u202f$1')
          .replace(/ (:|»)/g, '\u00a0$1')
          .replace(/« /g, '«\u00a0')
      : Object.fromEntries(Object.entries(value as object).map(([key, part]) => [key, set(part)]))
  return set(messages) as M
}

/** Only the language that is read is loaded. */
const LOADERS: Record<Locale, () => Promise<Messages>> = {
  en: async () => (await import('./messages/en.ts')).en,
  fr: async () => typeset((await import('./messages/fr.ts')).fr),
}

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: firstLocale(),
  // Both languages have all words (fr.ts is typed by en.ts): nothing falls back.
  messages: {} as Record<Locale, Messages>,
})

/** Loads a language, and shows the page in it. Fails where its file cannot be had. */
export async function showLanguage(locale: Locale = i18n.global.locale.value): Promise<void> {
  if (!i18n.global.availableLocales.includes(locale)) i18n.global.setLocaleMessage(locale, await LOADERS[locale]())
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}

/** The language of the page, and of the sentences that the API writes. */
export function useLanguage() {
  const { locale, t, te } = useI18n<{ message: Messages }, Locale>({ useScope: 'global' })
  const language = computed<Language>(() => (locale.value === 'fr' ? 'FR' : 'EN'))
  async function chooseLanguage(chosen: Locale): Promise<void> {
    await showLanguage(chosen)
    try {
      localStorage.setItem(STORED, chosen)
    } catch {
      // Kept for this visit alone.
    }
  }
  return { t, te, locale, language, chooseLanguage }
}
