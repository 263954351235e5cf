/** What a user can mend: told as a sentence with its cure, without a stack. */
export class Trouble extends Error {
  override name = 'Trouble'
  readonly status: number

  constructor(message: string, status = 1) {
    super(message)
    this.status = status
  }
}

export const tell = (text: string): void => void process.stderr.write(`vigie: ${text}\n`)
