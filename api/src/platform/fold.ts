/** A text as it is compared by people: without case and without accents (Évry, evry, EVRY). */
export const fold = (text: string): string => text.slice(0, 1000).normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
