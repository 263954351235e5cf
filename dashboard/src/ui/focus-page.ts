/** For a button that vanishes when it is pressed: who came to it by keyboard goes on at the page, which stays where it is. */
export const focusPage = (): void => document.getElementById('main')?.focus({ preventScroll: true })
