/** Lets so many at a time do what costs memory; the others wait, first come first served. */
export class Turns {
  private free: number
  private readonly waiting: (() => void)[] = []

  constructor(most: number) {
    this.free = most
  }

  /** Resolves when it is one's turn, with what gives it back; giving it back twice is once. */
  async take(): Promise<() => void> {
    if (this.free > 0) this.free -= 1
    else await new Promise<void>((resolve) => this.waiting.push(resolve))
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      const next = this.waiting.shift()
      if (next) next()
      else this.free += 1
    }
  }
}
