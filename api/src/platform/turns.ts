interface Waiting {
  who: string
  go: () => void
}

/**
 * Lets so many at a time do what costs memory, and so many of one who asks; the others wait, first come first served. Who
 * takes his time keeps nobody else waiting.
 */
export class Turns {
  private readonly taken: string[] = []
  private waiting: Waiting[] = []

  constructor(
    private readonly most: number,
    private readonly mostOfOne: number,
  ) {}

  /** Resolves when it is one's turn, with what gives it back; giving it back twice is once. */
  async take(who: string): Promise<() => void> {
    if (this.isFree(who)) this.taken.push(who)
    else await new Promise<void>((go) => this.waiting.push({ who, go }))
    let isGiven = false
    return () => {
      if (isGiven) return
      isGiven = true
      this.taken.splice(this.taken.indexOf(who), 1)
      const next = this.waiting.find((each) => this.isFree(each.who))
      if (!next) return
      this.waiting = this.waiting.filter((each) => each !== next)
      this.taken.push(next.who)
      next.go()
    }
  }

  private isFree(who: string): boolean {
    return this.taken.length < this.most && this.taken.filter((each) => each === who).length < this.mostOfOne
  }
}
