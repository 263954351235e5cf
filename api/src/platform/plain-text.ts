/** Names from outside are text of one line; control characters have no place in them (RFC 20, Unicode Cc). */
export const isPlainText = (text: string, longest: number): boolean => text.length <= longest && !/\p{Cc}/u.test(text)
