/** Which rules were applied: raised when one is added. */
export const REDACTION_VERSION = 1

const GONE = '[redacted]'
/** What a line may hold that nobody but its owner should read; group 1 stays. */
const RULES: readonly RegExp[] = [
  // https://user:password@host
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:/@]{0,100}:)\S{1,500}(?=@)/gi,
  /(\b(?:authorization|proxy-authorization)["']?\s{0,5}[:=]\s{0,5}["']?(?:(?:bearer|basic|token)\s{1,5})?)[^\s"',;]{1,4000}/gi,
  /(\bbearer\s{1,5})[\w.~+/=-]{8,4000}/gi,
  // password="…", 'api_key': '…': up to the quote that ends it; else up to a blank.
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)["']?\s{0,5}[:=]\s{0,5}")[^"]{1,4000}/gi,
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)["']?\s{0,5}[:=]\s{0,5}')[^']{1,4000}/gi,
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key)["']?\s{0,5}[:=]\s{0,5})(?!["'[])\S{3,4000}/gi,
  // --token …; in a sentence the word that follows is a word.
  /(\s--?(?:pass(?:word|wd|phrase)?|secret|token|api-?key)\s{1,5}["']?)[^\s"',;]{3,4000}/gi,
  /()\bvigie_[\w-]{16,200}/g,
  // AWS, GitHub, GitLab, Slack.
  /()\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g,
  /()\bgithub_pat_\w{20,255}/g,
  /()\bgh[pousr]_[A-Za-z0-9]{20,255}/g,
  /()\bglpat-[\w-]{20,255}/g,
  /()\bxox[abprs]-[\w-]{10,255}/g,
]

/** Takes secrets out of what programs print, line by line; of a private key (RFC 7468) every line. */
export class Redactor {
  private inKey = false

  line(text: string): string {
    if (/-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----/.test(text)) this.inKey = true
    if (this.inKey) {
      if (/-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----/.test(text)) this.inKey = false
      return GONE
    }
    return RULES.reduce((line, rule) => line.replace(rule, `$1${GONE}`), text)
  }
}
