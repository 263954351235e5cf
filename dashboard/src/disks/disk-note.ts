/** Characters that the API takes (noteDisks). */
export const NOTE_LENGTH = 1000
