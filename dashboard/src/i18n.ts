import { computed } from 'vue'
import { createI18n, useI18n } from 'vue-i18n'
import type { Language } from './gql/graphql.ts'
import type { en } from './messages/en.ts'
import type { enPages } from './messages/en-pages.ts'

const STORED = 'vigie.language'
export type Locale = 'en' | 'fr'
type FirstWords = typeof en
type Messages = FirstWords & typeof enPages
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

/** Only the language that is read is loaded, and of it what the first page says before the rest. */
const LOADERS: Record<Locale, { first: () => Promise<FirstWords>; pages: () => Promise<typeof enPages> }> = {
  en: {
    first: async () => (await import('./messages/en.ts')).en,
    pages: async () => (await import('./messages/en-pages.ts')).enPages,
  },
  fr: {
    first: async () => typeset((await import('./messages/fr.ts')).fr),
    pages: async () => typeset((await import('./messages/fr-pages.ts')).frPages),
  },
}
const loads = new Map<string, Promise<void>>()
/** Since a page that is not the first was opened. */
let arePagesWanted = false

export const i18n = createI18n<[Messages], Locale, false>({
  legacy: false,
  locale: firstLocale(),
  // Both languages have all words (fr.ts is typed by en.ts): nothing falls back.
  messages: {} as Record<Locale, Messages>,
})

/** Once, however many ask; what failed is asked for again. */
function load(part: 'first' | 'pages', locale: Locale): Promise<void> {
  const key = `${locale} ${part}`
  const begun = loads.get(key)
  if (begun) return begun
  const load = LOADERS[locale][part]().then((words) => i18n.global.mergeLocaleMessage(locale, words))
  loads.set(key, load)
  load.catch(() => loads.delete(key))
  return load
}

/** Loads a language, and shows the page in it. Fails where its file cannot be had. */
export async function showLanguage(locale: Locale = i18n.global.locale.value): Promise<void> {
  await Promise.all([load('first', locale), arePagesWanted ? load('pages', locale) : undefined])
  i18n.global.locale.value = locale
  document.documentElement.lang = locale
}

/** What a page that is not the first waits for. Fails where its file cannot be had. */
export async function loadWordsOfPages(): Promise<void> {
  arePagesWanted = true
  await load('pages', i18n.global.locale.value)
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
